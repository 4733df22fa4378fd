"""Rushes found by hand, and the law: in pieces and late they are the same as all at once."""

import shutil
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import duckdb
import pytest
from world import NO_VIEWS, Dbt, Warehouse

MODELS = ("--select", "+rpt_rush", "+rpt_arrivals")
SINCE = date(2020, 1, 1)
# Opening hours 9 to 14 in Karachi are the ten half-hours from 04:00 UTC on.
RUNS = (
    datetime(2026, 10, 29, 8, 10),
    datetime(2026, 11, 5, 6, 35),
    datetime(2026, 11, 6, 8, 0),
)
# place, latitude, people in a half-hour
PLACES = {
    "BIG": (24.8, 12),
    "TRIPLE": (30.0, 36),
    "CALM": (24.95, 12),
    "MUTE": (33.0, 12),
    "NEW": (34.0, 12),
    "ECHO": (35.0, 12),
    "APPS": (36.0, 12),
    "SMALL": (37.0, 1),
    "NONE": (38.0, 0),
    "BRIEF": (39.0, 12),
}
# Half as long as ever on its last day, a Friday.
BRIEF_FROM = date(2026, 11, 6)
# Who comes: place, from, until, how many times the usual.
HAPPENS = """
    ('BIG', timestamp '2026-11-05 05:00', timestamp '2026-11-05 07:00', 2.5),
    ('TRIPLE', timestamp '2026-11-05 05:00', timestamp '2026-11-05 07:00', 2.5),
    ('CALM', timestamp '2026-11-05 04:00', timestamp '2026-11-05 04:30', 2.0),
    ('MUTE', timestamp '2026-11-05 06:00', timestamp '2026-11-06 00:00', 0.0),
    ('NEW', timestamp '2026-01-01', timestamp '2026-11-02', 0.0),
    ('NEW', timestamp '2026-11-05 05:00', timestamp '2026-11-05 07:00', 4.0),
    ('ECHO', timestamp '2026-10-20', timestamp '2026-10-21', 5.0),
    ('ECHO', timestamp '2026-11-05 05:00', timestamp '2026-11-05 07:00', 2.5),
    ('APPS', timestamp '2026-11-05 05:00', timestamp '2026-11-05 07:00', 2.5),
    ('SMALL', timestamp '2026-11-05 05:00', timestamp '2026-11-05 07:00', 2.0)
"""


@dataclass(frozen=True)
class Rush:
    """A row of `rpt_rush`; times are the minutes and seconds left out."""

    started: str
    detected: str
    ended: str | None
    severity: str
    near: str | None


def land_places(warehouse: Warehouse) -> None:
    offices = [
        {"office_code": code, "name": code, "kind": "regional", "zone": "Z", "city": code,
         "country_code": "PK", "latitude": latitude, "longitude": 67.0,
         "timezone": "Asia/Karachi", "counters": 6}
        for code, (latitude, _) in PLACES.items()
    ]  # fmt: skip
    hours = [
        {"office_code": code, "weekday": day, "opens_at": "09:00:00",
         "closes_at": "11:30:00" if since == BRIEF_FROM else "14:00:00",
         "valid_from": since, "valid_to": until}
        for code in PLACES
        for since, until in (
            [(SINCE, BRIEF_FROM - timedelta(days=1)), (BRIEF_FROM, None)]
            if code == "BRIEF" else [(SINCE, None)]
        )
        for day in range(1, 6)
    ]  # fmt: skip
    warehouse.land("offices", offices, 1, RUNS[0])
    warehouse.land("office_hours", hours, 2, RUNS[0])


def arrivals(batch: int) -> str:
    """The arrivals of a batch: those until its run, one in fifteen a batch too late."""
    places = ", ".join(f"('{code}', {count})" for code, (_, count) in PLACES.items())
    return f"""
        with
            half_hours as (
                select place, usual, day + hour * interval 30 minute as slot_start
                from (values {places}) as places(place, usual)
                cross join range(timestamp '2026-10-05 04:00', timestamp '2026-11-07',
                    interval 1 day) as days(day)
                cross join range(0, 10) as half_hours(hour)
                where isodow(day) <= 5
            ),
            counted as (
                select
                    place, slot_start,
                    (
                        (usual + least(usual / 12, 3) * ((hash(slot_start) % 3)::integer - 1))
                        * coalesce(min(size), 1)
                    )::integer as people
                from half_hours
                left join (values {HAPPENS}) as happens(place2, from_at, until_at, size)
                    on place = place2 and slot_start >= from_at and slot_start < until_at
                group by place, slot_start, usual
            ),
            people as (
                select
                    place, slot_start + person * interval 20 second as came_at,
                    place || slot_start || person as key
                from counted, lateral (select unnest(range(people)) as person)
            )
        select place, came_at, md5(key) as key
        from people
        where
            came_at < timestamp '{RUNS[-1]}'
            and least(
                case when came_at < timestamp '{RUNS[0]}' then 0
                    when came_at < timestamp '{RUNS[1]}' then 1 else 2 end
                + (hash(key) % 15 = 0)::integer,
                2
            ) = {batch}
    """


def land(warehouse: Warehouse, batch: int) -> None:
    warehouse.land_query(
        "queue_tokens",
        "select key as token_id, place as office_code, 'application' as service,"
        " came_at as issued_at, came_at as updated_at"
        f" from ({arrivals(batch)}) where place <> 'APPS'",
        10 + 2 * batch,
        RUNS[batch],
    )
    warehouse.land_query(
        "applications",
        "select key as application_id, place as office_code, 'normal' as tier,"
        " came_at as submitted_at, came_at as updated_at"
        f" from ({arrivals(batch)}) where place = 'APPS'",
        11 + 2 * batch,
        RUNS[batch],
    )


