"""Nobody acts: an incident that is not acknowledged goes up the path of its rule, step by step."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta

from sqlalchemy import Connection

from response.history import Event, Incident
from response.incidents import append, current_incidents
from response.rules import Rule, load_rules


def escalate(connection: Connection, now: datetime) -> int:
    """Write what is due at `now`; returns how many incidents went up. Within `writing`."""
    events = list(escalations(current_incidents(connection), load_rules(), now))
    append(connection, events)
    return len(events)


def escalations(
    incidents: Iterable[Incident], rules: Mapping[str, Rule], now: datetime
) -> Iterator[Event]:
    """One step up for each that waited too long since it was opened or last went up.

    What lies behind another incident, or is put off, does not wait; a deleted rule has no path.
    """
    for one in incidents:
        rule = rules.get(one.rule)
        if rule is None or one.state != "open" or one.is_snoozed(now):
            continue
        if one.parent_incident_id is not None or one.escalation_level >= len(rule.escalation_path):
            continue
        since = one.escalated_at or one.reopened_at or one.opened_at
        if now - since >= timedelta(minutes=rule.escalate_after_minutes):
            to = rule.escalation_path[one.escalation_level]
            about = {"to": to, "level": one.escalation_level + 1}
            yield Event(one.incident_id, "escalated", now, details=about)
