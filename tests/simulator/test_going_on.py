"""The same seed gives the same bytes, and a world that goes on ends where one go ends."""

from datetime import timedelta
from pathlib import Path

import pytest
from simulated_drop import NOW, differences, open_drop

from contract import RECORDS
from simulator.command import SimulationError, simulate

SCALE = 0.01
# Each begins before the world is left for the first time, and ends after it, or holds for good.
ACROSS = (
    "office-rush:office=LHE-R1:on=2026-11-17:days=3"
    "+printer-breakdown:office=PS-ISB:on=2026-11-16:days=3"
    "+mission-slow:office=M-RUH:on=2026-11-16:days=4"
    "+link-down:office=all:on=2026-11-18:hours=20"
    "+staff-strike:office=KHI-R1:on=2026-11-17:days=2:size=0.3"
    "+box-lost:office=M-JED:on=2026-11-18"
    "+new-office:office=FSD-C9:on=2026-11-17"
    "+staff-moved:office=KHI-R2:to=KHI-R3:size=1:on=2026-11-19"
    "+print-moved:office=PS-PEW:to=PS-ISB:on=2026-11-17"
    "+longer-hours:office=SKZ-R1:on=2026-11-17"
    "+longer-hours:office=SKZ-R1:on=2026-11-19:size=1"
)


@pytest.fixture(autouse=True)
def short_past(monkeypatch: pytest.MonkeyPatch) -> None:
    """Worlds with few days before their first: how they begin is not the question here."""
    monkeypatch.setattr("simulator.world.WARM_UP_DAYS", 6)


def _bytes(folder: Path) -> dict[str, bytes]:
    return {str(f.relative_to(folder)): f.read_bytes() for f in sorted(folder.rglob("*.parquet"))}


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(tmp_path: Path) -> None:
    for name, seed in (("a", 5), ("b", 5), ("c", 6)):
        simulate(days=2, until=NOW, scale=SCALE, seed=seed, to=f"file://{tmp_path / name}")
    assert _bytes(tmp_path / "a") == _bytes(tmp_path / "b")
    assert _bytes(tmp_path / "a") != _bytes(tmp_path / "c")


def test_going_on_through_all_scenarios_gives_the_same_rows_as_one_go(tmp_path: Path) -> None:
    start = NOW - timedelta(days=2)
    once, again = f"file://{tmp_path / 'once'}", f"file://{tmp_path / 'again'}"
    truths = tmp_path / "once.jsonl", tmp_path / "again.jsonl"
    world = {"scale": SCALE, "seed": 2, "scenario": ACROSS}
    simulate(days=5, until=NOW, to=once, truth=truths[0], **world)
    simulate(days=3, until=start, to=again, truth=truths[1], **world)
    for ahead in (1, 14, 24, 48):
        until = start + timedelta(hours=ahead)
        simulate(until=until, to=again, truth=truths[1], continue_=True)
    for record in RECORDS:
        assert differences(tmp_path / "once", tmp_path / "again", record) == 0, record
    assert sorted(truths[0].read_text().splitlines()) == sorted(truths[1].read_text().splitlines())


def test_going_on_to_where_the_world_stands_changes_nothing(tmp_path: Path) -> None:
    to = f"file://{tmp_path / 'drop'}"
    simulate(days=2, until=NOW, scale=SCALE, to=to)
    before = _bytes(tmp_path / "drop")
    assert sum(simulate(until=NOW, to=to, continue_=True).values()) == 0
    assert _bytes(tmp_path / "drop") == before


def test_a_new_world_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    to = f"file://{tmp_path / 'drop'}"
    simulate(days=3, until=NOW - timedelta(days=9), scale=SCALE, to=to)
    simulate(days=2, until=NOW, scale=SCALE, to=to)
    drop = open_drop(tmp_path / "drop")
    assert drop.number("select min(updated_at) >= '2026-11-18 10:00:00+00' from applications")


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"continue_": True, "until": NOW}, "no world"),
        ({"until": NOW + timedelta(minutes=5)}, "full hour"),
        ({"days": 0, "until": NOW}, "at least one day"),
        ({"scale": 0.0, "until": NOW}, "scale"),
        ({"until": NOW + timedelta(days=900)}, "up to 2028|2023 to 2028"),
        ({"days": 1500, "until": NOW}, "2023 to 2028"),
    ],
)
def test_what_cannot_be_done_is_told(tmp_path: Path, asked: dict, says: str) -> None:
    with pytest.raises(SimulationError, match=says):
        simulate(to=f"file://{tmp_path / 'drop'}", **asked)


def test_the_world_cannot_go_back(tmp_path: Path) -> None:
    to = f"file://{tmp_path / 'drop'}"
    simulate(days=1, until=NOW, scale=SCALE, to=to)
    with pytest.raises(SimulationError, match="cannot go back"):
        simulate(until=NOW - timedelta(hours=1), to=to, continue_=True)
