"""Who is told of what, and when: from notices to messages.

`address` settles the recipients of each new notice: the role it is for, as far as it is on duty
for that place, and the head of the place. `compose` makes messages of what is due: what waits for
one recipient becomes one message, so that many incidents are few messages.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy import Connection

from config import ChannelSettings, QuietHours, Settings
from response.history import SEVERITIES, Event, Incident
from response.incidents import event_by_id, event_of, incident
from response.outbox import Outgoing, put
from response.permissions import covers
from response.roster import Duty, on_duty
from response.rules import Rule, load_rules
from response.tables import deliveries, incident_events, incidents, messages, notices
from response.wording import Told, message_about

# Who is told where the rule of an incident is deleted.
ROOM = "monitoring"
# The head of an office or a mission hears of what happens there, whoever owns the rule.
HEADS = ("office_head", "mission_head")
# A channel is not told by itself that it is down.
CHANNEL_DOWN = "channel_down"
ALARMS = ("opened", "worsened", "escalated", "reopened")
# One message in ten minutes is what a person can act on; what is critical does not wait for it.
_PAUSE_BETWEEN = timedelta(minutes=10)
_LONGEST_BATCH = timedelta(days=1)


@dataclass(frozen=True)
class Recipient:
    """One person, or a standing address, by one channel; `is_awake` where they are on a shift."""

    channel: str
    person: str
    address: str
    language: str
    timezone: str
    is_awake: bool


def address(connection: Connection, settings: Settings, now: datetime) -> int:
    """Settle who hears of each new notice; returns how many there were. Within `writing`."""
    query = (
        sa.select(notices.c.notice_id, incident_events)
        .join(incident_events, incident_events.c.event_id == notices.c.event_id)
        .where(notices.c.addressed_at.is_(None))
        .order_by(notices.c.notice_id)
        .with_for_update(of=notices, skip_locked=True)
    )
    new = list(connection.execute(query))
    duty = on_duty(connection, now) if new else []
    for row in new:
        _address(connection, settings, row.notice_id, event_of(row), duty)
    if new:
        connection.execute(
            sa.update(notices)
            .where(notices.c.notice_id.in_([row.notice_id for row in new]))
            .values(addressed_at=now)
        )
    return len(new)


def _address(
    connection: Connection, settings: Settings, notice_id: int, event: Event, duty: Sequence[Duty]
) -> None:
    about = incident(connection, event.incident_id)
    if about.parent_incident_id is not None:
        return  # its parent is told
    rule = load_rules().get(about.rule)
    if event.kind == "resolved":
        found = list(_told_before(connection, about.incident_id))
    else:
        found = recipients(event, about, rule, duty, settings)
    may_wait = rule is not None and rule.waits_for_morning and about.severity != "critical"
    batch = timedelta(minutes=rule.batch_minutes if rule else 0)
    values = [
        {
            "notice_id": notice_id,
            "incident_id": about.incident_id,
            "channel": one.channel,
            "person": one.person,
            "recipient": one.address,
            "language": one.language,
            "timezone": one.timezone,
            "due_at": event.at + (batch if event.kind == "opened" else timedelta()),
            "waits_for_morning": may_wait and not one.is_awake,
            "is_dropped": False,
        }
        for one in found
        if one.person != event.actor or not one.person
    ]
    if values:
        connection.execute(sa.insert(deliveries), values)


def recipients(
    event: Event,
    about: Incident,
    rule: Rule | None,
    duty: Sequence[Duty],
    settings: Settings,
) -> list[Recipient]:
    """Who hears of an event: whom it is for; where nobody of them can be reached, the next on the
    rule's path who can; where nobody at all, the standing addresses of the channels. A webhook is
    told of everything. No address twice."""
    channels = {
        name: channel
        for name, channel in settings.channels.items()
        if (channel.severities is None or about.severity in channel.severities)
        and (about.rule, about.thing) != (CHANNEL_DOWN, name)
    }
    near = [one for one in duty if responsible_for(one.place_scope, about)]
    for role in _roles(event, rule):
        found = _reached(_called(role, about, near), channels)
        if found:
            break
    else:
        found = _standing(channels, settings.authority_timezone)
    heads = [
        one
        for one in near
        if event.kind in ("opened", "worsened", "reopened")
        and one.role in HEADS
        and one.place_scope == about.place_scope
    ]
    rooms = [
        Recipient(name, "", "", channel.language, settings.authority_timezone, True)
        for name, channel in channels.items()
        if channel.kind == "webhook"
    ]
    return list(dict.fromkeys([*found, *_reached(heads, channels), *rooms]))


def responsible_for(place_scope: str, about: Incident) -> bool:
    """Whether an incident lies in a `place_scope`."""
    return covers(place_scope, about.place_scope, about.zone, about.is_mission)


def _roles(event: Event, rule: Rule | None) -> Sequence[str]:
    """The roles to try, in order."""
    path = (rule.owner_role, *rule.escalation_path) if rule else (ROOM,)
    match event.kind:
        case "assigned":
            return (event.details["to"], *path)
        case "noted":
            return (event.details["reply_from"], *path)
        case "escalated":
            return path[event.details["level"] :] or (event.details["to"],)
        case _:
            return path


def _called(role: str, about: Incident, near: Iterable[Duty]) -> list[Duty]:
    """Those of a role, or the very person that it names; a mission's head is its office head."""
    wanted = {role, "mission_head"} if role == "office_head" and about.is_mission else {role}
    return [one for one in near if one.role in wanted or one.person.person == role]


