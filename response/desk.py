"""Findings taken to the store, and what people do there: each in one transaction."""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Engine

from language import say
from operations import writing
from response import incidents as kept
from response.history import OUTCOMES, Event, Incident
from response.lifecycle import Finding, MaintenanceWindow, Sighting, respond
from response.permissions import Places, covers, lies, require
from response.rules import Rule
from response.tables import incidents, maintenance_windows, sightings

# A CNIC has no place in what people write here, nor has a booklet number.
_PERSONAL = re.compile(r"\b\d{5}-?\d{7}-?\d\b|\b[A-Z]{2}\d{7}\b")
_LONGEST_TEXT = 2000


# Writes into the audit log what somebody did, in the same transaction: its subject, and what.
Log = Callable[[Connection, str, str], None]
# The subject of what is done to no incident that is there already.
_INCIDENTS = "incidents"


def unlogged(_connection: Connection, _subject: str, _what: str) -> None:
    """Writes nothing."""


class RefusedError(Exception):
    """What a person asked for cannot be done as asked; the message says why and what would do."""


def take_findings(
    store: Engine,
    findings: Iterable[Finding],
    now: datetime,
    rules: Mapping[str, Rule],
    speaks_for: Callable[[str, str], bool],
) -> list[Incident]:
    """Opens, changes and ends incidents by what is found; returns those that it touched.

    `speaks_for` as in `lifecycle.respond`; `now` is UTC without zone. One taker at a time.
    """
    longest = max((rule.reopen_within_minutes for rule in rules.values()), default=0)
    with writing(store) as connection:
        _one_at_a_time(connection)
        response = respond(
            findings,
            kept.incidents_since(connection, now - timedelta(minutes=longest)),
            _sightings(connection),
            now,
            rules,
            _windows(connection, now),
            speaks_for,
        )
        touched = kept.append(connection, response.events)
        _write_sightings(connection, response.sightings)
    return touched


def act(
    store: Engine,
    event: Event,
    scope: str,
    seen_event_id: int | None = None,
    log: Log = unlogged,
) -> Incident:
    """One thing that a person does to an incident; returns it as it is then.

    `scope` are the places of the person, as in `permissions.covers`. Raises ForbiddenError,
    ConflictError, HistoryError, IncidentUnknownError or RefusedError; nothing is written then.
    """
    refuse_text(event.text)
    if event.kind == "resolved":
        _refuse_ending(event)
    with writing(store) as connection:
        _permit(connection, event, scope)
        if event.kind == "linked":
            _permit_parent(connection, event, scope)
        [incident] = kept.append(connection, [event], seen_event_id)
        log(connection, f"incident {event.incident_id}", event.kind)
    return incident


def visible(incidents: Iterable[Incident], scope: str) -> list[Incident]:
    """The incidents at the places of a scope."""
    return [item for item in incidents if covers(scope, *_place(item))]


def what_is_part_of(connection: Connection, incident: Incident, scope: str) -> list[dict[str, Any]]:
    """What belongs to an incident at the places of a scope: incidents linked to it, and findings
    that opened none (incident_id null): rule, thing, place_scope, parameters, incident_id, state.
    """
    found = connection.execute(
        sa.select(sightings)
        .where(
            sightings.c.explained_by_rule == incident.rule,
            sightings.c.explained_by_thing == incident.thing,
            sightings.c.state == "found",
        )
        .order_by(sightings.c.rule, sightings.c.thing)
    )
    linked = connection.execute(
        sa.select(incidents)
        .where(incidents.c.parent_incident_id == incident.incident_id)
        .order_by(incidents.c.incident_id)
    )
    parts = {
        (row.rule, row.thing): _part(row, row.incident_id)
        for row in linked
        if covers(scope, row.place_scope, row.zone, row.is_mission)
    }
    if not incident.is_over:
        for row in found:
            if covers(scope, row.place_scope, row.zone, row.is_mission):
                parts.setdefault((row.rule, row.thing), _part(row, None))
    return list(parts.values())


