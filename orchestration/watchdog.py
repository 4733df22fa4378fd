"""The watchdog, outside Dagster: does this installation still publish, and if not, who is told.

It trusts nothing that it watches. Where the operations store answers, what is wrong becomes an
incident and its message leaves by the outbox, in this process; where the store is locked, broken
or gone, the channels' standing recipients are told directly, once for each state.
"""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import duckdb

from config import Home, Settings, SettingsError
from orchestration import generations, health
from orchestration.serve import service_environment
from reports.broker import open_publication
from response.channels import Message, SendError, send
from response.wording import system_message

# Dagster's scheduler says every half minute that it lives.
_SCHEDULER_SILENT = timedelta(minutes=5)
_DAGSTER_SECONDS = 120


@dataclass(frozen=True)
class Trouble:
    """Something that is wrong: `rule` is that of the incident it becomes, `told` says it in English
    and `remedy` what to do; `measured` and `expected` are in the rule's unit."""

    rule: str
    told: str
    remedy: str
    measured: float | None = None
    expected: float | None = None


def look(settings: Settings, now: datetime, max_age: timedelta) -> list[Trouble]:
    """Everything that is wrong at `now` (aware), the gravest first."""
    home = settings.home.path
    if not home.exists():
        return [Trouble("watch_home", f"{home} does not exist", "mount it again, or restore it")]
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
    except (OSError, ValueError, duckdb.Error, Exception) as error:
        return Trouble(
            "watch_publication_broken",
            f"{current} cannot be read: {error}",
            "`passport rollback`, or `passport publish`",
        )
    return None


def _late_publication(settings: Settings, now: datetime, max_age: timedelta) -> Trouble | None:
    remedy = "`passport doctor` tells what is wrong"
    age = health.publication_age(settings, now)
    if age is None:
        return Trouble("watch_publication_late", "nothing is published", remedy)
    if age <= max_age:
        return None
    minutes, most = (round(span.total_seconds() / 60) for span in (age, max_age))
    told = f"published {minutes:,} minutes ago, more than {most:,}"
    return Trouble("watch_publication_late", told, remedy, minutes, most)


def _dead_scheduler(settings: Settings, now: datetime) -> Trouble | None:
    """Only an installation that Dagster was served in has a scheduler."""
    if not (settings.home.dagster / "dagster.yaml").exists():
        return None
    remedy = "restart `passport serve` (systemctl restart passport-serve)"
    try:
        heard = _last_heartbeat(settings)
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        told = f"Dagster's store does not answer ({type(error).__name__})"
        return Trouble("watch_scheduler_dead", told, remedy)
    if heard is None:
        return Trouble("watch_scheduler_dead", "Dagster's scheduler never said it lives", remedy)
    if abs(now - heard) <= _SCHEDULER_SILENT:
        return None
    minutes, most = (
        round((now - heard).total_seconds() / 60),
        round(_SCHEDULER_SILENT.total_seconds() / 60),
    )
    told = f"Dagster's scheduler was heard of {minutes:,} minutes ago"
    return Trouble("watch_scheduler_dead", told, remedy, minutes, most)


def _last_heartbeat(settings: Settings) -> datetime | None:
    """When Dagster's scheduler said last that it lives, asked of Dagster in a process of its own."""
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
    return Trouble("watch_disk", disk.told, disk.remedy)


def tell_directly(settings: Settings, troubles: Sequence[Trouble], now: datetime) -> bool:
    """Tell the standing recipients of every channel, once for each state of `troubles`.

    For when the store cannot be used; True where somebody knows, from now or from before.
    """
    state = sorted(trouble.rule for trouble in troubles)
    if _told_before(settings.home) == state:
        return True
    told = [
        _send(channel, recipient, troubles, settings, now)
        for channel in settings.channels.values()
        for recipient in (channel.standing if channel.kind != "webhook" else ("",))
    ]
    if any(told):
        _remember(settings.home, state)
    return any(told)


def forget_told(home: Home) -> None:
    """The store has it now, or all is well: what is told directly begins anew."""
    _state_file(home).unlink(missing_ok=True)
