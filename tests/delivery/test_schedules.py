"""Briefings by Dagster: partitions are mornings, what was missed is asked for, what failed is tried
again; and a round begins when something is due."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import dagster as dg
import pytest

from config import Settings, load_settings
from orchestration.defs import automation, brief
from reports.kinds import KINDS


@pytest.fixture
def installed(
    published_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Settings]:
    home = tmp_path / "installed"
    shutil.copytree(published_home, home)
    monkeypatch.setenv("PASSPORT_HOME", str(home))
    settings = load_settings()
    monkeypatch.setattr(automation, "_settings", settings)
    yield settings


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
    [schedule] = [one for one in automation.briefing_schedules if one.name.startswith("daily")]
    tries = iter((ValueError("no font"), b"%PDF"))

    def make(*_: object) -> bytes:
        came_to = next(tries)
        if isinstance(came_to, Exception):
            raise came_to
        return came_to

    def asked(day: int) -> list[str | None]:
        at = datetime(2026, 11, day, 6, tzinfo=ZoneInfo("Asia/Karachi"))
        context = dg.build_schedule_context(scheduled_execution_time=at)
        requests = schedule.evaluate_tick(context).run_requests or []
        return [request.partition_key for request in requests]

    assert asked(18) == ["2026-11-18"]  # a new installation makes up for nothing
    monkeypatch.setattr("orchestration.briefings.make_briefing", make)
    monkeypatch.setattr(brief, "_TRIES", dg.RetryPolicy(max_retries=1))
    asset = brief._briefing(KINDS["daily"])
    with dg.DagsterInstance.ephemeral() as instance:
        made = dg.materialize([asset], partition_key="2026-11-18", instance=instance)
    assert made.success and next(tries, None) is None
    assert asked(18) == []
    assert asked(20) == ["2026-11-19", "2026-11-20"]


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
