"""Incidents about the installation itself, opened and closed by whoever looks at it.

What the data shows is found by models and becomes an incident with its run. A dead channel, a
person with too many alarms, or a scheduler that is silent is found without a run.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from response.history import Event
from response.incidents import append
from response.rules import load_rules
from response.tables import incidents


@dataclass(frozen=True)
class Trouble:
    """Something of this installation that is wrong: `thing` says which, `parameters` fill the
    rule's title in, `measured` and `expected` are in the rule's unit."""

    rule: str
    thing: str
    measured: float | None = None
    expected: float | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)


def keep(
    connection: Connection, looked_at: Collection[str], troubles: Collection[Trouble], now: datetime
) -> list[int]:
    """Open an incident for each of `troubles`, and resolve those of the rules `looked_at` that
    were not found again; returns the numbers of what was opened or reopened. Within `writing`."""
    wrong = {(one.rule, one.thing): one for one in troubles}
    open_now = {
        (row.rule, row.thing): row.incident_id
        for row in connection.execute(
            sa.select(incidents.c.rule, incidents.c.thing, incidents.c.incident_id).where(
                incidents.c.rule.in_(looked_at), incidents.c.state != "resolved"
            )
        )
    }
    begun = [
        _begin(connection, one, now, -number)
        for number, (key, one) in enumerate(wrong.items(), start=1)
        if key not in open_now
    ]
    over = [
        Event(number, "resolved", now, text="it is well again", details={"outcome": "cleared"})
        for key, number in open_now.items()
        if key not in wrong
    ]
    touched = append(connection, [*begun, *over])
    return [one.incident_id for one in touched if not one.is_over]


def _begin(connection: Connection, trouble: Trouble, now: datetime, number: int) -> Event:
    """What was over a short while ago goes on; anything else begins anew."""
    rule = load_rules()[trouble.rule]
    since = now - timedelta(minutes=rule.reopen_within_minutes)
    last = connection.scalar(
        sa.select(incidents.c.incident_id)
        .where(
            incidents.c.rule == trouble.rule,
            incidents.c.thing == trouble.thing,
            incidents.c.resolved_at >= since,
            incidents.c.resolved_at <= now,
        )
        .order_by(incidents.c.resolved_at.desc())
        .limit(1)
    )
    if last is not None:
        return Event(last, "reopened", now)
    about = {
        "rule": trouble.rule,
        "thing": trouble.thing,
        "place_scope": "all",
        "zone": None,
        "is_mission": False,
        "severity": rule.severity,
        "since_at": now.isoformat(),
        "measured": trouble.measured,
        "expected": trouble.expected,
        "parameters": dict(trouble.parameters),
    }
    return Event(number, "opened", now, details=about)
