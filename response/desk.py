"""Findings taken to the store, and what people do there: each in one transaction."""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Engine

from operations import writing
from response import incidents as kept
from response.history import OUTCOMES, Event, Incident
from response.lifecycle import Finding, MaintenanceWindow, Sighting, respond
from response.permissions import covers, require
from response.rules import Rule
from response.tables import incidents, maintenance_windows, sightings

# A CNIC has no place in what people write here, nor has a booklet number.
_PERSONAL = re.compile(r"\b\d{5}-?\d{7}-?\d\b|\b[A-Z]{2}\d{7}\b")
_LONGEST_TEXT = 2000


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
) -> Incident:
    """One thing that a person does to an incident; returns it as it is then.

    `scope` are the places of the person, as in `permissions.covers`. Raises ForbiddenError,
    ConflictError, HistoryError, IncidentUnknownError or RefusedError; nothing is written then.
    """
    _refuse_text(event.text)
    if event.kind == "resolved":
        _refuse_ending(event)
    with writing(store) as connection:
        _permit(connection, event, scope)
        if event.kind == "linked":
            _permit_parent(connection, event, scope)
        return kept.append(connection, [event], seen_event_id)[0]


def visible(incidents: Iterable[Incident], scope: str) -> list[Incident]:
    """The incidents at the places of a scope."""
    return [item for item in incidents if covers(scope, *_place(item))]


def what_is_part_of(connection: Connection, incident: Incident) -> list[dict[str, Any]]:
    """What belongs to an incident: incidents linked to it, and findings that opened none."""
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
    numbers = {
        (row.rule, row.thing): {"incident_id": row.incident_id, "state": row.state}
        for row in linked
    }
    if not incident.is_over:
        for row in found:
            numbers.setdefault((row.rule, row.thing), {"incident_id": None, "state": "found"})
    return [{"rule": rule, "thing": thing, **about} for (rule, thing), about in numbers.items()]


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
) -> Incident:
    """What an office or a mission reports by itself: a technical incident from now on.

    Raises ForbiddenError or RefusedError.
    """
    require(role, scope, "report", place_scope, zone, is_mission)
    _refuse_text(summary)
    if not summary.strip():
        raise RefusedError("say in a sentence what is wrong")
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
            "parameters": {"summary": summary, "place": place_scope.partition(":")[2]},
        }
        return kept.append(connection, [Event(-1, "opened", now, actor, role, "", details)])[0]


def announce(
    store: Engine,
    window: MaintenanceWindow,
    reason: str,
    actor: str,
    role: str,
    scope: str,
    now: datetime,
) -> int:
    """Announced work: what its places are found to have meanwhile opens nothing. Its number.

    Raises ForbiddenError or RefusedError.
    """
    require(role, scope, "announce", window.place_scope, *_zone_of(window.place_scope))
    _refuse_text(reason)
    if not reason.strip() or window.ends_at <= max(window.starts_at, now):
        raise RefusedError("announced work needs a reason, and an end after its start and now")
    with writing(store) as connection:
        values = {**vars(window), "reason": reason, "made_by": actor, "made_at": now}
        key = connection.execute(
            sa.insert(maintenance_windows).values(**values)
        ).inserted_primary_key
    assert key is not None
    return int(key[0])


def _zone_of(place_scope: str) -> tuple[str | None, bool]:
    kind, _, name = place_scope.partition(":")
    return (name if kind == "zone" else None), kind == "missions"


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
        raise RefusedError(f"incident {parent} is over; link to one that is open")
    passed: set[int] = set()
    above: int | None = parent
    while above is not None and above not in passed:
        if above == event.incident_id:
            raise RefusedError(f"incident {parent} is itself part of {event.incident_id}")
        passed.add(above)
        above = kept.incident(connection, above).parent_incident_id


def _refuse_text(text: str) -> None:
    if _PERSONAL.search(text):
        raise RefusedError(
            "the text holds what looks like a CNIC or booklet number; say it without"
        )
    if len(text) > _LONGEST_TEXT:
        raise RefusedError(f"the text has {len(text)} characters; {_LONGEST_TEXT} are the most")


def _refuse_ending(event: Event) -> None:
    if event.details.get("outcome") not in OUTCOMES:
        raise RefusedError(f"say how it ended: {', '.join(OUTCOMES)}")
    if not event.text.strip():
        raise RefusedError("say what it was: the cause is what the next one learns from")


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
