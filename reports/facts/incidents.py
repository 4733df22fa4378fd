"""What is wrong now and what was: incidents as they were at the publication."""

from dataclasses import dataclass
from datetime import datetime

import pandas as pd

from reports.broker import Publication, Scope, rows

_SELECTED = """
    incident_id, parent_incident_id, rule, thing, severity, state, place_scope,
    coalesce(places.name, place_scope) as place, places.name as place_name,
    since_at, opened_at, acknowledged_at, resolved_at, assigned_to, owner_role,
    escalation_level::double as escalation_level, cause, outcome, acknowledge_minutes::double
        as acknowledge_minutes, resolve_minutes::double as resolve_minutes,
    reopened_count::double as reopened_count, title, action, parameters, measured, expected, unit
"""

# Incidents that are not over and that no other one in sight accounts for, the gravest first:
# incident_id … unit, behind (how many open ones it accounts for).
_OPEN = f"""
    select
        {_SELECTED},
        (
            select count(*) from rpt_incidents as behind
            where behind.parent_incident_id = incident.incident_id and behind.state <> 'resolved'
        )::double as behind
    from rpt_incidents as incident
    left join rpt_places as places on place_scope = 'office:' || places.office_code
    where
        incident.state <> 'resolved'
        and (
            parent_incident_id is null
            or parent_incident_id not in (select incident_id from rpt_incidents)
        )
    order by
        array_position(['critical', 'major', 'minor'], severity), opened_at,
        incident_id::bigint
"""

_ONE = f"""
    select {_SELECTED}
    from rpt_incidents
    left join rpt_places as places on place_scope = 'office:' || places.office_code
    where incident_id = $incident or parent_incident_id = $incident
    order by incident_id <> $incident, opened_at, incident_id::bigint
"""

# What happened to it, in order: kind, happened_at, role, to_role, said.
_EVENTS = """
    select kind, happened_at, role, to_role, said
    from rpt_incident_events
    where incident_id = $incident and kind <> 'notified'
    order by event_id::bigint
"""

# What was told of it, one row a message and kind of event: kind, role, channel, made_at, sent_at,
# dead_at, attempts.
_MESSAGES = """
    select kind, role, channel, made_at, sent_at, dead_at, attempts::double as attempts
    from rpt_incident_messages
    where incident_id = $incident
    order by message_id::bigint, kind
"""

# Incidents of a span of time, one row a severity: severity, opened, resolved, false_alarms,
# acknowledge_minutes and resolve_minutes (medians of those opened, null where none).
_COUNTS = """
    select
        severity,
        count(*) filter (where opened_at >= $since and opened_at < $until)::double as opened,
        count(*) filter (where resolved_at >= $since and resolved_at < $until)::double as resolved,
        count(*) filter (
            where opened_at >= $since and opened_at < $until and outcome = 'false_alarm'
        )::double as false_alarms,
        median(acknowledge_minutes) filter (where opened_at >= $since and opened_at < $until)
            ::double as acknowledge_minutes,
        median(resolve_minutes) filter (where opened_at >= $since and opened_at < $until)::double
            as resolve_minutes
    from rpt_incidents
    group by severity
    having opened + resolved > 0
    order by array_position(['critical', 'major', 'minor'], severity)
"""


@dataclass(frozen=True)
class IncidentCase:
    """One incident (one row), what is a part of it, what happened, and what was told."""

    incident: pd.DataFrame
    parts: pd.DataFrame
    events: pd.DataFrame
    messages: pd.DataFrame


def open_incidents(publication: Publication, scope: Scope) -> pd.DataFrame:
    """One row an incident that is open as of the publication, the gravest first."""
    return rows(publication, scope, _OPEN)


def incident_case(publication: Publication, scope: Scope, incident_id: str) -> IncidentCase:
    """One incident of the scope by its number; `incident` is empty where there is none."""
    number = {"incident": incident_id}
    found = rows(publication, scope, _ONE, number)
    is_it = found["incident_id"] == incident_id
    return IncidentCase(
        incident=found[is_it].reset_index(drop=True),
        parts=found[~is_it].reset_index(drop=True),
        events=rows(publication, scope, _EVENTS, number),
        messages=rows(publication, scope, _MESSAGES, number),
    )


def incident_counts(
    publication: Publication, scope: Scope, since: datetime, until: datetime
) -> pd.DataFrame:
    """Incidents from `since` to before `until` (aware), one row a severity."""
    return rows(publication, scope, _COUNTS, {"since": since, "until": until})
