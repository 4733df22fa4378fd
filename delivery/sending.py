"""What is due becomes a delivery, a delivery a message of the outbox: once for each recipient and
period, and only within the places of who gets it.

Three steps, each a transaction, so that a kill in between loses nothing and sends nothing twice:
`enter_due` writes down what is due, the caller makes what is not in the archive yet, `settle`
puts the message into the outbox or says why it may not leave. The outbox sends.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy import Connection, Engine

from access.audit_log import Action, Entry, append_in
from access.roles import Standing
from config import Settings
from delivery.archive import Archived, Which, find
from delivery.hours import IsDayOff, day_sent, due_at, is_late, mornings
from delivery.rights import Places, RefusedError, require_manager, why_not, why_not_now
from delivery.store import alone
from delivery.subscriptions import (
    Actor,
    Subscription,
    Wanted,
    current,
    is_for,
    refuse_unsendable,
)
from delivery.tables import briefing_deliveries
from delivery.wording import BY_HAND, SCHEDULE, TEST, Sent, message_with
from operations import writing
from reports.kinds import kind_named
from response.channels import Attachment
from response.outbox import Outgoing, put
from response.tables import messages

# What could not be made or sent is tried again after so long.
_REST = timedelta(minutes=10)
_deliveries = briefing_deliveries.c


@dataclass(frozen=True)
class Due:
    """What a subscription has to send: the one of `morning`, since `due_at` (UTC without zone)."""

    subscription: Subscription
    morning: date
    due_at: datetime

    @property
    def which(self) -> Which:
        wanted = self.subscription.wanted
        return Which(wanted.kind, wanted.scope, wanted.language, self.morning)

    @property
    def key(self) -> str:
        """The same for the same recipient, kind, place and period, whatever subscription it is."""
        wanted = self.subscription.wanted
        return f"{wanted.kind} {wanted.scope} {self.morning} {wanted.channel} {wanted.recipient}"


@dataclass(frozen=True)
class Delivery:
    """A briefing on its way to one recipient. Times are UTC without zone."""

    delivery_id: int
    subscription_id: int | None
    occasion: str
    asked_by: str
    person: str
    standing: Standing
    which: Which
    channel: str
    recipient: str
    timezone: str
    due_at: datetime
    entered_at: datetime


def due_of(
    subscription: Subscription, authority_timezone: str, is_day_off: IsDayOff, now: datetime
) -> Iterator[Due]:
    """What a subscription had to send up to `now` (UTC without zone), since it was made and for as
    long as something missed is made up for."""
    wanted = subscription.wanted
    kind = kind_named(wanted.kind)
    for morning in mornings(kind, now.date()):
        place = wanted.standing.place
        day = morning if wanted.on_days_off else day_sent(kind, morning, place, is_day_off)
        if day is not None:
            moment = due_at(day, wanted.hour, wanted.timezone, authority_timezone)
            if subscription.made_at < moment <= now:
                yield Due(subscription, morning, moment)


def not_entered(
    connection: Connection, authority_timezone: str, is_day_off: IsDayOff, now: datetime
) -> list[Due]:
    """What is due and was not written down yet, each recipient and period once. A kind that has to
    be released is due to others when it is."""
    found = [
        due
        for subscription in current(connection)
        for due in due_of(subscription, authority_timezone, is_day_off, now)
    ]
    first = {due.key: due for due in reversed(found)}
    oldest = min((due.morning for due in found), default=date.max)
    lately = sa.select(_deliveries.key).where(_deliveries.morning >= oldest)
    known: set[str] = set(connection.scalars(lately))
    fresh = [first[key] for key in first.keys() - known]
    return sorted(
        (due for due in fresh if _is_open_to(connection, due)),
        key=lambda due: (due.due_at, due.subscription.subscription_id),
    )


def enter_due(store: Engine, authority_timezone: str, is_day_off: IsDayOff, now: datetime) -> int:
    """Writes down what is due at `now`; returns how many there were."""
    with writing(store) as connection:
        alone(connection)
        found = not_entered(connection, authority_timezone, is_day_off, now)
        for due in found:
            wanted = due.subscription.wanted
            _enter(
                connection,
                wanted,
                due.which,
                now,
                key=due.key,
                subscription_id=due.subscription.subscription_id,
                due_at=due.due_at,
                occasion=SCHEDULE,
                asked_by="",
            )
    return len(found)


def ask(
    store: Engine,
    settings: Settings,
    wanted: Wanted,
    morning: date,
    by: Actor,
    known: Places,
    now: datetime,
    *,
    subject: str = "",
    subscription_id: int | None = None,
    is_test: bool = False,
) -> int:
    """Somebody asks that a briefing be sent now, on top of what is sent by itself; the number of
    the delivery. Raises RefusedError where `by` may not ask that for this person, or it cannot be
    sent."""
    refuse_unsendable(settings.channels, wanted)
    if by.who != wanted.person or by.standing != wanted.standing:
        require_manager(by.standing, wanted.standing, wanted.scope, known)
    which = Which(wanted.kind, wanted.scope, wanted.language, morning, subject)
    with writing(store) as connection:
        reason = _why_not(connection, wanted.person, wanted.standing, which, known)
        if reason is not None:
            raise RefusedError(reason)
        number = _enter(
            connection,
            wanted,
            which,
            now,
            key=f"by hand {uuid4().hex}",
            subscription_id=subscription_id,
            due_at=now,
            occasion=TEST if is_test else BY_HAND,
            asked_by=by.who,
        )
        standing = by.standing
        detail = f"to {wanted.recipient} by {wanted.channel}" + ("; a test" if is_test else "")
        subject_ = f"{which.kind} of {which.scope}, {which.morning}"
        append_in(
            connection,
            Entry(by.who, standing.role, standing.place, Action.exported, subject_, detail),
        )
    return number


def waiting(connection: Connection, now: datetime) -> list[Delivery]:
    """What was written down and has neither a message nor a refusal, in order; what failed lately
    rests for a while."""
    query = (
        sa.select(briefing_deliveries)
        .where(
            _deliveries.settled_at.is_(None),
            sa.or_(_deliveries.tried_at.is_(None), _deliveries.tried_at <= now - _REST),
        )
        .order_by(_deliveries.delivery_id)
    )
    return [_delivery(row) for row in connection.execute(query)]


def to_make(connection: Connection, deliveries: Iterable[Delivery], known: Places) -> list[Which]:
    """What the schedule's deliveries may bring and the archive does not hold yet, each once."""
    found = {
        delivery.which: None
        for delivery in deliveries
        if delivery.occasion == SCHEDULE
        and find(connection, delivery.which) is None
        and _why_not(connection, delivery.person, delivery.standing, delivery.which, known) is None
    }
    return list(found)


