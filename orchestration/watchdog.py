"""The watchdog, outside Dagster: does this installation still publish, and if not, who is told.

It trusts nothing that it watches. Where the operations store answers, what is wrong becomes an
incident and its message leaves by the outbox, in this process; where the store is locked, broken
or gone, the channels' standing recipients are told directly, once for each state.
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import duckdb
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

import delivery.store
from config import ChannelSettings, Home, Settings, SettingsError
from delivery.lateness import BRIEFING_LATE, respond_to_lateness
from operations import StoreError, disposing
from orchestration import generations, health
from orchestration.briefings import published_places
from orchestration.serve import service_environment
from orchestration.telling import naive_now
from reports.broker import NothingPublishedError, open_publication
from response.addressing import untold
from response.channels import Message, SendError, send
from response.desk import take_findings
from response.round import own_finding, tell_people
from response.rules import load_rules
from response.wording import watchdog_message

# The rules whose incidents the watchdog opens, and closes when all is well.
WATCHED = ("nothing_published", "publication_broken", "scheduler_dead", "disk_filling")

# Dagster's scheduler says every half minute that it lives.
_SCHEDULER_SILENT = timedelta(minutes=5)
_DAGSTER_SECONDS = 120


@dataclass(frozen=True)
class Trouble:
    """Something that is wrong: `rule` is that of the incident it becomes, `told` and `remedy` are
    English sentences; `measured` and `expected` are in the rule's unit."""

    rule: str
    told: str
    remedy: str
    measured: float | None = None
    expected: float | None = None


@dataclass(frozen=True)
class Seen:
    """What one look of the watchdog came to; `is_told` where somebody knows of all of it."""

    troubles: tuple[Trouble, ...]
    is_told: bool


def watch(settings: Settings, now: datetime, max_age: timedelta, busy_seconds: float = 15) -> Seen:
    """Look at `now` (aware), open and close incidents, and send what is due, in this process.

    A publication older than `max_age` is late. A store that does not answer in `busy_seconds` is
    one more trouble, and all of them are told without it.
    """
    troubles = look(settings, now, max_age)
    if not settings.home.path.exists():  # a store that is made on the disk beneath tells nobody
        return Seen(tuple(troubles), tell_directly(settings, troubles, now))
    try:
        late, is_told = _tell_by_the_store(settings, troubles, now, busy_seconds)
    except (StoreError, SQLAlchemyError, OSError) as error:
        why = f"the operations store cannot be used ({type(error).__name__})"
        store = Trouble("store_unusable", why, "`passport doctor` tells what is wrong")
        troubles = [*troubles, store]
        return Seen(tuple(troubles), tell_directly(settings, troubles, now))
    _state_file(settings.home).unlink(missing_ok=True)
    return Seen((*troubles, *late), is_told)


def look(settings: Settings, now: datetime, max_age: timedelta) -> list[Trouble]:
    """Everything that is wrong at `now` (aware), the gravest first."""
    home = settings.home.path
    if not home.exists():
        return [Trouble("home_gone", f"{home} does not exist", "mount it again, or restore it")]
    found = (
        _broken_publication(settings),
        _late_publication(settings, now, max_age),
        _dead_scheduler(settings, now),
        _full_disk(settings),
    )
    return [trouble for trouble in found if trouble is not None]


def _broken_publication(settings: Settings) -> Trouble | None:
    current = generations.current_generation(settings.home)
    if current is None:
        return None  # nothing was published: that is late, not broken
    try:
        open_publication(settings.home, current).close()
    except (OSError, duckdb.Error, NothingPublishedError) as error:
        return Trouble(
            "publication_broken",
            f"{current} cannot be read: {error}",
            "`passport rollback`, or `passport publish`",
        )
    return None


def _late_publication(settings: Settings, now: datetime, max_age: timedelta) -> Trouble | None:
    remedy = "`passport doctor` tells what is wrong"
    age = health.publication_age(settings, now)
    if age is None:
        return Trouble("nothing_published", "nothing is published", remedy)
    if age <= max_age:
        return None
    minutes, most = (round(span.total_seconds() / 60) for span in (age, max_age))
    told = f"published {minutes:,} minutes ago, more than {most:,}"
    return Trouble("nothing_published", told, remedy, minutes, most)


