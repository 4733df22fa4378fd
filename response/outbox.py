"""The outbox: messages that are written to the store first and sent from there, at least once.

Whatever fails or is killed between the two leaves the message in its row, and the next round sends
it again, with the same words and the same key. An attempt is counted before it is made; how often
and how late the next one comes lies in the row too.
"""

import threading
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy import Connection, Engine

from config import ChannelSettings, SettingsError
from operations import writing
from response.channels import Attachment, Message, SendError, send
from response.history import Event
from response.incidents import append
from response.tables import deliveries, incidents, messages
from response.wording import Words

# Attempts after which a message is dead: with the pauses below, after about five hours.
LAST_ATTEMPT = 12
# A channel that fails so often in a row is left alone until the next round.
_FAILURES_OF_A_ROUND = 2
_FIRST_PAUSE = timedelta(seconds=30)
_LONGEST_PAUSE = timedelta(hours=1)


@dataclass(frozen=True)
class Outgoing:
    """A message to be written to the outbox: `person` is whose load it counts to, if anybody's.
    Attached files stay where they lie and as they are until it has left."""

    channel: str
    person: str
    recipient: str
    language: str
    words: Words
    is_alarm: bool
    attachments: tuple[Attachment, ...] = ()


@dataclass
class Round:
    """What one round did on one channel: message ids sent, tried in vain, and given up."""

    channel: str
    sent: list[int] = field(default_factory=list)
    failed: list[int] = field(default_factory=list)
    dead: list[int] = field(default_factory=list)
    error: str = ""


def put(connection: Connection, outgoing: Outgoing, now: datetime) -> int:
    """Write a message, due at once; returns its id. `connection` is within `writing`."""
    files = [asdict(attached) for attached in outgoing.attachments]
    values = {
        **vars(outgoing),
        **vars(outgoing.words),
        "attachments": files,
        "key": uuid4().hex,
    }
    del values["words"]
    key = connection.execute(
        sa.insert(messages).values(
            **values, made_at=now, next_attempt_at=now, attempts=0, last_error=""
        )
    ).inserted_primary_key
    assert key is not None
    return int(key[0])


def send_due(store: Engine, channels: Mapping[str, ChannelSettings], now: datetime) -> list[Round]:
    """Send what is due at `now` (UTC without zone), all channels at once; what became of it.

    A channel that hangs holds up no other: it is waited for a few of its timeouts, then left. A
    message whose channel is no longer in the settings waits until it is there again.
    """
    rounds = [Round(name) for name in channels]
    threads = [
        threading.Thread(
            target=_drain, args=(store, channels[round_.channel], round_, now), daemon=True
        )
        for round_ in rounds
    ]
    for thread in threads:
        thread.start()
    for thread, channel in zip(threads, channels.values(), strict=True):
        thread.join(_patience(channel))
    return rounds


def unsent(connection: Connection) -> list[dict[str, Any]]:
    """What has not left: the waiting and the dead, oldest first, without their words."""
    one = messages.c
    query = (
        sa.select(
            one.message_id,
            one.channel,
            one.person,
            one.title,
            one.made_at,
            one.attempts,
            one.next_attempt_at,
            one.dead_at,
            one.last_error,
        )
        .where(one.sent_at.is_(None))
        .order_by(one.message_id)
    )
    return [dict(row) for row in connection.execute(query).mappings()]


def retry(store: Engine, message_id: int, now: datetime) -> bool:
    """Let a dead or waiting message be sent in the next round; False where there is none."""
    with writing(store) as connection:
        changed = connection.execute(
            sa.update(messages)
            .where(messages.c.message_id == message_id, messages.c.sent_at.is_(None))
            .values(attempts=0, next_attempt_at=now, dead_at=None)
        )
        return changed.rowcount > 0


def is_due(connection: Connection, channels: Collection[str], now: datetime) -> bool:
    """Whether a message waits to be sent at `now` by one of `channels`."""
    query = sa.select(messages.c.message_id).where(messages.c.channel.in_(channels), _due(now))
    return connection.execute(query.limit(1)).one_or_none() is not None