def rush_of(warehouse: Warehouse, place: str) -> list[Rush]:
    return [
        Rush(*row)
        for row in warehouse.rows(
            "select strftime(started_at, '%d %H:%M'), strftime(detected_at, '%d %H:%M'),"
            " strftime(ended_at, '%d %H:%M'), severity, near_places_with_slack"
            " from reporting.rpt_rush where office_code = ? order by started_at",
            [place],
        )
    ]


@dataclass(frozen=True)
class Lived:
    """The same world during the rush, at its end, and built at once."""

    during: Warehouse
    stepwise: Warehouse
    whole: Warehouse


@pytest.fixture(scope="module")
def lived(dbt: Dbt, tmp_path_factory: pytest.TempPathFactory) -> Lived:
    folder = tmp_path_factory.mktemp("rushes")
    stepwise, during, whole = (Warehouse(folder / name) for name in ("stepwise", "during", "whole"))
    stepwise.prepare()
    land_places(stepwise)
    for batch, now in enumerate(RUNS):
        land(stepwise, batch)
        stepwise.begin(now, 11 + 2 * batch)
        if batch == 0:
            dbt.run(stepwise, "seed")
        dbt.run(stepwise, "run", *MODELS, *(NO_VIEWS if batch else ()))
        if batch == 1:
            during.folder.mkdir()
            shutil.copy(stepwise.path, during.path)
    whole.folder.mkdir()
    shutil.copy(stepwise.path, whole.path)
    dbt.run(whole, "run", "--full-refresh", *MODELS, *NO_VIEWS)
    return Lived(during, stepwise, whole)


@pytest.mark.parametrize("table", ["int_arrival_bands", "int_arrival_rushes", "rpt_rush"])
def test_pieces_and_late_rows_give_what_all_at_once_gives(lived: Lived, table: str) -> None:
    with closing(duckdb.connect()) as db:
        db.execute(f"attach '{lived.stepwise.path}' as one (read_only)")
        db.execute(f"attach '{lived.whole.path}' as other (read_only)")
        for left, right in (("one", "other"), ("other", "one")):
            assert not db.execute(
                f"from {left}.reporting.{table} except all from {right}.reporting.{table} limit 3"
            ).fetchall()


def test_a_surge_is_found_by_the_end_of_its_second_half_hour(lived: Lived) -> None:
    near = "CALM (17 km)"
    assert rush_of(lived.whole, "BIG") == [Rush("05 05:00", "05 06:00", "05 07:00", "high", near)]


def test_what_goes_on_has_no_end_and_is_found_at_the_same_time(lived: Lived) -> None:
    (rush,) = rush_of(lived.during, "BIG")
    assert rush.ended is None
    (later,) = rush_of(lived.whole, "BIG")
    assert (rush.started, rush.detected) == (later.started, later.detected)


def test_three_times_the_people_give_the_same_verdicts(lived: Lived) -> None:
    one, three = (rush_of(lived.whole, place) for place in ("BIG", "TRIPLE"))
    assert [(r.started, r.detected, r.ended) for r in one] == [
        (r.started, r.detected, r.ended) for r in three
    ]


def test_one_half_hour_alone_is_no_rush(lived: Lived) -> None:
    assert rush_of(lived.whole, "CALM") == []


def test_a_few_people_more_are_no_rush(lived: Lived) -> None:
    assert rush_of(lived.whole, "SMALL") == []


def test_silence_in_opening_hours_is_a_drop_until_the_place_closes(lived: Lived) -> None:
    assert rush_of(lived.whole, "MUTE") == [
        Rush("05 06:00", "05 07:00", "05 09:00", "critical", None)
    ]


def test_a_past_rush_neither_hides_the_next_nor_makes_a_drop(lived: Lived) -> None:
    assert [(r.started, r.detected) for r in rush_of(lived.whole, "ECHO")] == [
        ("20 04:00", "20 05:00"),
        ("05 05:00", "05 06:00"),
    ]


def test_a_new_place_is_not_judged_and_an_empty_one_has_no_rows(lived: Lived) -> None:
    judged = lived.whole.rows(
        "select office_code, count(*) > 0, count(expected) from reporting.rpt_arrivals"
        " where office_code in ('NEW', 'NONE') group by office_code"
    )
    assert judged == [("NEW", True, 0)]


def test_a_place_without_tickets_is_judged_by_its_applications(lived: Lived) -> None:
    assert [(r.started, r.detected) for r in rush_of(lived.whole, "APPS")] == [
        ("05 05:00", "05 06:00")
    ]
    assert lived.whole.rows(
        "select distinct office_code, counted_by from reporting.rpt_arrivals"
        " where office_code in ('APPS', 'BIG') order by 1"
    ) == [("APPS", "applications"), ("BIG", "tickets")]


def test_two_weeks_are_enough_for_a_band(lived: Lived) -> None:
    ((first_day, lowest, highest),) = lived.whole.rows(
        "select min(arrival_on), min(expected), max(expected) from reporting.rpt_arrivals"
        " where office_code = 'BIG' and expected is not null and is_open"
    )
    assert first_day <= date(2026, 10, 16)
    assert 9 < lowest <= highest < 15


def test_hours_that_are_new_and_shorter_hold_the_whole_day(lived: Lived) -> None:
    ((slots, basis, expected),) = lived.whole.rows(
        "select count(*), any_value(basis), sum(expected) from reporting.rpt_arrivals"
        " where office_code = 'BRIEF' and arrival_on = ? and is_open",
        [BRIEF_FROM],
    )
    assert (slots, basis) == (5, "new_hours")
    assert 105 < expected < 125  # ten half-hours of 12 people
