"""The hand-over at a shift's end: what is open, what came and went, and what people wrote down."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from operator import attrgetter

import sqlalchemy as sa
from sqlalchemy import Connection, Engine

from config import Settings
from language import say
from operations import writing
from response.addressing import responsible_for, tell
from response.desk import Log, RefusedError, refuse_text, unlogged
from response.history import SEVERITIES, Incident
from response.incidents import event_by_id, incidents_since
from response.outbox import Outgoing, put
from response.roster import Duty, duties_between, on_duty
from response.rules import load_rules
from response.tables import handover_notes, handovers
from response.wording import HandedOver, handover_message

# These see every incident of their places; any other role those it owns or is called to.
_SEE_ALL = ("monitoring", "management", "office_head", "mission_head", "zone_head")
# A shift whose end nobody took over is told to who comes next within half a day.
_STILL_NEWS = timedelta(hours=12)


@dataclass(frozen=True)
class Shift:
    """One role's shift at its places, whoever works it. Times are UTC without zone."""

    role: str
    place_scope: str
    starts_at: datetime
    ends_at: datetime


def leave_note(
    store: Engine,
    role: str,
    place_scope: str,
    actor: str,
    text: str,
    now: datetime,
    log: Log = unlogged,
) -> None:
    """Leave words for who takes over from a role at its places. Raises RefusedError for none, too
    many, or such as hold a personal number."""
    refuse_text(text)
    if not text.strip():
        raise RefusedError(say("say what the next shift should know"))
    with writing(store) as connection:
        connection.execute(
            sa.insert(handover_notes).values(
                role=role, place_scope=place_scope, actor=actor, text=text, at=now
            )
        )
        log(connection, "hand-over", "note left")


def hand_over(connection: Connection, settings: Settings, now: datetime) -> list[int]:
    """Tell who is on duty now of each shift that ended, once; returns the ids of the messages.

    A shift with nobody after it waits until somebody comes. Within `writing`.
    """
    duty = on_duty(connection, now)
    made: list[int] = []
    for shift in _ended(connection, now):
        takers = [
            one
            for one in duty
            if (one.role, one.place_scope) == (shift.role, shift.place_scope) and one.is_shift
        ]
        if takers:
            made += _tell(connection, settings, shift, takers, now)
            connection.execute(
                sa.insert(handovers).values(
                    role=shift.role,
                    place_scope=shift.place_scope,
                    ended_at=shift.ends_at,
                    told_at=now,
                )
            )
    return made


def shift_at(connection: Connection, role: str, place_scope: str, now: datetime) -> Shift | None:
    """The shift of a role that is on at `now`; None where there is none."""
    own = [
        duty
        for duty in on_duty(connection, now)
        if (duty.role, duty.place_scope) == (role, place_scope)
    ]
    return next(iter(shifts(own)), None)


def what_is_handed_over(connection: Connection, shift: Shift) -> HandedOver:
    """The state of a shift's places as it stands, and what happened since the shift began."""
    seen = [
        one
        for one in incidents_since(connection, shift.starts_at)
        if one.parent_incident_id is None and _concerns(shift, one)
    ]
    still_open = sorted(
        (one for one in seen if not one.is_over),
        key=lambda one: (-SEVERITIES.index(one.severity), one.since_at),
    )
    notes = sa.select(handover_notes).where(
        handover_notes.c.role == shift.role,
        handover_notes.c.place_scope == shift.place_scope,
        handover_notes.c.at >= shift.starts_at,
        handover_notes.c.at <= shift.ends_at,
    )
    return HandedOver(
        role=shift.role,
        place_scope=shift.place_scope,
        starts_at=shift.starts_at,
        ends_at=shift.ends_at,
        still_open=tuple(
            tell(connection, one, event_by_id(connection, one.last_event_id)) for one in still_open
        ),
        taken_by={one.incident_id: one.acknowledged_by or "" for one in still_open},
        opened=sum(one.opened_at >= shift.starts_at for one in seen),
        over=sum(one.is_over for one in seen),
        notes=tuple(
            (row.actor, row.text)
            for row in connection.execute(notes.order_by(handover_notes.c.note_id))
        ),
    )


def _concerns(shift: Shift, about: Incident) -> bool:
    if not responsible_for(shift.place_scope, about):
        return False
    rule = load_rules().get(about.rule)
    if rule is None or shift.role in _SEE_ALL:
        return True
    return shift.role in (rule.owner_role, *rule.escalation_path)


def _ended(connection: Connection, now: datetime) -> list[Shift]:
    """The shifts that ended lately and were not told, in order."""
    told = {
        (row.role, row.place_scope, row.ended_at)
        for row in connection.execute(
            sa.select(handovers).where(handovers.c.ended_at >= now - _STILL_NEWS)
        )
    }
    return [
        shift
        for shift in shifts(duties_between(connection, now - _STILL_NEWS, now))
        if shift.ends_at <= now and (shift.role, shift.place_scope, shift.ends_at) not in told
    ]


def shifts(duties: Iterable[Duty]) -> list[Shift]:
    """The shifts that `duties` make up: who ends at one time in one role worked one shift."""
    worked = [duty for duty in duties if duty.is_shift]
    key = attrgetter("role", "place_scope", "ends_at")
    return [
        Shift(role, place_scope, min(one.starts_at for one in own if one.starts_at), ends_at)
        for (role, place_scope, ends_at), group in groupby(sorted(worked, key=key), key)
        if (own := list(group))
    ]


def _tell(
    connection: Connection,
    settings: Settings,
    shift: Shift,
    takers: Sequence[Duty],
    now: datetime,
) -> list[int]:
    facts = what_is_handed_over(connection, shift)
    made: list[int] = []
    for person in dict.fromkeys(duty.person for duty in takers):
        words = handover_message(facts, person.language, person.timezone, now, settings.public_url)
        made += [
            put(
                connection,
                Outgoing(name, person.person, person.email, person.language, words, False),
                now,
            )
            for name, channel in settings.channels.items()
            if channel.kind == "email" and person.email
        ]
    return made
