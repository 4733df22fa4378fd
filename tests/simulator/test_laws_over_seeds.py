"""Laws that hold in every world, whatever its seed and season: conservation of cases, Little's law,
and nothing before its cause."""

from datetime import date
from itertools import pairwise

import numpy as np
import pytest
from lived_world import Seen, lived

from simulator.calendar import DAY, date_of, home_midnight

DAYS = 22
# Seed and first day: a usual autumn, Ramadan and the weekends of the Hajj season, the crisis.
WORLDS = {
    "autumn": (3, date(2026, 9, 4), "normal"),
    "ramadan": (17, date(2026, 2, 20), "printer-breakdown+link-down:office=all"),
    "crisis": (40, date(2023, 9, 25), "crisis-2023"),
}


@pytest.fixture(scope="module", params=WORLDS)
def seen(request: pytest.FixtureRequest) -> Seen:
    seed, first, scenario = WORLDS[request.param]
    return lived(seed, 0.01, first, DAYS, scenario)


def test_no_case_is_lost_or_lies_in_two_places(seen: Seen) -> None:
    for numbers in seen.open_cases:
        assert len(np.unique(numbers)) == len(numbers)
    submitted = {n for (n,) in seen.query("select distinct application_id from applications")}
    ended = {
        n
        for (n,) in seen.query(
            "select application_id from stage_events where stage_code in "
            "('collected', 'refused', 'lost') union "
            "select application_id from applications where cancelled_at is not null"
        )
    }
    still_open = {str(number) for number in seen.open_cases[-1]}
    assert still_open and ended
    assert submitted == still_open | ended
    assert not still_open & ended


def test_littles_law_holds_for_the_print_queue(seen: Seen) -> None:
    """Cases in the queue = arrivals a day × days in the queue, from two accounts of it: the states
    of the world at midnight, and the events of the cases."""
    half = DAYS // 2
    first = seen.world.next_day - half
    since, until = home_midnight(first), home_midnight(seen.world.next_day)
    arrivals, waited = seen.query(
        "with moments as (select application_id, event, epoch(occurred_at) as at, row_number() "
        "over (partition by application_id, event order by occurred_at) as n from "
        "(select distinct application_id, event, occurred_at from stage_events "
        "where stage_code = 'print_queue')), spells as (select e.at as entered, "
        f"coalesce(c.at, {until}) as done from (from moments where event = 'entered') e left join "
        "(from moments where event = 'completed') c using (application_id, n)) "
        f"select count(*) filter (entered >= {since} and entered < {until}), "
        f"sum(greatest(0, least(done, {until}) - greatest(entered, {since}))) from spells"
    )[0]
    # Between two midnights: the mean of both.
    ends = seen.queued[-half - 1 :]
    held = np.mean([(before + after) / 2 for before, after in pairwise(ends)])
    assert arrivals > 500
    rate, days_in_queue = arrivals / half, waited / DAY / arrivals
    assert held == pytest.approx(rate * days_in_queue, rel=0.08)


# What must have happened before what, once for each time that it happens.
CAUSES = (
    ("approval", "completed", "matching", "completed"),
    ("matching", "completed", "print_queue", "entered"),
    ("print_queue", "entered", "print_queue", "completed"),
    ("print_queue", "completed", "printing", "completed"),
    ("printing", "completed", "lamination", "completed"),
    ("lamination", "completed", "quality_check", "completed"),
    ("quality_check", "completed", "dispatched", "entered"),
    ("dispatched", "entered", "dispatched", "completed"),
    ("dispatched", "completed", "ready", "completed"),
    ("ready", "completed", "collected", "completed"),
)


def test_nothing_happens_before_its_cause(seen: Seen) -> None:
    for stage, event, next_stage, next_event in CAUSES:
        caused, without, early = seen.query(
            "select count(*), count(*) filter (first.at is null), "
            "count(*) filter (first.at > later.at) from "
            "(select application_id, max(occurred_at) as at from stage_events "
            f"where stage_code = '{next_stage}' and event = '{next_event}' group by 1) later "
            "left join (select application_id, min(occurred_at) as at from stage_events "
            f"where stage_code = '{stage}' and event = '{event}' group by 1) first "
            "using (application_id)"
        )[0]
        assert caused > 50, (next_stage, next_event)
        assert (without, early) == (0, 0), (stage, next_stage)


def test_every_event_follows_the_submission_of_its_case(seen: Seen) -> None:
    counts = seen.query(
        "select count(*), count(*) filter (submitted_at is null or occurred_at < submitted_at) "
        "from stage_events left join (select application_id, min(submitted_at) as submitted_at "
        "from applications group by 1) using (application_id)"
    )[0]
    assert counts[0] > 5000
    assert counts[1] == 0


def test_events_of_a_case_sort_by_id_as_they_happened(seen: Seen) -> None:
    times = (
        "select occurred_at as moment, lag(occurred_at) over (partition by application_id "
        "order by event_id) as earlier from stage_events"
    )
    assert seen.number(f"select count(earlier) from ({times})") > 5000
    assert seen.number(f"select count(*) from ({times}) where earlier > moment") == 0


def test_offices_hand_out_on_weekends_in_the_hajj_season_alone(seen: Seen) -> None:
    network = seen.world.network
    regional = str(tuple(place.code for place in network.places if place.kind == "regional"))
    visits = (
        f"select count(*) from queue_tokens where office_code in {regional} "
        "and isodow(timezone('Asia/Karachi', issued_at)) > 5 and service "
    )
    is_season = WORLDS["ramadan"][1] == date_of(seen.world.began_at // DAY)
    assert (seen.number(f"{visits} = 'delivery'") > 50) == is_season
    assert seen.number(f"{visits} <> 'delivery'") == 0