def settle(
    store: Engine,
    settings: Settings,
    delivery: Delivery,
    made: Callable[[], Archived],
    known: Places,
    now: datetime,
) -> bool:
    """Puts the message of a delivery into the outbox; False where it may not leave, as its row
    says then. `made` gives the briefing, which is made where it is allowed only."""
    with writing(store) as connection:
        if _is_refused(connection, delivery, known, now):
            return False
    briefing = made()
    with writing(store) as connection:
        alone(connection)
        own = _deliveries.delivery_id == delivery.delivery_id
        if connection.scalar(sa.select(_deliveries.settled_at).where(own)) is not None:
            return True
        if _is_refused(connection, delivery, known, now):
            return False
        is_free = not kind_named(delivery.which.kind).released_by
        late = is_free and delivery.occasion == SCHEDULE and is_late(now, delivery.due_at)
        message_id = put(connection, _outgoing(settings, delivery, briefing, late), now)
        connection.execute(
            sa.update(briefing_deliveries)
            .where(own)
            .values(
                message_id=message_id,
                briefing_id=briefing.briefing_id,
                is_late=late,
                settled_at=now,
                error="",
            )
        )
    return True


def note_error(store: Engine, delivery: Delivery, error: str, now: datetime) -> None:
    """Writes down why a delivery could not be settled; the next round tries again."""
    with writing(store) as connection:
        connection.execute(
            sa.update(briefing_deliveries)
            .where(_deliveries.delivery_id == delivery.delivery_id)
            .values(error=error, tried_at=now)
        )


def log_for(connection: Connection, by: Actor, known: Places, limit: int) -> list[dict[str, Any]]:
    """What `log` tells, as far as `by` may know to whom it went."""
    return [
        row
        for row in log(connection, limit)
        if is_for(by, row["person"], Standing(row["role"], row["place"]), row["scope"], known)
    ]


