"""Briefings by Dagster: partitions are mornings, what was missed is asked for, what failed is tried
again; and a round begins when something is due."""

import shutil
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import dagster as dg
import pytest
from briefed import begin

import delivery.store
from config import ChannelSettings, Settings, load_settings
from delivery.archive import Archived, content_of
from orchestration.briefings import make_scheduled, missing_mornings
from orchestration.defs import brief
from reports.briefing import BriefingError
from reports.broker import Scope
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

    def make(*_: object, **__: object) -> bytes:
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


def test_the_bulletin_is_made_in_both_languages_and_as_open_data(
    installed: Settings, quick: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("orchestration.briefings.open_data", lambda *_: b"table,row\n")
    made = [
        one for one in make_scheduled(installed, "bulletin", date(2026, 11, 1))
        if isinstance(one, Archived)
    ]  # fmt: skip
    assert [one.file for one in made] == [
        "2026-11/bulletin-2026-11-01-all.csv",
        "2026-11/bulletin-2026-11-01-all-en.pdf",
        "2026-11/bulletin-2026-11-01-all-ur.pdf",
    ]
    again = list(make_scheduled(installed, "bulletin", date(2026, 11, 1)))
    assert again == made and len(quick) == 2


def test_many_places_are_made_together_and_one_that_fails_keeps_no_other_back(
    installed: Settings, quick: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    rounds: list[int] = []

    def together(
        settings: Settings, kind: str, morning: date, scopes: Sequence[Scope], *_: object
    ) -> Iterator[tuple[Scope, bytes | BriefingError]]:
        rounds.append(len(scopes))
        for scope in scopes:
            broken = scope.name == "office:LAH-2"
            yield scope, BriefingError("no ink") if broken else scope.name.encode()

    monkeypatch.setattr("orchestration.briefings.make_briefings", together)
    store = delivery.store.open_store(installed)
    channel = {"channels": {"mail": ChannelSettings(kind="email", url="mailto://127.0.0.1")}}
    with_mail = installed.model_copy(update=channel)
    for office in [f"{zone}-{n}" for zone in ("KAR", "LAH", "MUL", "PES") for n in (1, 2, 3)]:
        begin(store, with_mail, scope=f"office:{office}")
    came_to = list(make_scheduled(installed, "daily", date(2026, 11, 20)))
    store.dispose()
    assert rounds == [13] and quick == []
    assert [str(one) for one in came_to if isinstance(one, Exception)] == ["no ink"]
    kept = {one.which.scope: one for one in came_to if isinstance(one, Archived)}
    assert len(kept) == 12
    assert content_of(installed.home, kept["office:KAR-1"]) == b"office:KAR-1"
