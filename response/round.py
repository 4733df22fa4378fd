"""One round of telling people: what nobody acts on goes up, shifts hand over, what is due leaves.

A round may be begun at any time, by several processes at once, and ended at any moment: each step
is a transaction, and what it leaves undone the next round does.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy import Connection, Engine

from config import Settings
from operations import writing
from response.addressing import CHANNEL_DOWN, address, compose
from response.desk import take_findings
from response.escalation import escalate
from response.handover import hand_over
from response.lifecycle import Finding
from response.load import MOST_PER_HOUR, load
from response.outbox import Round, is_due, send_due
from response.rules import load_rules
from response.tables import messages

ALARM_LOAD = "alarm_load"
# A channel is down when a message was tried so often in vain and none has left meanwhile.
_ATTEMPTS_OF_A_DEAD_CHANNEL = 3


@dataclass(frozen=True)
class Told:
    """What a round came to."""

    escalated: int
    addressed: int
    made: int
    rounds: tuple[Round, ...]

    @property
    def sent(self) -> int:
        return sum(len(one.sent) for one in self.rounds)

    @property
    def failed(self) -> int:
        return sum(len(one.failed) for one in self.rounds)


def tell_people(store: Engine, settings: Settings, now: datetime) -> Told:
    """A whole round at `now`, UTC without zone. A channel's failure is told in what it returns."""
    with writing(store) as connection:
        escalated, addressed, made = _prepare(connection, settings, now)
    rounds = send_due(store, settings.channels, now)
    with store.connect() as connection:
        found = [*_burdened(connection, now), *_dead_channels(connection, settings.channels, now)]
    take_findings(
        store, found, now, load_rules(), lambda rule, _: rule in (ALARM_LOAD, CHANNEL_DOWN)
    )
    return Told(escalated, addressed, made, tuple(rounds))


def is_needed(store: Engine, settings: Settings, now: datetime) -> bool:
    """Whether a round at `now` would do anything, found by doing it and taking it back."""
    with store.connect().execution_options(writes=True) as connection, connection.begin() as try_:
        would_do = any(_prepare(connection, settings, now)) or is_due(
            connection, settings.channels, now
        )
        try_.rollback()
    return would_do


def _prepare(connection: Connection, settings: Settings, now: datetime) -> tuple[int, int, int]:
    """Everything of a round but the sending: how many went up, were addressed, became messages."""
    escalated = escalate(connection, now)
    handed_over = hand_over(connection, settings, now)
    addressed = address(connection, settings, now)
    made = compose(connection, settings, now)
    return escalated, addressed, len(handed_over) + len(made)


def _burdened(connection: Connection, now: datetime) -> list[Finding]:
    """Too many alarms for one person in an hour: something is wrong with the rules."""
    return [
        own_finding(
            ALARM_LOAD,
            one.person,
            now,
            float(one.worst_hour_alarms),
            float(MOST_PER_HOUR),
            {"person": one.person},
        )
        for one in load(connection, now - timedelta(hours=1), now)
        if one.is_too_much
    ]


def _dead_channels(
    connection: Connection, channels: Collection[str], now: datetime
) -> list[Finding]:
    """A channel through which nothing goes is an incident, told by the others."""
    return [
        own_finding(CHANNEL_DOWN, name, now, float(count), 0.0, {"channel": name})
        for name in channels
        if (count := _stuck(connection, name))
    ]


def own_finding(
    rule: str,
    thing: str,
    now: datetime,
    measured: float | None,
    expected: float | None,
    parameters: Mapping[str, str],
) -> Finding:
    """Something that is wrong with the installation itself, found without a run."""
    return Finding(
        rule=rule,
        thing=thing,
        state="found",
        place_scope="country",
        severity=load_rules()[rule].severity,
        measured=measured,
        expected=expected,
        since_at=now,
        parameters=parameters,
    )


def _stuck(connection: Connection, channel: str) -> int:
    """How many messages were tried several times while none left by the channel."""
    own = messages.c.channel == channel
    last_sent = sa.select(sa.func.max(messages.c.sent_at)).where(own).scalar_subquery()
    query = sa.select(sa.func.count()).where(
        own,
        messages.c.sent_at.is_(None),
        messages.c.attempts >= _ATTEMPTS_OF_A_DEAD_CHANNEL,
        messages.c.made_at > sa.func.coalesce(last_sent, datetime.min),
    )
    return connection.scalar(query) or 0
