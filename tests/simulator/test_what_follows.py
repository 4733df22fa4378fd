"""What follows from a scenario, by the same world with and without it: delay, lateness, complaints,
and nothing anywhere else."""

from datetime import date

import pytest
from lived_world import Seen, lived

from simulator.calendar import DAY, calendar_of, home_midnight
from simulator.links import no_outages, outages
from simulator.machines import no_stops, stops
from simulator.network import build_network
from simulator.plan import Plan, Planned

DAYS = 27
HAPPENS = (
    "printer-breakdown:office=PS-LHE:on=2026-09-08:days=10"
    "+box-lost:office=PEW-R1:on=2026-09-10:size=9"
)
ENDED = (
    "(select application_id, any_value(tier) as tier, any_value(office_code) as office_code, "
    "min(submitted_at) as submitted_at from applications group by 1) join "
    "(select application_id, max(occurred_at) as ready_at from stage_events "
    "where stage_code = 'ready' group by 1) using (application_id)"
)


@pytest.fixture(scope="module")
def usual() -> Seen:
    return lived(5, 0.03, date(2026, 9, 1), DAYS, "normal")


@pytest.fixture(scope="module")
def hit() -> Seen:
    """The same world, with a site down for ten days and boxes lost."""
    return lived(5, 0.03, date(2026, 9, 1), DAYS, HAPPENS)


def _offices(seen: Seen, zone: str) -> str:
    network = seen.world.network
    places = network.places[: network.offices]
    return str(tuple(place.code for place in places if place.zone == zone))


def _both(usual: Seen, hit: Seen, sql: str) -> tuple[float, float]:
    return usual.number(sql), hit.number(sql)


def test_behind_a_breakdown_the_queue_grows_and_is_worked_off(usual: Seen, hit: Seen) -> None:
    waits = (
        "select quantile_cont(epoch(started_at) - epoch(queued_at), 0.9) / 3600 from print_jobs "
        "join (select distinct application_id, tier from applications) using (application_id) "
        "where machine_id like 'PS-LHE%' and tier = 'urgent' and started_at::date between "
    )
    before, still = _both(usual, hit, f"{waits} '2026-09-02' and '2026-09-07'")
    assert before == still
    quick, slow = _both(usual, hit, f"{waits} '2026-09-18' and '2026-09-19'")
    assert slow > 2.5 * quick
    quick, again = _both(usual, hit, f"{waits} '2026-09-25' and '2026-09-26'")
    assert again < 1.2 * quick


def test_lateness_and_complaints_follow_from_a_breakdown(usual: Seen, hit: Seen) -> None:
    zone = f"office_code in {_offices(hit, 'Lahore')}"
    late = f"select count(*) from {ENDED} where {zone} and tier = 'urgent' and "
    few, many = _both(usual, hit, f"{late} ready_at - submitted_at > interval 8 day")
    assert many > 20 + 3 * few
    complaints = (
        f"select count(distinct complaint_id) from complaints where {zone} and category in "
        "('urgent_fee_paid_but_late', 'visa_or_job_lost') and opened_at > '2026-09-10'"
    )
    few, many = _both(usual, hit, complaints)
    assert many > 2 + 2 * few
    early = (
        "select count(*) from complaints c join applications using (application_id) where "
        "c.category in ('late_beyond_promise', 'urgent_fee_paid_but_late', 'visa_or_job_lost') "
        "and opened_at - submitted_at < interval 3 day"
    )
    assert _both(usual, hit, early) == (0, 0)


def test_elsewhere_a_breakdown_changes_nothing(usual: Seen, hit: Seen) -> None:
    for zone in ("Karachi", "Multan", "Quetta", "Gulf"):
        events = (
            f"select event_id, occurred_at from stage_events join (select distinct application_id "
            f"from applications where office_code in {_offices(hit, zone)}) "
            "using (application_id) order by all"
        )
        same = usual.query(events)
        assert len(same) > 500
        assert hit.query(events) == same


def test_what_was_in_a_lost_box_is_printed_again_and_late(usual: Seen, hit: Seen) -> None:
    again = (
        "select count(distinct application_id) from stage_events where stage_code = 'print_queue' "
        "and event = 'entered' and event_id[-3:] = '141' and application_id in "
        "(select application_id from applications where office_code = 'PEW-R1')"
    )
    none, some = _both(usual, hit, again)
    assert none == 0
    assert some > 5
    sent = (
        "select count(*) from consignments where to_office_code = 'PEW-R1' "
        "and dispatched_at::date = '2026-09-10' and box_id not in "
        "(select box_id from consignments where received_at is not null)"
    )
    assert _both(usual, hit, sent)[0] == 0 < _both(usual, hit, sent)[1]


def test_before_the_hajj_all_offices_have_more_visitors_and_longer_waits() -> None:
    waits = (
        "select count(distinct token_id), quantile_cont(epoch(called_at) - epoch(issued_at), 0.9) "
        "from queue_tokens where service = 'application' and outcome is not null "
        "and issued_at > '2026-08-31 19:00:00+00'"
    )
    usual, rush = (
        lived(5, 0.02, date(2026, 9, 1), 3, scenario).query(waits)[0]
        for scenario in ("normal", "hajj-rush:on=2026-09-01")
    )
    assert 1.5 < rush[0] / usual[0] < 2.0
    assert rush[1] > 1.5 * usual[1]


def test_a_stop_that_meets_another_makes_it_longer_never_shorter() -> None:
    network, day = build_network(0.05), 20_700
    begin = home_midnight(day)
    site = network.codes.index("PS-ISB")
    printer = int(network.printers[0][0])
    before = no_stops(network)
    before["from"][printer], before["until"][printer] = begin - DAY, begin + 9 * DAY
    made = Planned("", "machines", "PS-ISB", None, begin + 8 * 3600, begin + DAY, 1.0, 0)
    halts = stops(network, 1, day, before, Plan(network, (made,)))
    hit = [m for m in network.printers[0] if network.machines[m].retired_on is None]
    assert network.machines[printer].place == site
    assert len(hit) > 1
    for machine in hit:
        assert halts.down_until[machine] == begin + (9 * DAY if machine == printer else DAY)
    assert halts.down_from[printer] == begin - DAY

    cuts = [
        Planned("", "link headquarters", code, None, begin + 34_200, begin + end, 1.0, 0)
        for code, end in ((None, 50_000), ("KHI-R1", 80_000), ("LHE-R1", 40_000))
    ]
    calendar, plan = calendar_of(0.05, (), ()), Plan(network, tuple(cuts))
    lines = outages(network, calendar, 1, day, no_outages(network), plan)
    ends = {code: lines.ends[network.codes.index(code), 0] - begin for code in ("KHI-R1", "LHE-R1")}
    assert ends == {"KHI-R1": 80_000, "LHE-R1": 50_000}
