"""The incidents in the store: their events are added, never changed, and read back."""

from collections.abc import Sequence
from dataclasses import asdict, fields, replace
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from language import say
from response.history import SYSTEM, Event, Incident, follow, kind_word, people_hear_of
from response.tables import incident_events, incidents, notices

_FIELDS = tuple(item.name for item in fields(Incident))


class IncidentUnknownError(Exception):
    """No incident has this number."""


class ConflictError(Exception):
    """Somebody acted on the incident after the caller last saw it: who, what and when."""


def append(
    connection: Connection, events: Sequence[Event], seen_event_id: int | None = None
) -> list[Incident]:
    """Adds `events` in their order; returns the incidents that they touch, as they are then.

    `connection` is within `writing`. `seen_event_id` is the last event of the incident that a
    person saw who acts on it: ConflictError where another person acted since. Raises HistoryError
    where an event cannot follow, IncidentUnknownError where there is no such incident; nothing is
    written then, provided that the caller's transaction ends with the error.
    """
    numbers: dict[int, int] = {}
    touched: dict[int, Incident] = {}
    for new in events:
        event = _numbered(new, numbers)
        if event.kind == "opened":
            incident = _insert(connection, event)
            numbers[new.incident_id] = incident.incident_id
        else:
            before = touched.get(event.incident_id) or _locked(connection, event.incident_id)
            if seen_event_id is not None:
                _refuse_if_changed(connection, before, seen_event_id)
                seen_event_id = None
            follow(before, event)  # what cannot follow is not written
            incident = follow(before, replace(event, event_id=_write(connection, event)))
            connection.execute(
                sa.update(incidents)
                .where(incidents.c.incident_id == incident.incident_id)
                .values(**_row(incident))
            )
        touched[incident.incident_id] = incident
    return list(touched.values())


def current_incidents(connection: Connection) -> list[Incident]:
    """Every incident that is not over, by number."""
    return _read(connection, incidents.c.state != "resolved")


def incidents_since(connection: Connection, since: datetime) -> list[Incident]:
    """Every incident that is not over, or was over after `since` (UTC without zone), by number."""
    return _read(
        connection, sa.or_(incidents.c.state != "resolved", incidents.c.resolved_at >= since)
    )


def all_incidents(connection: Connection) -> list[Incident]:
    """Every incident there ever was, by number."""
    return _read(connection, sa.true())


def incident(connection: Connection, incident_id: int) -> Incident:
    """One incident. Raises IncidentUnknownError."""
    found = _read(connection, incidents.c.incident_id == incident_id)
    if not found:
        raise unknown(incident_id)
    return found[0]


def unknown(incident_id: int) -> IncidentUnknownError:
    """The error for a number that no incident has, or none that the asker may see."""
    told = say(
        "no incident has the number {number}; `passport incidents list` shows them",
        number=incident_id,
    )
    return IncidentUnknownError(told)


def history(connection: Connection, incident_id: int) -> list[Event]:
    """What happened to one incident, in order."""
    query = (
        sa.select(incident_events)
        .where(incident_events.c.incident_id == incident_id)
        .order_by(incident_events.c.event_id)
    )
    return [event_of(row) for row in connection.execute(query)]


def event_by_id(connection: Connection, event_id: int) -> Event:
    """One event of some incident; one that there is not raises SQLAlchemy's NoResultFound."""
    query = sa.select(incident_events).where(incident_events.c.event_id == event_id)
    return event_of(connection.execute(query).one())


def event_of(row: Any) -> Event:
    """The event that a row of `incident_events` holds."""
    return Event(
        incident_id=row.incident_id,
        kind=row.kind,
        at=row.at,
        actor=row.actor,
        role=row.role,
        text=row.text,
        details=row.details,
        event_id=row.event_id,
    )


def _read(connection: Connection, condition: sa.ColumnElement[bool]) -> list[Incident]:
    query = sa.select(incidents).where(condition).order_by(incidents.c.incident_id)
    return [_incident(row) for row in connection.execute(query)]


def _locked(connection: Connection, incident_id: int) -> Incident:
    """One incident that nobody else changes until the transaction ends."""
    query = sa.select(incidents).where(incidents.c.incident_id == incident_id).with_for_update()
    row = connection.execute(query).one_or_none()
    if row is None:
        raise unknown(incident_id)
    return _incident(row)


def _incident(row: Any) -> Incident:
    return Incident(**{name: getattr(row, name) for name in _FIELDS})


def _row(incident: Incident) -> dict[str, Any]:
    values = asdict(replace(incident, parameters={}))
    return {**values, "parameters": dict(incident.parameters)}


def _numbered(event: Event, numbers: dict[int, int]) -> Event:
    """The event with the store's numbers in place of those that the caller gave new incidents."""
    details = dict(event.details)
    if details.get("parent") in numbers:
        details["parent"] = numbers[details["parent"]]
    return replace(
        event, incident_id=numbers.get(event.incident_id, event.incident_id), details=details
    )


def _insert(connection: Connection, event: Event) -> Incident:
    values = _row(follow(None, event))
    del values["incident_id"]
    key = connection.execute(sa.insert(incidents).values(**values)).inserted_primary_key
    assert key is not None
    numbered = replace(event, incident_id=int(key[0]))
    opened = follow(None, replace(numbered, event_id=_write(connection, numbered)))
    connection.execute(
        sa.update(incidents)
        .where(incidents.c.incident_id == opened.incident_id)
        .values(last_event_id=opened.last_event_id)
    )
    return opened


def _write(connection: Connection, event: Event) -> int:
    values = {
        "incident_id": event.incident_id,
        "kind": event.kind,
        "at": event.at,
        "recorded_at": datetime.now(UTC).replace(tzinfo=None),
        "actor": event.actor,
        "role": event.role,
        "text": event.text,
        "details": dict(event.details),
    }
    key = connection.execute(sa.insert(incident_events).values(**values)).inserted_primary_key
    assert key is not None
    if people_hear_of(event):
        connection.execute(sa.insert(notices).values(event_id=key[0]))
    return int(key[0])


def _refuse_if_changed(connection: Connection, incident: Incident, seen_event_id: int) -> None:
    """What the system added by itself is no conflict, unless it ended or reopened the incident."""
    query = (
        sa.select(incident_events)
        .where(
            incident_events.c.incident_id == incident.incident_id,
            incident_events.c.event_id > seen_event_id,
            sa.or_(
                incident_events.c.actor != SYSTEM,
                incident_events.c.kind.in_(["resolved", "reopened"]),
            ),
        )
        .order_by(incident_events.c.event_id.desc())
        .limit(1)
    )
    row = connection.execute(query).one_or_none()
    if row is not None:
        raise ConflictError(
            say(
                "incident {number} was {kind} by {actor} at {moment} UTC, after you last saw it; "
                "look again before you act",
                number=incident.incident_id,
                kind=kind_word(row.kind),
                actor=row.actor,
                moment=f"{row.at:%Y-%m-%d %H:%M}",
            )
        )
