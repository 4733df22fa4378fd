"""What somebody sees of the incidents: those of their places, one of them whole, how it went.

Every function takes the places of whoever asks, a scope as in `permissions.covers`; what lies
outside is not there for them.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import fmean, median
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from response.addressing import responsible_for, told_of
from response.desk import visible, what_is_part_of
from response.history import SEVERITIES, Event, Incident
from response.incidents import all_incidents, current_incidents, history, incidents_since, unknown
from response.incidents import incident as incident_by_number
from response.lifecycle import MaintenanceWindow
from response.load import PersonLoad, load
from response.permissions import Places, covers, lies
from response.roster import on_duty
from response.rules import Rule, load_rules
from response.tables import maintenance_windows
from response.wording import Told, headline

# Spans of the last four weeks tell how fast people are, alarms of the last day how many come.
MEASURED = timedelta(days=28)
LOADED = timedelta(days=1)
LAST_HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Line:
    """An incident as a list has it, and as it is told in words."""

    incident: Incident
    told: Told


@dataclass(frozen=True)
class Part:
    """What an incident accounts for; `incident_id` is null where it opened none of its own."""

    incident_id: int | None
    what: str


@dataclass(frozen=True)
class Whole:
    """One incident with all that is known of it. `parent` is null where it stands alone, or where
    what it is part of lies outside the places of whoever asks. `people` are on duty there now."""

    line: Line
    rule: Rule | None
    events: tuple[Event, ...]
    parts: tuple[Part, ...]
    parent: Line | None
    people: tuple[str, ...]


@dataclass(frozen=True)
class Spans:
    """Minutes from opening to something, null where it happened to none."""

    incidents: int
    median_minutes: float | None
    mean_minutes: float | None


@dataclass(frozen=True)
class AnnouncedWork:
    """Announced work as it was entered; times are UTC without zone."""

    number: int
    window: MaintenanceWindow
    reason: str
    made_by: str


def inbox(connection: Connection, scope: str) -> list[Line]:
    """What is open, the gravest and oldest first. What is part of another that is seen as well
    is left to that one."""
    found = visible(current_incidents(connection), scope)
    seen = {one.incident_id for one in found}
    behind = Counter(one.parent_incident_id for one in found)
    return [
        _line(one, behind[one.incident_id])
        for one in sorted(found, key=_gravest_first)
        if one.parent_incident_id not in seen
    ]


def over_since(connection: Connection, scope: str, since: datetime) -> list[Line]:
    """What was over after `since` (UTC without zone), the newest end first."""
    found = [one for one in visible(incidents_since(connection, since), scope) if one.is_over]
    ended = sorted(found, key=lambda one: one.resolved_at or one.opened_at, reverse=True)
    return [_line(one, 0) for one in ended]


def whole(connection: Connection, incident_id: int, scope: str, now: datetime) -> Whole:
    """One incident. Raises IncidentUnknownError also for one outside the scope."""
    found = incident_by_number(connection, incident_id)
    if not visible([found], scope):
        raise unknown(incident_id)
    parts = what_is_part_of(connection, found, scope)
    near = [duty for duty in on_duty(connection, now) if responsible_for(duty.place_scope, found)]
    return Whole(
        line=_line(found, sum(part["incident_id"] is not None for part in parts)),
        rule=load_rules().get(found.rule),
        events=tuple(history(connection, incident_id)),
        parts=tuple(Part(part["incident_id"], _what(part)) for part in parts),
        parent=_parent(connection, found, scope),
        people=tuple(dict.fromkeys(duty.person.person for duty in near)),
    )


def spans(incidents: Iterable[Incident], until: str, now: datetime) -> Spans:
    """How long it took from opening to `until` (`acknowledged_at` or `resolved_at`) with those
    opened in the last four weeks before `now` (UTC without zone)."""
    minutes = [
        max((moment - one.opened_at) / timedelta(minutes=1), 0.0)
        for one in incidents
        if (moment := getattr(one, until)) is not None and one.opened_at >= now - MEASURED
    ]
    if not minutes:
        return Spans(0, None, None)
    return Spans(len(minutes), median(minutes), fmean(minutes))


def ever(connection: Connection, scope: str) -> list[Incident]:
    """Every incident that there was at the places of a scope, by number."""
    return visible(all_incidents(connection), scope)


def alarms_an_hour(burdens: Iterable[PersonLoad]) -> float | None:
    """Alarms for each person and hour on duty; null where nobody was on a shift."""
    known = [one for one in burdens if one.hours]
    hours = sum(one.hours for one in known)
    return sum(one.alarms for one in known) / hours if hours else None


def last_hour(connection: Connection, now: datetime) -> list[PersonLoad]:
    """The load of each person over the hour before `now` (UTC without zone)."""
    return load(connection, now - LAST_HOUR, now)


def burdens(connection: Connection, now: datetime) -> list[PersonLoad]:
    """The load of each person over the day before `now` (UTC without zone)."""
    return load(connection, now - LOADED, now)


def announced(
    connection: Connection, scope: str, now: datetime, places: Places
) -> list[AnnouncedWork]:
    """Work that goes on or is to come and touches the scope, the first to begin first."""
    query = (
        sa.select(maintenance_windows)
        .where(maintenance_windows.c.ends_at > now)
        .order_by(maintenance_windows.c.starts_at, maintenance_windows.c.window_id)
    )
    found = []
    for row in connection.execute(query):
        here, there = lies(scope, places), lies(row.place_scope, places)
        if covers(scope, row.place_scope, *there) or covers(row.place_scope, scope, *here):
            window = MaintenanceWindow(row.rule, row.place_scope, row.starts_at, row.ends_at)
            found.append(AnnouncedWork(row.window_id, window, row.reason, row.made_by))
    return found


def _parent(connection: Connection, incident: Incident, scope: str) -> Line | None:
    if incident.parent_incident_id is None:
        return None
    parent = incident_by_number(connection, incident.parent_incident_id)
    return _line(parent, 0) if visible([parent], scope) else None


def _line(incident: Incident, behind: int) -> Line:
    opened = Event(incident.incident_id, "opened", incident.opened_at)
    return Line(incident, told_of(incident, opened, behind))


def _what(part: Mapping[str, Any]) -> str:
    """A part in words: a finding is told by the title of its rule, as an incident is."""
    rule = load_rules().get(part["rule"])
    told = Told(
        incident_id=part["incident_id"] or 0,
        kind="opened",
        severity=SEVERITIES[0],
        rule=part["rule"],
        title=rule.title if rule else part["rule"],
        reason="",
        action="",
        unit="",
        thing=part["thing"],
        place_scope=part["place_scope"],
        parameters=part["parameters"],
        measured=None,
        expected=None,
        since_at=datetime.min,
    )
    return headline(told)


def _gravest_first(incident: Incident) -> tuple[int, datetime, int]:
    return -SEVERITIES.index(incident.severity), incident.since_at, incident.incident_id