def _dead_scheduler(settings: Settings, now: datetime) -> Trouble | None:
    """Only an installation that Dagster was served in has a scheduler."""
    if not (settings.home.dagster / "dagster.yaml").exists():
        return None
    remedy = "restart `passport serve` (systemctl restart passport-serve)"
    try:
        heard = _last_heartbeat(settings)
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        told = f"Dagster's store does not answer ({type(error).__name__})"
        return Trouble("scheduler_dead", told, remedy)
    if heard is None:
        return Trouble("scheduler_dead", "Dagster's scheduler never said it lives", remedy)
    if abs(now - heard) <= _SCHEDULER_SILENT:
        return None
    minutes, most = (
        round((now - heard).total_seconds() / 60),
        round(_SCHEDULER_SILENT.total_seconds() / 60),
    )
    told = f"Dagster's scheduler was heard of {minutes:,} minutes ago"
    return Trouble("scheduler_dead", told, remedy, minutes, most)


def _last_heartbeat(settings: Settings) -> datetime | None:
    """When Dagster's scheduler last said that it lives, asked in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "orchestration.defs.upkeep", "heartbeat"],
        env=service_environment(settings),
        capture_output=True,
        text=True,
        timeout=_DAGSTER_SECONDS,
        check=True,
    )
    seconds = json.loads(done.stdout)
    return datetime.fromtimestamp(seconds, UTC) if seconds is not None else None


def _full_disk(settings: Settings) -> Trouble | None:
    disk = health.disk(settings)
    if disk.verdict == "ok":
        return None
    gigabytes = health.free_bytes(settings) / 1e9
    return Trouble("disk_filling", disk.told, disk.remedy, gigabytes, health.DISK_FREE_BYTES / 1e9)


def _tell_by_the_store(
    settings: Settings, troubles: Sequence[Trouble], now: datetime, busy_seconds: float
) -> tuple[list[Trouble], bool]:
    """What is found in the store itself, and whether somebody knows of all of it."""
    moment = naive_now(now)
    found = [
        own_finding(
            one.rule, "installation", moment, one.measured, one.expected, {"told": one.told}
        )
        for one in troubles
    ]
    with disposing(delivery.store.open_store(settings, busy_seconds)) as store:
        take_findings(store, found, moment, load_rules(), lambda rule, _: rule in WATCHED)
        late = _late_briefings(settings, store, moment)
        tell_people(store, settings, moment)
        with store.connect() as connection:
            return late, not untold(connection, (*WATCHED, BRIEFING_LATE))


def _late_briefings(settings: Settings, store: Engine, now: datetime) -> list[Trouble]:
    """What somebody waits for, as an incident too. A publication that is broken tells no days off:
    then every day counts."""
    _, is_day_off = published_places(settings)
    remedy = "`passport briefings log` tells why; `passport briefings due` tries again"
    return [
        Trouble(
            one.rule,
            f"{one.parameters['kind']}: {one.parameters['missing']} recipients wait for it",
            remedy,
            one.measured,
            one.expected,
        )
        for one in respond_to_lateness(store, settings.authority_timezone, is_day_off, now)
    ]


def tell_directly(settings: Settings, troubles: Sequence[Trouble], now: datetime) -> bool:
    """Tell the standing recipients of every channel, once for each state of `troubles`.

    For when the store cannot be used; True where somebody knows, from now or from before.
    """
    state = sorted(trouble.rule for trouble in troubles)
    if _told_before(settings.home) == state:
        return True
    told = [
        _is_sent(channel, recipient, troubles)
        for channel in settings.channels.values()
        for recipient in (channel.standing if channel.kind != "webhook" else ("",))
    ]
    if any(told):
        with suppress(OSError):  # a full disk, or none: told again by the next look then
            _state_file(settings.home).write_text(json.dumps({"told": state}), encoding="utf-8")
    return any(told)


def _is_sent(channel: ChannelSettings, recipient: str, troubles: Sequence[Trouble]) -> bool:
    words = watchdog_message(
        [(one.rule, one.told, one.remedy) for one in troubles], channel.language
    )
    message = Message(
        uuid4().hex, recipient, words.title, words.body, words.short, channel.language
    )
    try:
        send(channel, message)
    except (SendError, SettingsError):
        return False
    return True


def _told_before(home: Home) -> list[str] | None:
    try:
        told = json.loads(_state_file(home).read_text(encoding="utf-8"))["told"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return list(told)


def _state_file(home: Home) -> Path:
    return home.path / "watch.json"
