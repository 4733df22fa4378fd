"""Briefings by Dagster: partitions are mornings, what was missed is asked for, what failed is tried
again; and a round begins when something is due."""

import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import dagster as dg
import pytest

from config import Settings, load_settings
from orchestration.briefings import missing_mornings
from orchestration.defs import brief
from reports.kinds import KINDS


@pytest.fixture
def installed(
    published_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Settings]:
    home = tmp_path / "installed"
    shutil.copytree(published_home, home)
    monkeypatch.setenv("PASSPORT_HOME", str(home))
    yield load_settings()


def test_the_newest_partition_is_the_morning_that_has_begun() -> None:
    now = datetime(2026, 11, 22, 19, 30, tzinfo=UTC)  # half past midnight of Monday the 23rd
    newest = {
        name: asset.partitions_def.get_partition_keys(current_time=now)[-1]
        for name in ("daily", "weekly", "monthly", "bulletin")
        if (asset := brief._briefing(KINDS[name])).partitions_def
    }
    assert newest == {
        "daily": "2026-11-23",
        "weekly": "2026-11-23",
        "monthly": "2026-11-01",
        "bulletin": "2026-11-01",
    }


def test_what_is_missing_is_asked_for_and_what_failed_is_tried_again(
    installed: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = iter((ValueError("no font"), b"%PDF"))

    def make(*_: object) -> bytes:
        came_to = next(tries)
        if isinstance(came_to, Exception):
            raise came_to
        return came_to

    def missing(day: int) -> list[str]:
        days = missing_mornings(installed, KINDS["daily"], date(2026, 11, day))
        return [f"{morning}" for morning in days]

    assert missing(18) == ["2026-11-18"]  # a new installation makes up for nothing
    monkeypatch.setattr("orchestration.briefings.make_briefing", make)
    monkeypatch.setattr(brief, "_TRIES", dg.RetryPolicy(max_retries=1))
    asset = brief._briefing(KINDS["daily"])
    with dg.DagsterInstance.ephemeral() as instance:
        made = dg.materialize([asset], partition_key="2026-11-18", instance=instance)
    assert made.success and next(tries, None) is None
    assert missing(18) == []
    assert missing(20) == ["2026-11-19", "2026-11-20"]


def test_a_round_begins_when_one_is_due(
    installed: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with dg.DagsterInstance.ephemeral() as instance:

        def look() -> object:
            return brief.deliver_sensor(dg.build_sensor_context(instance=instance))

        assert isinstance(look(), dg.SkipReason)
        monkeypatch.setattr(brief, "is_anything_due", lambda settings: True)
        assert isinstance(look(), dg.RunRequest)
        assert brief.deliver_job.execute_in_process(instance=instance).success