def _part(row: Any, incident_id: int | None) -> dict[str, Any]:
    named = ("rule", "thing", "place_scope", "parameters", "state")
    return {**{name: getattr(row, name) for name in named}, "incident_id": incident_id}


def report_problem(
    store: Engine,
    summary: str,
    place_scope: str,
    zone: str | None,
    is_mission: bool,
    actor: str,
    role: str,
    scope: str,
    now: datetime,
    log: Log = unlogged,
) -> Incident:
    """What an office or a mission reports by itself: a technical incident from now on.

    Raises ForbiddenError or RefusedError.
    """
    require(role, scope, "report", place_scope, zone, is_mission)
    refuse_text(summary)
    if not summary.strip():
        raise RefusedError(say("say in a sentence what is wrong"))
    rule = "problem_reported"
    with writing(store) as connection:
        _one_at_a_time(connection)
        number = connection.scalar(sa.select(sa.func.count()).select_from(incidents))
        details = {
            "rule": rule,
            # every report is a thing of its own
            "thing": f"{place_scope} {now:%Y-%m-%dT%H:%M:%S} {number}",
            "place_scope": place_scope,
            "zone": zone,
            "is_mission": is_mission,
            "severity": "major",
            "since_at": now.isoformat(),
            "parameters": {
                "summary": summary,
                "place": place_scope.partition(":")[2] or place_scope,
            },
        }
        opened = Event(-1, "opened", now, actor, role, "", details)
        [incident] = kept.append(connection, [opened])
        log(connection, _INCIDENTS, f"problem reported: {place_scope}")
    return incident


def announce(
    store: Engine,
    window: MaintenanceWindow,
    zone: str | None,
    is_mission: bool,
    reason: str,
    actor: str,
    role: str,
    scope: str,
    now: datetime,
    log: Log = unlogged,
) -> int:
    """Announced work: what its places are found to have meanwhile opens nothing. Its number.

    `zone` and `is_mission` tell where the window's place lies. Raises ForbiddenError or
    RefusedError.
    """
    require(role, scope, "announce", window.place_scope, zone, is_mission)
    refuse_text(reason)
    if not reason.strip() or window.ends_at <= max(window.starts_at, now):
        raise RefusedError(say("announced work needs a reason, and an end after its start and now"))
    with writing(store) as connection:
        values = {**vars(window), "reason": reason, "made_by": actor, "made_at": now}
        key = connection.execute(
            sa.insert(maintenance_windows).values(**values)
        ).inserted_primary_key
        log(connection, _INCIDENTS, f"work announced: {window.place_scope}")
    assert key is not None
    return int(key[0])


def end_announced(
    store: Engine,
    number: int,
    places: Places,
    role: str,
    scope: str,
    now: datetime,
    log: Log = unlogged,
) -> str:
    """Ends announced work before its time: what is still found there opens incidents again. Its
    place. Raises ForbiddenError, or RefusedError for work that is over or was never announced.
    """
    work = maintenance_windows.c
    with writing(store) as connection:
        row = connection.execute(
            sa.select(work.place_scope).where(work.window_id == number, work.ends_at > now)
        ).one_or_none()
        if row is None:
            raise RefusedError(
                say("announced work {number} is over, or there was none", number=number)
            )
        require(role, scope, "announce", row.place_scope, *lies(row.place_scope, places))
        connection.execute(
            sa.update(maintenance_windows).where(work.window_id == number).values(ends_at=now)
        )
        log(connection, _INCIDENTS, f"work ended early: {row.place_scope}")
    return str(row.place_scope)


def _place(incident: Incident) -> tuple[str, str | None, bool]:
    return incident.place_scope, incident.zone, incident.is_mission


_ACTION = {
    "acknowledged": "acknowledge",
    "assigned": "assign",
    "noted": "note",
    "linked": "link",
    "snoozed": "snooze",
    "resolved": "resolve",
    "reopened": "reopen",
}


def _permit(connection: Connection, event: Event, scope: str) -> None:
    incident = kept.incident(connection, event.incident_id)
    require(event.role, scope, _ACTION[event.kind], *_place(incident))  # type: ignore[arg-type]


