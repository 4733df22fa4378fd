"""Briefings that are not where they should be: an incident while somebody waits for one."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import Connection, Engine

from delivery.hours import GRACE, IsDayOff, is_late
from delivery.sending import not_entered
from delivery.tables import briefing_deliveries
from delivery.wording import SCHEDULE
from reports.kinds import KINDS
from response.desk import take_findings
from response.lifecycle import Finding
from response.round import own_finding
from response.rules import load_rules
from response.tables import messages

BRIEFING_LATE = "briefing_late"


def respond_to_lateness(
    store: Engine, authority_timezone: str, is_day_off: IsDayOff, now: datetime
) -> list[Finding]:
    """Opens the incident of each kind of briefing that somebody waits for since half an hour after
    its hour, and ends it when all have left; `now` is UTC without zone."""
    with store.connect() as connection:
        found = list(_found(connection, authority_timezone, is_day_off, now))
    take_findings(store, found, now, load_rules(), lambda rule, _: rule == BRIEFING_LATE)
    return found


def _found(
    connection: Connection, authority_timezone: str, is_day_off: IsDayOff, now: datetime
) -> Iterator[Finding]:
    entered = _unsent(connection)
    untouched = [
        (due.which.kind, due.due_at)
        for due in not_entered(connection, authority_timezone, is_day_off, now)
    ]
    for name, kind in KINDS.items():
        waited = sorted(
            due_at for of, due_at in (*entered, *untouched) if of == name and is_late(now, due_at)
        )
        if waited and not kind.released_by:
            minutes = round((now - waited[0]).total_seconds() / 60)
            about = {"kind": kind.title, "missing": str(len(waited))}
            expected = GRACE.total_seconds() / 60
            finding = own_finding(BRIEFING_LATE, name, now, minutes, expected, about)
            yield replace(finding, since_at=waited[0])


def _unsent(connection: Connection) -> list[tuple[str, datetime]]:
    """Kind and hour of what was due and has not left; what was refused does not count."""
    one = briefing_deliveries.c
    query = (
        sa.select(one.kind, one.due_at)
        .outerjoin(messages, messages.c.message_id == one.message_id)
        .where(
            one.occasion == SCHEDULE,
            one.refused == "",
            messages.c.sent_at.is_(None),
        )
    )
    return [(row.kind, row.due_at) for row in connection.execute(query)]
