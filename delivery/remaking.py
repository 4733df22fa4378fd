"""A briefing made again: from the publication of now, as another version beside what was sent.

Whoever asks, on the page or the command line, is asked by the same rule; the next round makes it.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Engine

from access.audit_log import Action, Entry, append_in
from access.roles import Standing
from delivery.archive import Archived, Which, named
from delivery.rights import MANAGERS, Places, RefusedError, why_not
from delivery.store import alone
from delivery.subscriptions import Actor
from delivery.tables import remakes
from operations import writing
from reports.kinds import kind_named

_remakes = remakes.c


@dataclass(frozen=True)
class Remake:
    """What somebody asked for; times are UTC without zone. Not settled, it waits for the next
    round; `error` says why it could not be made."""

    remake_id: int
    which: Which
    asked_at: datetime
    asked_by: str
    is_settled: bool
    error: str


def why_not_again(standing: Standing, which: Which, known: Places) -> str | None:
    """Why somebody of this standing may not have a briefing made again; None where they may: who
    manages what goes to others of its place may, and what is released, who releases it."""
    releasing = kind_named(which.kind).released_by
    if releasing and (standing.role not in releasing or standing.place != "all"):
        return f"the role {standing.role} at {standing.place} does not release it"
    if standing.role not in MANAGERS:
        return f"the role {standing.role} has no briefing made again"
    return why_not(standing, which.kind, which.scope, True, known)


def ask_again(store: Engine, which: Which, by: Actor, known: Places, now: datetime) -> Remake:
    """Asks for it, at `now` (UTC without zone); what was asked for already and waits is not asked
    for twice. Raises RefusedError where `by` may not."""
    reason = why_not_again(by.standing, which, known)
    if reason is not None:
        raise RefusedError(reason)
    with writing(store) as connection:
        alone(connection)
        waits = newest_remake(connection, which)
        if waits is not None and not waits.is_settled:
            return waits
        standing = by.standing
        connection.execute(
            sa.insert(remakes).values(
                **vars(which),
                asked_at=now,
                asked_by=by.who,
                role=standing.role,
                place=standing.place,
                error="",
            )
        )
        subject = f"{which.kind} of {which.scope}, {which.morning}"
        told = Entry(
            by.who, standing.role, standing.place, Action.changed, subject, "to be made again"
        )
        append_in(connection, told)
        asked = newest_remake(connection, which)
        assert asked is not None
        return asked


def unmade(connection: Connection) -> list[Remake]:
    """What waits to be made again, in the order in which it was asked for."""
    query = sa.select(remakes).where(_remakes.settled_at.is_(None)).order_by(_remakes.remake_id)
    return [_remake(row) for row in connection.execute(query)]


def newest_remake(connection: Connection, which: Which) -> Remake | None:
    """What was asked for last of a briefing."""
    query = sa.select(remakes).where(*named(remakes, which))
    row = connection.execute(query.order_by(_remakes.remake_id.desc()).limit(1)).one_or_none()
    return _remake(row) if row else None


def settle_remake(
    store: Engine, remake: Remake, now: datetime, made: Archived | None, error: str = ""
) -> None:
    """Writes down what became of it: the version that was made, or why there is none."""
    with writing(store) as connection:
        connection.execute(
            sa.update(remakes)
            .where(_remakes.remake_id == remake.remake_id)
            .values(settled_at=now, briefing_id=made.briefing_id if made else None, error=error)
        )


def _remake(row: Any) -> Remake:
    return Remake(
        row.remake_id,
        Which(row.kind, row.scope, row.language, row.morning, row.subject, row.media),
        row.asked_at,
        row.asked_by,
        row.settled_at is not None,
        row.error,
    )