def _reached(called: Iterable[Duty], channels: Mapping[str, ChannelSettings]) -> list[Recipient]:
    return [
        Recipient(
            name, one.person.person, to, one.person.language, one.person.timezone, one.is_shift
        )
        for one in called
        for name, channel in channels.items()
        if (to := {"email": one.person.email, "sms": one.person.phone}.get(channel.kind))
    ]


def _standing(channels: Mapping[str, ChannelSettings], timezone: str) -> list[Recipient]:
    return [
        Recipient(name, "", to, channel.language, timezone, True)
        for name, channel in channels.items()
        for to in channel.standing
        if channel.kind != "webhook"
    ]


def _told_before(connection: Connection, incident_id: int) -> Iterator[Recipient]:
    """Who had a message about an incident; what still waits for others has become idle."""
    connection.execute(
        sa.update(deliveries)
        .where(deliveries.c.incident_id == incident_id, deliveries.c.message_id.is_(None))
        .values(is_dropped=True)
    )
    one = deliveries.c
    query = (
        sa.select(one.channel, one.person, one.recipient, one.language, one.timezone)
        .where(one.incident_id == incident_id, one.message_id.is_not(None))
        .distinct()
        .order_by(one.channel, one.recipient)
    )
    for row in connection.execute(query):
        yield Recipient(row.channel, row.person, row.recipient, row.language, row.timezone, False)


def compose(connection: Connection, settings: Settings, now: datetime) -> list[int]:
    """Make messages of what is due at `now`; returns their ids. Within `writing`."""
    query = (
        sa.select(deliveries, incident_events.c.event_id)
        .join(notices, notices.c.notice_id == deliveries.c.notice_id)
        .join(incident_events, incident_events.c.event_id == notices.c.event_id)
        .where(deliveries.c.message_id.is_(None), deliveries.c.is_dropped.is_(False))
        .order_by(
            deliveries.c.channel,
            deliveries.c.recipient,
            deliveries.c.person,
            deliveries.c.language,
            deliveries.c.delivery_id,
        )
        .with_for_update(of=deliveries, skip_locked=True)
    )
    waiting = groupby(
        connection.execute(query),
        lambda row: (row.channel, row.recipient, row.person, row.language),
    )
    made = [_compose(connection, settings, now, list(rows)) for _, rows in waiting]
    return [message_id for message_id in made if message_id is not None]


