"""What is made to happen can be seen in the records, is told in the truth file, and is all that
changes."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from simulated_drop import NOW, Drop, open_drop

from simulator.command import simulate
from simulator.scenarios import ScenarioError

# A Thursday, and the evening after it.
DAY, AFTER = "2026-11-19", NOW - timedelta(hours=10)


def _world(folder: Path, scenario: str) -> Drop:
    truth = folder / "truth.jsonl"
    simulate(
        days=3,
        until=AFTER,
        scale=0.05,
        seed=4,
        scenario=scenario,
        to=f"file://{folder / 'drop'}",
        truth=truth,
    )
    return open_drop(folder / "drop", truth)


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Drop]:
    return {
        scenario: _world(tmp_path_factory.mktemp("world"), scenario)
        for scenario in ("normal", "office-rush:office=LHE-R1", "staff-strike")
    }


def _tokens(drop: Drop, where: str) -> int:
    return drop.number(
        "select count(distinct token_id) from good_queue_tokens where service = 'application' "
        f"and timezone('Asia/Karachi', issued_at)::date = '{DAY}' and {where}"
    )


def test_a_rush_brings_five_times_the_visitors_to_its_office_alone(
    worlds: dict[str, Drop],
) -> None:
    normal, rush = worlds["normal"], worlds["office-rush:office=LHE-R1"]
    usual = _tokens(normal, "office_code = 'LHE-R1'")
    assert 4 < _tokens(rush, "office_code = 'LHE-R1'") / usual < 6
    elsewhere = "office_code <> 'LHE-R1'"
    assert _tokens(rush, elsewhere) == _tokens(normal, elsewhere)
    assert {
        "kind": "scenario",
        "scenario": "office-rush",
        "effect": "demand",
        "size": 5.0,
        "office_code": "LHE-R1",
        "day": DAY,
    } in rush.truth


def test_a_rush_makes_waits_long_and_some_give_up(worlds: dict[str, Drop]) -> None:
    wait = (
        "select median(called_at - issued_at) from good_queue_tokens where office_code = 'LHE-R1' "
        f"and service = 'application' and timezone('Asia/Karachi', issued_at)::date = '{DAY}'"
    )
    normal, rush = worlds["normal"], worlds["office-rush:office=LHE-R1"]
    assert rush.number(wait) > 3 * normal.number(wait)
    assert _tokens(rush, "office_code = 'LHE-R1' and outcome = 'left'") > 0


def test_in_a_strike_nobody_works_and_nobody_is_served(worlds: dict[str, Drop]) -> None:
    normal, strike = worlds["normal"], worlds["staff-strike"]
    shifts = (
        "select count(*), count(started_at) from good_staff_shifts join staff using (staff_id) "
        f"where role <> 'operator' and timezone('Asia/Karachi', planned_from)::date = '{DAY}'"
    )
    planned, started = strike.query(shifts)[0]
    assert planned == normal.query(shifts)[0][0] > 0
    assert started == 0
    assert _tokens(strike, "outcome = 'served'") < 0.02 * _tokens(normal, "outcome = 'served'")
    assert _tokens(strike, "outcome = 'left'") > 0
    submitted = (
        "select count(*) from good_applications "
        f"where timezone('Asia/Karachi', submitted_at)::date = '{DAY}'"
    )
    assert 0 < strike.number(submitted) < 0.2 * normal.number(submitted)


def test_the_day_before_a_scenario_is_as_it_was(worlds: dict[str, Drop]) -> None:
    before = "select * from stage_events where recorded_at < '2026-11-18 10:00:00+00' order by all"
    normal = worlds["normal"].query(before)
    for drop in worlds.values():
        assert drop.query(before) == normal


def test_a_scenario_can_be_played_in_the_next_day_of_a_world_that_goes_on(tmp_path: Path) -> None:
    to, truth = f"file://{tmp_path / 'drop'}", tmp_path / "truth.jsonl"
    midnight = AFTER - timedelta(days=1)
    simulate(days=1, until=midnight, scale=0.01, to=to, truth=truth)
    simulate(until=AFTER, scenario="office-rush+staff-strike", to=to, truth=truth, continue_=True)
    told = [json.loads(line) for line in truth.read_text().splitlines()]
    days = [line["day"] for line in told if line["kind"] == "scenario"]
    assert days == [DAY, DAY]


@pytest.mark.parametrize(
    ("scenario", "says"),
    [
        ("flood", "no scenario is called"),
        ("office-rush:office=NOWHERE", "no office has the code"),
        ("office-rush:where=LHE-R1", "options are"),
        ("office-rush:on=yesterday", "yesterday"),
        ("staff-strike:on=2020-01-01", "past"),
    ],
)
def test_a_scenario_that_cannot_be_played_is_told(tmp_path: Path, scenario: str, says: str) -> None:
    with pytest.raises(ScenarioError, match=says):
        simulate(days=1, until=NOW, scale=0.01, scenario=scenario, to=f"file://{tmp_path / 'drop'}")
    assert not (tmp_path / "drop").exists()
