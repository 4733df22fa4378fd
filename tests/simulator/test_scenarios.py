"""What is made to happen can be seen in the records, is told in the truth file, and is all that
changes."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
import typer
from simulated_drop import NOW, Drop, open_drop

from orchestration import cli
from simulator.command import simulate
from simulator.scenarios import CRISIS, NORMAL, SCENARIOS, ScenarioError

# A Thursday, and the evening after it.
DAY, AFTER = "2026-11-19", NOW - timedelta(hours=10)
MUCH = (
    "office-rush:office=LHE-R1"
    "+link-down:office=KHI-R1:on=2026-11-18:hours=4"
    "+mission-slow:office=M-RUH:on=2026-11-15:days=5"
    "+printer-breakdown:office=PS-MUX:on=2026-11-16:days=3"
    "+box-lost:office=RWP-R1:on=2026-11-16"
    "+new-office:office=FSD-C9:on=2026-11-16"
    "+print-moved:office=PS-PEW:to=PS-ISB:size=1:on=2026-11-16"
    "+longer-hours:office=SKZ-R1:size=2:on=2026-11-17"
    "+staff-moved:office=KHI-R1:to=KHI-R2:size=2:on=2026-11-17"
)


def _world(folder: Path, scenario: str, days: int) -> Drop:
    truth = folder / "truth.jsonl"
    with pytest.MonkeyPatch.context() as patch:
        # enough for the print queues to be as they are on any day
        patch.setattr("simulator.world.WARM_UP_DAYS", 14)
        simulate(
            days=days,
            until=AFTER,
            scale=0.05,
            seed=4,
            scenario=scenario,
            to=f"file://{folder / 'drop'}",
            truth=truth,
        )
    return open_drop(folder / "drop", truth)


@pytest.fixture(scope="module")
def normal(tmp_path_factory: pytest.TempPathFactory) -> Drop:
    return _world(tmp_path_factory.mktemp("normal"), NORMAL, 7)


@pytest.fixture(scope="module")
def much(tmp_path_factory: pytest.TempPathFactory) -> Drop:
    """The same world with a scenario of nearly every kind in it."""
    return _world(tmp_path_factory.mktemp("much"), MUCH, 7)


@pytest.fixture(scope="module")
def strike(tmp_path_factory: pytest.TempPathFactory) -> Drop:
    return _world(tmp_path_factory.mktemp("strike"), "staff-strike", 1)


def _tokens(drop: Drop, where: str, day: str = DAY) -> int:
    return drop.number(
        "select count(distinct token_id) from good_queue_tokens where service = 'application' "
        f"and timezone('Asia/Karachi', issued_at)::date = '{day}' and {where}"
    )


def test_a_rush_brings_five_times_the_visitors_to_its_office_alone(
    normal: Drop, much: Drop
) -> None:
    usual = _tokens(normal, "office_code = 'LHE-R1'")
    assert 4 < _tokens(much, "office_code = 'LHE-R1'") / usual < 6
    elsewhere = "office_code like 'GRW%'"
    assert _tokens(much, elsewhere) == _tokens(normal, elsewhere) > 0
    assert {
        "kind": "scenario",
        "scenario": "office-rush",
        "effect": "demand",
        "office_code": "LHE-R1",
        "to_office_code": None,
        "start": "2026-11-18T19:00Z",
        "end": "2026-11-19T19:00Z",
        "size": 5.0,
    } in much.truth


def test_every_effect_is_told_with_place_start_end_and_size(much: Drop) -> None:
    told = [line for line in much.truth if line["kind"] == "scenario"]
    assert {line["scenario"] for line in told} == set(SCENARIOS) - {"hajj-rush", "staff-strike"}
    for line in told:
        assert line["office_code"] and line["start"] and line["size"] > 0
        for_good = line["scenario"] in ("new-office", "print-moved", "longer-hours", "staff-moved")
        assert (line["end"] is None) == for_good


def test_a_rush_makes_waits_long_and_some_give_up(normal: Drop, much: Drop) -> None:
    wait = (
        "select median(called_at - issued_at) from good_queue_tokens where office_code = 'LHE-R1' "
        f"and service = 'application' and timezone('Asia/Karachi', issued_at)::date = '{DAY}'"
    )
    assert much.number(wait) > 3 * normal.number(wait)
    assert _tokens(much, "office_code = 'LHE-R1' and outcome = 'left'") > 0


def test_while_a_line_is_down_nobody_is_called(normal: Drop, much: Drop) -> None:
    called = (
        "select count(*) from good_queue_tokens where office_code = 'KHI-R1' and called_at between "
        "'2026-11-18 04:30:00+00' and '2026-11-18 08:29:59+00' and service = 'application'"
    )
    assert normal.number(called) > 10
    assert much.number(called) == 0
    states = much.query(
        "select distinct state from good_link_readings where office_code = 'KHI-R1' and "
        "link = 'headquarters' and read_at between '2026-11-18 04:30:00+00' and "
        "'2026-11-18 08:29:00+00'"
    )
    assert states == [("down",)]
    assert much.number(
        "select count(*) from good_technical_issues where office_code = 'KHI-R1' and "
        "kind = 'link_headquarters' and opened_at::date = '2026-11-18'"
    )


def test_a_slow_mission_takes_longer_for_each(normal: Drop, much: Drop) -> None:
    wait = (
        "select avg(closed_at - called_at) from good_queue_tokens where office_code = 'M-RUH' "
        "and service = 'application' and issued_at > '2026-11-15 00:00:00+00'"
    )
    assert much.number(wait) > 2 * normal.number(wait)


def test_where_the_printers_are_down_the_queue_grows(normal: Drop, much: Drop) -> None:
    printed = (
        "select count(*) from good_print_jobs where machine_id like 'PS-MUX%' and started_at "
        "between '2026-11-16 03:00:00+00' and '2026-11-19 02:59:00+00'"
    )
    assert normal.number(printed) > 20
    assert much.number(printed) == 0
    states = much.query(
        "select distinct state from good_machine_readings where machine_id like 'PS-MUX-P%' and "
        "read_at between '2026-11-16 04:00:00+00' and '2026-11-19 02:00:00+00'"
    )
    assert states == [("down",)]
    waited = (
        "select avg(started_at - queued_at) from good_print_jobs j join good_applications a "
        "using (application_id) where machine_id like 'PS-MUX%' and tier <> 'normal' "
        "and started_at > '2026-11-19 03:00:00+00'"
    )
    assert much.number(waited) > 1.3 * normal.number(waited)


def test_a_lost_box_never_arrives(normal: Drop, much: Drop) -> None:
    boxes = (
        "select count(*) from good_consignments where to_office_code = 'RWP-R1' and "
        "received_at is null and dispatched_at::date = '2026-11-16'"
    )
    assert normal.number(boxes) == 0
    assert much.number(boxes) >= 1


def test_a_new_office_takes_its_share_of_its_city(normal: Drop, much: Drop) -> None:
    exists = "select count(*) from offices where office_code = 'FSD-C9'"
    assert (normal.number(exists), much.number(exists)) == (0, 1)
    new, others = "office_code = 'FSD-C9'", "office_code like 'FSD%' and office_code <> 'FSD-C9'"
    assert _tokens(much, new, "2026-11-13") == 0
    assert _tokens(much, new) > 0
    assert _tokens(much, others, "2026-11-13") == _tokens(normal, others, "2026-11-13")
    assert _tokens(much, others) < _tokens(normal, others)
    assert much.number("select count(*) from staff where office_code = 'FSD-C9'") > 0


def test_moved_print_work_is_queued_at_the_other_site(normal: Drop, much: Drop) -> None:
    queued = (
        "select count(*) from good_stage_events where stage_code = 'print_queue' and "
        "event = 'entered' and office_code = 'PS-PEW' and occurred_at > '2026-11-16 12:00:00+00'"
    )
    assert normal.number(queued) > 20
    # What was spoiled or lost is printed again where it was.
    assert much.number(queued) < 0.1 * normal.number(queued)


def test_longer_hours_are_announced_and_kept(normal: Drop, much: Drop) -> None:
    hours = (
        "select count(*) from office_hours where office_code = 'SKZ-R1' "
        "and valid_from = '2026-11-17' and closes_at = '16:00:00'"
    )
    assert (normal.number(hours), much.number(hours)) == (0, 4)
    late = (
        "select count(*) from good_staff_shifts where office_code = 'SKZ-R1' and "
        "planned_until > '2026-11-18 10:30:00+00' and planned_from::date = '2026-11-18'"
    )
    assert normal.number(late) == 0
    assert much.number(late) > 0


def test_moved_staff_work_at_the_other_office(normal: Drop, much: Drop) -> None:
    clerks = "select count(*) from staff where office_code = 'KHI-R2' and role = 'capture'"
    assert much.number(clerks) == normal.number(clerks) + 2
    desks = (
        "select count(distinct staff_id) from good_queue_tokens where office_code = 'KHI-R2' "
        f"and service = 'application' and issued_at::date = '{DAY}'"
    )
    assert much.number(desks) > normal.number(desks)


def test_in_a_strike_nobody_works_and_nobody_is_served(normal: Drop, strike: Drop) -> None:
    # Places around the clock had opened before the world began.
    at_home = (
        "office_code in (select office_code from offices where kind in ('regional', 'counter'))"
    )
    shifts = (
        f"select count(*), count(started_at) from good_staff_shifts where {at_home} "
        "and staff_id in (select staff_id from staff where role <> 'operator') "
        f"and timezone('Asia/Karachi', planned_from)::date = '{DAY}'"
    )
    planned, started = strike.query(shifts)[0]
    assert planned > 0
    assert started < 0.02 * planned
    assert _tokens(strike, f"{at_home} and outcome = 'served'") < 0.02 * _tokens(
        normal, f"{at_home} and outcome = 'served'"
    )
    assert _tokens(strike, "outcome = 'left'") > 0
    submitted = (
        "select count(*) from good_applications "
        f"where timezone('Asia/Karachi', submitted_at)::date = '{DAY}'"
    )
    assert 0 < strike.number(submitted) < 0.2 * normal.number(submitted)


def test_the_day_before_a_scenario_is_as_it_was(normal: Drop, much: Drop) -> None:
    before = "select * from stage_events where recorded_at < '2026-11-14 10:00:00+00' order by all"
    assert much.query(before) == normal.query(before)


def test_a_scenario_can_be_played_in_the_next_day_of_a_world_that_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("simulator.world.WARM_UP_DAYS", 6)
    to, truth = f"file://{tmp_path / 'drop'}", tmp_path / "truth.jsonl"
    midnight = AFTER - timedelta(days=1)
    simulate(days=1, until=midnight, scale=0.01, to=to, truth=truth)
    simulate(until=AFTER, scenario="office-rush+staff-strike", to=to, truth=truth, continue_=True)
    told = [json.loads(line) for line in truth.read_text().splitlines()]
    starts = [line["start"] for line in told if line["kind"] == "scenario"]
    assert starts == ["2026-11-18T19:00Z"] * 2


@pytest.mark.parametrize(
    ("scenario", "says"),
    [
        ("flood", "no scenario is called"),
        ("office-rush:office=NOWHERE", "has the code"),
        ("office-rush:where=LHE-R1", "options are"),
        ("office-rush:on=yesterday", "yesterday"),
        ("staff-strike:on=2026-01-01", "past"),
        ("printer-breakdown:office=LHE-R1", "no site"),
        ("staff-moved:office=LHE-R1", "say where to"),
        ("longer-hours:office=KHI-E1", "never closes"),
        ("longer-hours:office=all", "one place"),
        ("print-moved:office=PS-KHI:to=PS-KHI", "another place"),
        ("office-rush:size=-2", "above 0"),
        ("staff-strike:size=1.5", "up to 1"),
        ("office-rush:office=GIL-R1:on=2026-11-21", "GIL-R1 is closed"),
        ("box-lost:office=M-RUH:on=2026-11-24", "no box leaves for M-RUH"),
        ("office-rush:on=2030-01-01", "2023 to 2028"),
        ("normal:size=2", "has no options"),
        ("crisis-2023:on=2023-10-01", "has no options"),
        ("link-down:link=telephone", "link is"),
        (CRISIS, "2023 and 2024"),
    ],
)
def test_a_scenario_that_cannot_be_played_is_told(tmp_path: Path, scenario: str, says: str) -> None:
    with pytest.raises(ScenarioError, match=says):
        simulate(days=1, until=NOW, scale=0.01, scenario=scenario, to=f"file://{tmp_path / 'drop'}")
    assert not (tmp_path / "drop").exists()


def test_the_help_names_every_scenario_and_an_unknown_one_lists_them(tmp_path: Path) -> None:
    command = typer.main.get_command(cli.app).commands["simulate"]
    told = next(option.help for option in command.params if option.name == "scenario")
    names = {NORMAL, CRISIS, *SCENARIOS}
    assert {name for name in names if name in told} == names
    with pytest.raises(ScenarioError) as failure:
        simulate(days=1, until=NOW, scale=0.01, scenario="what", to=f"file://{tmp_path / 'drop'}")
    assert all(f"  {name}: " in str(failure.value) for name in names)