def log(connection: Connection, limit: int) -> list[dict[str, Any]]:
    """The newest deliveries first, each with what became of its message; `state` is `waiting`,
    `refused`, `in the outbox`, `sent` or `given up`."""
    query = (
        sa.select(
            *(column for column in _deliveries if column.name != "key"),
            messages.c.sent_at,
            messages.c.dead_at,
            messages.c.attempts,
            messages.c.last_error,
        )
        .outerjoin(messages, messages.c.message_id == _deliveries.message_id)
        .order_by(_deliveries.delivery_id.desc())
        .limit(limit)
    )
    return [{**row, "state": _state(row)} for row in connection.execute(query).mappings()]


def _state(row: Any) -> str:
    if row["refused"]:
        return "refused"
    if row["message_id"] is None:
        return "waiting"
    if row["sent_at"] is not None:
        return "sent"
    return "in the outbox" if row["dead_at"] is None else "given up"


def _is_open_to(connection: Connection, due: Due) -> bool:
    """Whether a kind that has to be released is so, or is for one who releases it."""
    releasing = kind_named(due.which.kind).released_by
    if not releasing or due.subscription.wanted.standing.role in releasing:
        return True
    made = find(connection, due.which)
    return made is not None and made.is_released


def _why_not(
    connection: Connection, person: str, standing: Standing, which: Which, known: Places
) -> str | None:
    made = find(connection, which)
    is_released = made is not None and made.is_released
    return why_not(standing, which.kind, which.scope, is_released, known) or why_not_now(
        connection, person, standing
    )


def _is_refused(connection: Connection, delivery: Delivery, known: Places, now: datetime) -> bool:
    """Settles a delivery that may not leave."""
    reason = _why_not(connection, delivery.person, delivery.standing, delivery.which, known)
    if reason is None and delivery.occasion == SCHEDULE:
        subscribed = {one.subscription_id for one in current(connection)}
        if delivery.subscription_id not in subscribed:
            reason = "the subscription ended"
    if reason is not None:
        own = _deliveries.delivery_id == delivery.delivery_id
        connection.execute(
            sa.update(briefing_deliveries)
            .where(own, _deliveries.settled_at.is_(None))
            .values(settled_at=now, refused=reason, error="")
        )
    return reason is not None


def _outgoing(settings: Settings, delivery: Delivery, briefing: Archived, late: bool) -> Outgoing:
    channel = settings.channels.get(delivery.channel)
    sent = Sent(
        briefing,
        delivery.occasion,
        delivery.due_at if late else None,
        delivery.timezone,
        delivery.standing,
        settings.simulated,
    )
    language = delivery.which.language
    has_file = channel is None or channel.kind != "sms"
    words = message_with(sent, language, has_file, settings.public_url)
    file = settings.home.briefings / briefing.file
    return Outgoing(
        delivery.channel,
        delivery.person,
        delivery.recipient,
        "en" if language == "both" else language,
        words,
        is_alarm=False,
        attachments=(Attachment(str(file), file.name, briefing.sha256),),
    )


def _enter(
    connection: Connection, wanted: Wanted, which: Which, now: datetime, **about: Any
) -> int:
    key = connection.execute(
        sa.insert(briefing_deliveries).values(
            person=wanted.person,
            role=wanted.standing.role,
            place=wanted.standing.place,
            kind=which.kind,
            subject=which.subject,
            scope=which.scope,
            language=which.language,
            morning=which.morning,
            channel=wanted.channel,
            recipient=wanted.recipient,
            timezone=wanted.timezone,
            entered_at=now,
            is_late=False,
            refused="",
            error="",
            **about,
        )
    ).inserted_primary_key
    assert key is not None
    return int(key[0])


def _delivery(row: Any) -> Delivery:
    return Delivery(
        row.delivery_id,
        row.subscription_id,
        row.occasion,
        row.asked_by,
        row.person,
        Standing(row.role, row.place),
        Which(row.kind, row.scope, row.language, row.morning, row.subject),
        row.channel,
        row.recipient,
        row.timezone,
        row.due_at,
        row.entered_at,
    )