def pause_after(attempts: int) -> timedelta:
    """How long a message rests after so many attempts: doubling, an hour at most."""
    doublings: int = 2 ** min(attempts - 1, 20)
    return min(_FIRST_PAUSE * doublings, _LONGEST_PAUSE)


def _drain(store: Engine, channel: ChannelSettings, round_: Round, now: datetime) -> None:
    failures = 0
    tried: set[int] = set()
    try:
        while failures < _FAILURES_OF_A_ROUND:
            claimed = _claim(store, round_, now)
            if claimed is None or claimed[0] in tried:
                return
            message_id, message = claimed
            tried.add(message_id)
            try:
                send(channel, message)
            except (SendError, SettingsError) as error:
                failures += 1
                round_.failed.append(message_id)
                round_.error = str(error)
                _note_failure(store, message_id, str(error))
            else:
                failures = 0
                _note_sent(store, message_id, now)
                round_.sent.append(message_id)
    except sa.exc.SQLAlchemyError as error:  # the store is away: all of it waits there
        round_.error = f"the operations store: {type(error).__name__}"


def _claim(store: Engine, round_: Round, now: datetime) -> tuple[int, Message] | None:
    """The next message that is due, its attempt counted; those without one left are given up."""
    query = (
        sa.select(messages)
        .where(messages.c.channel == round_.channel, _due(now))
        .order_by(messages.c.next_attempt_at, messages.c.message_id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    with writing(store) as connection:
        while (row := connection.execute(query).one_or_none()) is not None:
            this = sa.update(messages).where(messages.c.message_id == row.message_id)
            if row.attempts >= LAST_ATTEMPT:
                connection.execute(this.values(dead_at=now))
                round_.dead.append(row.message_id)
                continue
            attempts = row.attempts + 1
            connection.execute(
                this.values(attempts=attempts, next_attempt_at=now + pause_after(attempts))
            )
            return row.message_id, Message(
                row.key,
                row.recipient,
                row.title,
                row.body,
                row.short,
                row.language,
                tuple(Attachment(**attached) for attached in row.attachments),
            )
    return None


def _due(now: datetime) -> sa.ColumnElement[bool]:
    """What is to be sent at `now`. What is due later than any pause can last was put off before
    the clock went back."""
    return sa.and_(
        messages.c.sent_at.is_(None),
        messages.c.dead_at.is_(None),
        sa.or_(
            messages.c.next_attempt_at <= now, messages.c.next_attempt_at > now + _LONGEST_PAUSE
        ),
    )


def _note_failure(store: Engine, message_id: int, error: str) -> None:
    with writing(store) as connection:
        connection.execute(
            sa.update(messages).where(messages.c.message_id == message_id).values(last_error=error)
        )


def _note_sent(store: Engine, message_id: int, now: datetime) -> None:
    """Write that a message left, and in the history of its incidents that somebody was told."""
    with writing(store) as connection:
        row = connection.execute(
            sa.update(messages)
            .where(messages.c.message_id == message_id)
            .values(sent_at=now, last_error="")
            .returning(messages.c.channel, messages.c.person)
        ).one()
        untold = (
            sa.select(deliveries.c.incident_id)
            .join(incidents, incidents.c.incident_id == deliveries.c.incident_id)
            .where(deliveries.c.message_id == message_id, incidents.c.notified_at.is_(None))
            .distinct()
            .order_by(deliveries.c.incident_id)
        )
        numbers: list[int] = list(connection.execute(untold).scalars())
        about = {"channel": row.channel, "to": row.person}
        append(connection, [Event(number, "notified", now, details=about) for number in numbers])


def _patience(channel: ChannelSettings) -> float:
    """Seconds a channel is waited for: each step of a talk may last its timeout, a talk has few."""
    return _FAILURES_OF_A_ROUND * 3 * channel.timeout_seconds + 5