def _permit_parent(connection: Connection, event: Event, scope: str) -> None:
    parent = event.details["parent"]
    if parent is None:
        return
    incident = kept.incident(connection, parent)
    require(event.role, scope, "see", *_place(incident))
    if incident.is_over:
        raise RefusedError(
            say("incident {number} is over; link to one that is open", number=parent)
        )
    passed: set[int] = set()
    above: int | None = parent
    while above is not None and above not in passed:
        if above == event.incident_id:
            raise RefusedError(
                say(
                    "incident {number} is itself part of {other}",
                    number=parent,
                    other=event.incident_id,
                )
            )
        passed.add(above)
        above = kept.incident(connection, above).parent_incident_id


def refuse_text(text: str) -> None:
    """Raises RefusedError for words that are too many, or that hold a personal number."""
    if _PERSONAL.search(text):
        raise RefusedError(
            say("the text holds what looks like a CNIC or booklet number; say it without")
        )
    if len(text) > _LONGEST_TEXT:
        raise RefusedError(
            say("the text has {n} characters; {most} are the most", n=len(text), most=_LONGEST_TEXT)
        )


def _refuse_ending(event: Event) -> None:
    if event.details.get("outcome") not in OUTCOMES:
        raise RefusedError(say("say how it ended: {outcomes}", outcomes=", ".join(OUTCOMES)))
    if not event.text.strip():
        raise RefusedError(say("say what it was: the cause is what the next one learns from"))


def _one_at_a_time(connection: Connection) -> None:
    """SQLite's `writing` is alone already; Postgres has a lock for it."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text("select pg_advisory_xact_lock(hashtext('passport-response'))"))


def _windows(connection: Connection, now: datetime) -> list[MaintenanceWindow]:
    query = sa.select(maintenance_windows).where(maintenance_windows.c.ends_at > now)
    return [
        MaintenanceWindow(row.rule, row.place_scope, row.starts_at, row.ends_at)
        for row in connection.execute(query)
    ]


# What a sighting keeps of its finding as it was found.
_OF_FINDING = (
    "rule",
    "thing",
    "place_scope",
    "zone",
    "is_mission",
    "severity",
    "measured",
    "expected",
)


def _sightings(connection: Connection) -> list[Sighting]:
    return [_sighting(row) for row in connection.execute(sa.select(sightings))]


def _sighting(row: Any) -> Sighting:
    finding = Finding(
        **{name: getattr(row, name) for name in _OF_FINDING},
        state="unknown" if row.state == "unknown" else "found",
        since_at=row.since_at,
        parameters=row.parameters,
    )
    explained = (row.explained_by_rule, row.explained_by_thing)
    return Sighting(
        finding,
        row.state,
        row.since_at,
        row.seen_at,
        row.clear_since_at,
        explained if row.explained_by_rule else None,
    )


def _write_sightings(connection: Connection, seen: Sequence[Sighting]) -> None:
    connection.execute(sa.delete(sightings))
    if seen:
        connection.execute(sa.insert(sightings), [_row(sighting) for sighting in seen])


def _row(sighting: Sighting) -> dict[str, Any]:
    finding = replace(sighting.finding, since_at=sighting.since_at)
    rule, thing = sighting.explained_by or (None, None)
    return {
        **{name: getattr(finding, name) for name in _OF_FINDING},
        "parameters": dict(finding.parameters),
        "state": sighting.state,
        "since_at": sighting.since_at,
        "clear_since_at": sighting.clear_since_at,
        "seen_at": sighting.seen_at,
        "explained_by_rule": rule,
        "explained_by_thing": thing,
    }


def finding_of(row: Mapping[str, Any]) -> Finding:
    """The finding that a row of `rpt_findings` holds. Times are UTC without zone."""
    parameters = json.loads(row["parameters"])
    return Finding(
        **{name: row[name] for name in _OF_FINDING},
        state=row["state"],
        since_at=row["since_at"],
        shared_cause=row["shared_cause"],
        parameters={**parameters, "place": row["place"], "unit": row["unit"]},
    )
