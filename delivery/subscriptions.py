"""Who gets which briefing: subscriptions are made, end, and are never changed."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy import Connection, Engine

from access.audit_log import Action, Entry, append_in
from access.roles import Standing
from config import ChannelSettings, Settings
from delivery.rights import Places, RefusedError, require_manager, why_not
from delivery.tables import subscriptions
from language import say
from operations import writing
from reports.kinds import kind_named

LANGUAGES = ("en", "ur", "both")

_ADDRESSES = {
    "email": re.compile(r"[^@\s,;<>]+@[^@\s,;<>]+"),
    "sms": re.compile(r"\+?[0-9]{4,15}"),
    "webhook": re.compile(r""),
}
_NAME = re.compile(r"[^\x00-\x1f\x7f]{1,100}")


@dataclass(frozen=True)
class Wanted:
    """What somebody is to get, to which address, and at which hour of their clock; on days off
    too, or not. The standing is that by which they may see it."""

    person: str
    standing: Standing
    kind: str
    scope: str
    language: str
    channel: str
    recipient: str
    hour: time
    timezone: str
    on_days_off: bool


@dataclass(frozen=True)
class Subscription:
    """What is wanted, since when (UTC without zone) and until when, if it ended."""

    subscription_id: int
    wanted: Wanted
    made_at: datetime
    made_by: str
    ended_at: datetime | None


@dataclass(frozen=True)
class Actor:
    """Who does something, in which standing."""

    who: str
    standing: Standing


def subscribe(
    store: Engine, settings: Settings, wanted: Wanted, by: Actor, known: Places, now: datetime
) -> int:
    """Begins a subscription at `now` (UTC without zone); its number. Raises RefusedError where it
    is not for this person, not for `by` to make, exists already, or cannot be sent."""
    kind = kind_named(wanted.kind)
    if kind.covers == "incident":
        raise RefusedError(say("An incident report is made when somebody asks for it."))
    refuse_unsendable(settings.channels, wanted)
    if by.who != wanted.person or by.standing != wanted.standing:
        require_manager(by.standing, wanted.standing, wanted.scope, known)
    # what is released later may be waited for
    reason = why_not(wanted.standing, wanted.kind, wanted.scope, True, known)
    if reason is not None:
        raise RefusedError(reason)
    with writing(store) as connection:
        if any(_same(one.wanted, wanted) for one in current(connection)):
            raise RefusedError(
                say("{recipient} gets this briefing already.", recipient=wanted.recipient)
            )
        values = {**vars(wanted), "role": wanted.standing.role, "place": wanted.standing.place}
        del values["standing"]
        key = connection.execute(
            sa.insert(subscriptions).values(**values, made_at=now, made_by=by.who, ended_by="")
        ).inserted_primary_key
        assert key is not None
        number = int(key[0])
        _note(connection, by, number, f"begun: {in_words(wanted)}")
    return number


def end(store: Engine, number: int, by: Actor, known: Places, now: datetime) -> None:
    """Ends a subscription: nothing more is sent by it. Raises RefusedError where there is none, or
    it is not for `by` to end."""
    with writing(store) as connection:
        found = next((one for one in current(connection) if one.subscription_id == number), None)
        if found is None:
            raise RefusedError(say("There is no subscription {number}.", number=number))
        wanted = found.wanted
        if by.who != wanted.person:  # the own may be ended in any standing
            require_manager(by.standing, wanted.standing, wanted.scope, known)
        connection.execute(
            sa.update(subscriptions)
            .where(subscriptions.c.subscription_id == number)
            .values(ended_at=now, ended_by=by.who)
        )
        _note(connection, by, number, f"ended: {in_words(wanted)}")


def current(connection: Connection) -> list[Subscription]:
    """The subscriptions that have not ended, in the order in which they were made."""
    return _read(connection, subscriptions.c.ended_at.is_(None))


def ever(connection: Connection) -> list[Subscription]:
    """All subscriptions that there were."""
    return _read(connection, sa.true())


def of_scope(found: Iterable[Subscription], by: Actor, known: Places) -> list[Subscription]:
    """Those that `by` may look at: the own, and for who manages those of the own places."""
    return [
        one
        for one in found
        if is_for(by, one.wanted.person, one.wanted.standing, one.wanted.scope, known)
    ]


def is_for(by: Actor, person: str, standing: Standing, scope: str, known: Places) -> bool:
    """Whether `by` may know what goes to a person about a place: it is the own, or they manage
    it."""
    if by.who == person and by.standing == standing:
        return True
    try:
        require_manager(by.standing, standing, scope, known)
    except RefusedError:
        return False
    return True


def in_words(wanted: Wanted) -> str:
    """Such as `daily of all in en to x@y by mail, for a.khan (management at all)`."""
    standing = wanted.standing
    return (
        f"{wanted.kind} of {wanted.scope} in {wanted.language} to {wanted.recipient} by "
        f"{wanted.channel}, for {wanted.person} ({standing.role} at {standing.place})"
    )


def _same(one: Wanted, other: Wanted) -> bool:
    names = ("kind", "scope", "channel", "recipient")
    return all(getattr(one, name) == getattr(other, name) for name in names)


def refuse_unsendable(channels: Mapping[str, ChannelSettings], wanted: Wanted) -> None:
    """Raises RefusedError where nothing could leave for what is wanted: no such channel, no
    address of it, no such language or time zone."""
    channel = channels.get(wanted.channel)
    if channel is None:
        named = ", ".join(channels) or "none"
        raise RefusedError(
            say("No channel is called {name}; there is: {named}", name=wanted.channel, named=named)
        )
    if not _ADDRESSES[channel.kind].fullmatch(wanted.recipient):
        raise RefusedError(
            say(
                "{recipient} is no address of the channel {name}.",
                recipient=repr(wanted.recipient),
                name=wanted.channel,
            )
        )
    if not _NAME.fullmatch(wanted.person):
        raise RefusedError(say("Say whose subscription it is."))
    if wanted.language not in LANGUAGES:
        raise RefusedError(say("The language is en, ur or both."))
    try:
        ZoneInfo(wanted.timezone)
    except (ValueError, KeyError, OSError) as error:
        raise RefusedError(say("No time zone is called {name}.", name=wanted.timezone)) from error


def _note(connection: Connection, by: Actor, number: int, detail: str) -> None:
    standing = by.standing
    append_in(
        connection,
        Entry(
            by.who,
            standing.role,
            standing.place,
            Action.changed,
            f"subscription {number}",
            detail,
        ),
    )


def _read(connection: Connection, condition: sa.ColumnElement[bool]) -> list[Subscription]:
    query = sa.select(subscriptions).where(condition).order_by(subscriptions.c.subscription_id)
    return [_subscription(row) for row in connection.execute(query)]


def _subscription(row: Any) -> Subscription:
    wanted = Wanted(
        person=row.person,
        standing=Standing(row.role, row.place),
        kind=row.kind,
        scope=row.scope,
        language=row.language,
        channel=row.channel,
        recipient=row.recipient,
        hour=row.hour,
        timezone=row.timezone,
        on_days_off=row.on_days_off,
    )
    return Subscription(row.subscription_id, wanted, row.made_at, row.made_by, row.ended_at)
