"""What happened to incidents and what was told of it, row by row, for the publication.

People appear by their roles alone: who they are is for the room that reads the store.
"""

from collections import defaultdict
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from response.tables import deliveries, duties, incident_events, incidents, messages, notices


def events_since(connection: Connection, since: datetime) -> list[dict[str, Any]]:
    """Events in their order of incidents that are open or were over after `since` (UTC without
    zone): event_id, incident_id (texts), kind, happened_at, role, to_role, said."""
    query = (
        sa.select(incident_events)
        .join(incidents, incidents.c.incident_id == incident_events.c.incident_id)
        .where(_lately(since))
        .order_by(incident_events.c.event_id)
    )
    roles = _roles(connection)
    return [
        {
            "event_id": str(row.event_id),
            "incident_id": str(row.incident_id),
            "kind": row.kind,
            "happened_at": row.at,
            "role": row.role,
            "to_role": roles.get(row.details.get("to"), row.details.get("to")),
            "said": row.text,
        }
        for row in connection.execute(query)
    ]


def told_since(connection: Connection, since: datetime) -> list[dict[str, Any]]:
    """Messages about the same incidents, one row an incident, message and kind of event that it
    tells: message_id, incident_id (texts), kind, role (those of the recipient in the roster, None
    for one who has none), channel, made_at, sent_at, dead_at, attempts."""
    query = (
        sa.select(
            messages, deliveries.c.incident_id, incident_events.c.kind, deliveries.c.person
        )
        .join(deliveries, deliveries.c.message_id == messages.c.message_id)
        .join(notices, notices.c.notice_id == deliveries.c.notice_id)
        .join(incident_events, incident_events.c.event_id == notices.c.event_id)
        .join(incidents, incidents.c.incident_id == deliveries.c.incident_id)
        .where(_lately(since))
        .order_by(messages.c.message_id, deliveries.c.delivery_id)
    )  # fmt: skip
    roles = _roles(connection)
    found = {
        (row.incident_id, row.message_id, row.kind): {
            "message_id": str(row.message_id),
            "incident_id": str(row.incident_id),
            "kind": row.kind,
            "role": roles.get(row.person),
            "channel": row.channel,
            "made_at": row.made_at,
            "sent_at": row.sent_at,
            "dead_at": row.dead_at,
            "attempts": row.attempts,
        }
        for row in connection.execute(query)
    }
    return list(found.values())


def _lately(since: datetime) -> sa.ColumnElement[bool]:
    return sa.or_(incidents.c.state != "resolved", incidents.c.resolved_at >= since)


def _roles(connection: Connection) -> dict[str, str]:
    named: defaultdict[str, set[str]] = defaultdict(set)
    for row in connection.execute(sa.select(duties.c.person, duties.c.role)):
        named[row.person].add(row.role)
    return {person: " ".join(sorted(roles)) for person, roles in named.items()}
