"""People who get briefings, for the tests of deliveries."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

import sqlalchemy as sa

from access.roles import Standing
from config import Role, Settings
from delivery.subscriptions import Actor, Wanted, subscribe
from orchestration.briefings import published_places

# The publication's morning, a Friday: 07:00 in Karachi, the usual hour.
SEVEN = datetime(2026, 11, 20, 2, 0)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
CHIEF = Actor("chief", Standing(Role.management, "all"))

WANTED = Wanted(
    person="a.khan",
    standing=CHIEF.standing,
    kind="daily",
    scope="all",
    language="en",
    channel="mail",
    recipient="khan@example.org",
    hour=time(7),
    timezone="Asia/Karachi",
    on_days_off=True,
)
HEAD = replace(
    WANTED,
    person="head.kar",
    standing=Standing(Role.office_head, "office:KAR-1"),
    scope="office:KAR-1",
    recipient="kar@example.org",
)


@dataclass
class Scopes:
    """The scopes whose briefing cannot be made."""

    broken: set[str] = field(default_factory=set)


SCOPES = Scopes()


def aware(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC)


def begin(
    store: sa.Engine,
    settings: Settings,
    wanted: Wanted = WANTED,
    at: datetime = SEVEN - HOUR,
    by: Actor = CHIEF,
    **changed: Any,
) -> int:
    """A subscription that begins at `at`."""
    known, _ = published_places(settings)
    return subscribe(store, settings, replace(wanted, **changed), by, known, at)