def _compose(
    connection: Connection, settings: Settings, now: datetime, rows: Sequence[Any]
) -> int | None:
    """One recipient's message, where one is due."""
    awake = [
        row
        for row in rows
        if not (row.waits_for_morning and is_quiet(now, row.timezone, settings.quiet_hours))
    ]
    # one that is due later than any batch can last was put off before the clock went back
    if not any(row.due_at <= now or row.due_at > now + _LONGEST_BATCH for row in awake):
        return None
    newest = {row.incident_id: row.event_id for row in awake}
    told = [
        (about, event_by_id(connection, event_id))
        for incident_id, event_id in newest.items()
        if (about := incident(connection, incident_id)).parent_incident_id is None
    ]
    if not told:  # since then all of them were put behind another incident, which is told
        _mark(connection, awake, is_dropped=True)
        return None
    to = awake[0]
    is_urgent = any(about.severity == "critical" for about, _ in told)
    if not is_urgent and _told_lately(connection, to, now):
        return None
    told.sort(key=lambda one: (one[1].kind == "resolved", -SEVERITIES.index(one[0].severity)))
    words = message_about(
        [tell(connection, about, event) for about, event in told],
        to.language,
        to.timezone,
        now,
        settings.public_url,
    )
    is_alarm = any(event.kind in ALARMS for _, event in told)
    outgoing = Outgoing(to.channel, to.person, to.recipient, to.language, words, is_alarm)
    message_id = put(connection, outgoing, now)
    _mark(connection, awake, message_id=message_id)
    return message_id


def is_quiet(now: datetime, timezone: str, quiet: QuietHours) -> bool:
    """Whether `now` (UTC without zone) lies in the quiet hours of somebody in `timezone`."""
    clock = now.replace(tzinfo=UTC).astimezone(ZoneInfo(timezone)).time()
    if quiet.begin <= quiet.end:
        return quiet.begin <= clock < quiet.end
    return clock >= quiet.begin or clock < quiet.end


def tell(connection: Connection, about: Incident, event: Event) -> Told:
    """An incident as a message tells it, at one of its events."""
    behind = connection.scalar(
        sa.select(sa.func.count()).where(incidents.c.parent_incident_id == about.incident_id)
    )
    return told_of(about, event, behind or 0)


def told_of(about: Incident, event: Event, behind: int) -> Told:
    """An incident that accounts for `behind` others, as it is told at one of its events."""
    rule = load_rules().get(about.rule)
    return Told(
        incident_id=about.incident_id,
        kind=event.kind,
        severity=about.severity,
        rule=about.rule,
        title=rule.title if rule else about.rule,
        reason=rule.reason if rule else "",
        action=rule.action if rule else "",
        unit=rule.unit if rule else "",
        thing=about.thing,
        place_scope=about.place_scope,
        parameters=about.parameters,
        measured=about.measured,
        expected=about.expected,
        since_at=about.since_at,
        behind=behind,
        by=event.actor,
        text=event.text,
    )


def untold(connection: Connection, rules: Collection[str]) -> list[int]:
    """The open incidents of these rules of which nobody has heard, nor will by what waits untried:
    nobody is there to tell, or no channel took it."""
    one = deliveries.c
    heard = (
        sa.select(one.incident_id)
        .outerjoin(messages, messages.c.message_id == one.message_id)
        .where(
            one.is_dropped.is_(False),
            sa.or_(
                one.message_id.is_(None),
                messages.c.sent_at.is_not(None),
                messages.c.attempts == 0,
            ),
        )
    )
    query = sa.select(incidents.c.incident_id).where(
        incidents.c.rule.in_(rules),
        incidents.c.state != "resolved",
        incidents.c.incident_id.not_in(heard),
    )
    return list(connection.execute(query.order_by(incidents.c.incident_id)).scalars())


def _told_lately(connection: Connection, to: Any, now: datetime) -> bool:
    """Whether this recipient had a message by this channel in the last minutes; one of a time to
    come was made before the clock went back, and keeps nobody waiting."""
    newest = connection.scalar(
        sa.select(sa.func.max(messages.c.made_at)).where(
            messages.c.channel == to.channel,
            messages.c.recipient == to.recipient,
            messages.c.made_at <= now,
        )
    )
    return newest is not None and now - newest < _PAUSE_BETWEEN


def _mark(connection: Connection, rows: Sequence[Any], **values: Any) -> None:
    chosen = deliveries.c.delivery_id.in_([row.delivery_id for row in rows])
    connection.execute(sa.update(deliveries).where(chosen).values(**values))
