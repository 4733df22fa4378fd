"""The watchdog: what is wrong is seen, becomes an incident and is told, store or no store."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import dagster as dg
import pytest
from small_home import settings_in
from typer.testing import CliRunner

from config import ChannelSettings, Settings
from orchestration import health, watchdog
from orchestration.cli import app
from orchestration.defs.upkeep import last_heartbeat
from orchestration.telling import response_store
from orchestration.watchdog import look, watch
from response.channels import Message, SendError
from response.incidents import all_incidents

NOW = datetime(2026, 11, 1, 8, 0, tzinfo=UTC)
TWO_HOURS = timedelta(hours=2)
MAIL = ChannelSettings(kind="email", url="mailto://127.0.0.1", standing=("duty@example.org",))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return settings_in(tmp_path / "home").model_copy(update={"channels": {"mail": MAIL}})


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Message]]:
    """What left, by the outbox or directly."""
    left: list[Message] = []

    def keep(_: ChannelSettings, message: Message) -> None:
        left.append(message)

    monkeypatch.setattr("response.outbox.send", keep)
    monkeypatch.setattr(watchdog, "send", keep)
    yield left


@pytest.fixture
def room_on_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "DISK_FREE_BYTES", 0)


def rules(settings: Settings, now: datetime = NOW) -> set[str]:
    return {trouble.rule for trouble in look(settings, now, TWO_HOURS)}


def publish_at(settings: Settings, monkeypatch: pytest.MonkeyPatch, age: timedelta) -> None:
    monkeypatch.setattr(health, "publication_age", lambda *_: age)


# ---------------------------------------------------------------- what is seen


def test_nothing_published_is_late(settings: Settings, room_on_disk: None) -> None:
    assert rules(settings) == {"nothing_published"}


def test_a_publication_is_late_after_its_time(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, room_on_disk: None
) -> None:
    publish_at(settings, monkeypatch, TWO_HOURS)
    assert rules(settings) == set()
    publish_at(settings, monkeypatch, TWO_HOURS + timedelta(minutes=1))
    [late] = look(settings, NOW, TWO_HOURS)
    assert (late.rule, late.measured, late.expected) == ("nothing_published", 121, 120)


@pytest.mark.parametrize("content", [None, b"this is no database"])
def test_a_publication_that_cannot_be_read_is_broken(
    settings: Settings, room_on_disk: None, content: bytes | None
) -> None:
    folder = settings.home.published / "g1"
    folder.mkdir(parents=True)
    (settings.home.published / "CURRENT").write_text("g1")
    if content:
        (folder / "marts.duckdb").write_bytes(content)
    assert rules(settings) == {"publication_broken", "nothing_published"}


def test_a_disk_that_fills_is_told_before_it_is_full(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_at(settings, monkeypatch, timedelta(0))
    monkeypatch.setattr(health, "DISK_FREE_BYTES", 1 << 62)
    assert rules(settings) == {"disk_filling"}


@pytest.mark.parametrize(
    ("heard", "wrong"),
    [
        (NOW - timedelta(minutes=5), set()),
        (NOW - timedelta(minutes=6), {"scheduler_dead"}),
        (NOW + timedelta(days=1), {"scheduler_dead"}),  # the clock went back: who knows
        (None, {"scheduler_dead"}),
    ],
)
def test_a_scheduler_is_dead_when_it_is_silent(
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    room_on_disk: None,
    heard: datetime | None,
    wrong: set[str],
) -> None:
    publish_at(settings, monkeypatch, timedelta(0))
    settings.home.dagster.mkdir()
    (settings.home.dagster / "dagster.yaml").touch()
    monkeypatch.setattr(watchdog, "_last_heartbeat", lambda _: heard)
    assert rules(settings) == wrong


def test_dagster_says_when_its_scheduler_lived(tmp_path: Path) -> None:
    from dagster._daemon.types import DaemonHeartbeat

    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        assert last_heartbeat(instance) is None
        instance.add_daemon_heartbeat(DaemonHeartbeat(1234.0, "SCHEDULER", "one", []))
        assert last_heartbeat(instance) == 1234.0


# ---------------------------------------------------------------- who is told


def test_what_is_wrong_is_one_incident_told_once_and_over_when_it_is_well(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, sent: list[Message], room_on_disk: None
) -> None:
    for minutes in (0, 5):
        seen = watch(settings, NOW + timedelta(minutes=minutes), TWO_HOURS)
        assert seen.is_told and [one.rule for one in seen.troubles] == ["nothing_published"]
    assert [message.recipient for message in sent] == ["duty@example.org"]
    assert sent[0].title == "Critical: Nothing was published in time"
    publish_at(settings, monkeypatch, timedelta(0))
    assert watch(settings, NOW + timedelta(hours=1), TWO_HOURS).troubles == ()
    assert sent[1].title == "Over: Nothing was published in time"
    with response_store(settings) as store, store.connect() as connection:
        assert [one.state for one in all_incidents(connection)] == ["resolved"]


def test_a_locked_store_is_told_without_it_once_for_each_state(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, sent: list[Message], room_on_disk: None
) -> None:
    with response_store(settings):
        pass
    with closing(sqlite3.connect(settings.home.operations)) as other:
        other.execute("begin immediate")
        for _ in range(3):
            seen = watch(settings, NOW, TWO_HOURS, busy_seconds=0.01)
            assert seen.is_told
            assert {one.rule for one in seen.troubles} == {"nothing_published", "store_unusable"}
        publish_at(settings, monkeypatch, timedelta(0))
        assert watch(settings, NOW, TWO_HOURS, busy_seconds=0.01).is_told
    assert len(sent) == 2  # three looks at the first state, one at the second
    assert "the watchdog itself" in sent[0].body and "published" in sent[0].body
    assert watch(settings, NOW, TWO_HOURS, busy_seconds=1).troubles == ()
    assert not (settings.home.path / "watch.json").exists()


def test_a_home_that_is_gone_is_not_made_anew(settings: Settings, sent: list[Message]) -> None:
    settings.home.path.rmdir()
    assert watch(settings, NOW, TWO_HOURS).is_told
    assert not settings.home.path.exists() and len(sent) == 1


def test_with_nobody_to_tell_the_watchdog_says_so(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, room_on_disk: None
) -> None:
    assert not watch(settings.model_copy(update={"channels": {}}), NOW, TWO_HOURS).is_told

    def refuse(*_: object) -> None:
        raise SendError("no")

    monkeypatch.setattr("response.outbox.send", refuse)
    assert not watch(settings, NOW, TWO_HOURS).is_told


def test_the_exit_code_says_whether_somebody_knows(
    settings: Settings, sent: list[Message], room_on_disk: None
) -> None:
    def code(channels: str) -> int:
        (settings.home.path / "passport.toml").write_text(channels, encoding="utf-8")
        return CliRunner().invoke(app, ["--home", str(settings.home.path), "watch"]).exit_code

    assert code("") == 4
    channel = {"kind": "email", "url": "mailto://127.0.0.1", "standing": ["duty@example.org"]}
    lines = "\n".join(f"{name} = {json.dumps(value)}" for name, value in channel.items())
    (settings.home.operations).unlink()
    assert code(f"[channels.mail]\n{lines}\n") == 1


@pytest.mark.parametrize("told", [True, False])
def test_a_run_that_fails_is_told_and_its_own_error_stands(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, told: bool
) -> None:
    rounds: list[object] = []

    def fail(*_: object) -> None:
        raise OSError("a full disk")

    def tell(_: Settings, until: object) -> object:
        rounds.append(until)
        if not told:
            raise OSError("a locked store")
        return SimpleNamespace(made=1, sent=1)

    monkeypatch.setattr("orchestration.run.execute", fail)
    monkeypatch.setattr("orchestration.briefings.tell", tell)
    command = ["--home", str(settings.home.path), "run", "hourly", "--until", NOW.isoformat()]
    result = CliRunner().invoke(app, command)
    assert (str(result.exception), rounds) == ("a full disk", [NOW])
    assert ("nobody was told" in result.output) is not told
