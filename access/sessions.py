"""Sessions and how they end: by age, by idleness, by revocation. Ended is ended: only a new login
goes on."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum

import pandas as pd
import sqlalchemy as sa
from sqlalchemy import Connection, Engine

from access.audit_log import COMMAND_LINE, Action, Entry, append_in
from access.roles import WHOLE, Standing
from access.tables import revocations, sessions
from config import AccessSettings
from operations import writing

# Use is written down once in so long, so that a page that refreshes writes little.
_GRAIN = timedelta(minutes=1)
# Clocks of the provider and of this machine may differ by so much.
_CLOCKS_APART = timedelta(minutes=2)


class SessionState(StrEnum):
    """Whether a session goes on, and if not, why."""

    goes_on = "goes on"
    too_old = "too old"
    idle = "idle"
    revoked = "revoked"


def session_state(
    store: Engine,
    settings: AccessSettings,
    who: str,
    issued_at: datetime,
    given: Sequence[Standing],
    now: datetime,
    *,
    is_use: bool,
) -> SessionState:
    """The state of the session that began at `issued_at` (aware, from the ID token).

    `is_use` tells use, which puts idleness off, from a page that refreshes by itself. A session
    that was not seen before is a login and goes into the log."""
    issued, at = _bare(issued_at), _bare(now)
    mine = (sessions.c.who == who) & (sessions.c.issued_at == issued)
    with store.connect() as connection:
        is_revoked = connection.scalar(
            sa.select(sa.func.count()).select_from(revocations).where(revocations.c.who == who)
        )
        last_used = connection.scalar(sa.select(sessions.c.last_used_at).where(mine))
    if is_revoked:
        return SessionState.revoked
    if not -_CLOCKS_APART <= at - issued < timedelta(hours=settings.session_hours):
        return SessionState.too_old
    if last_used is None:
        _begin(store, who, issued, given, now)
    elif at - last_used > timedelta(minutes=settings.idle_minutes):
        return SessionState.idle
    elif is_use and at - last_used >= _GRAIN:
        with writing(store) as connection:
            connection.execute(sa.update(sessions).where(mine).values(last_used_at=at))
    return SessionState.goes_on


def revoke(store: Engine, who: str, by: str, why: str, now: datetime) -> bool:
    """Shuts somebody out: open sessions end, new logins are denied. False where that was so."""
    with writing(store) as connection:
        if connection.scalar(sa.select(revocations.c.who).where(revocations.c.who == who)):
            return False
        connection.execute(
            sa.insert(revocations).values(who=who, revoked_at=_bare(now), revoked_by=by, why=why)
        )
        append_in(connection, _change(by, f"access of {who}", f"revoked: {why}"), now)
    return True


def allow(store: Engine, who: str, by: str, why: str, now: datetime) -> bool:
    """Lets somebody in again who was shut out. False for one who was not."""
    with writing(store) as connection:
        gone = connection.execute(sa.delete(revocations).where(revocations.c.who == who))
        if not gone.rowcount:
            return False
        append_in(connection, _change(by, f"access of {who}", f"allowed again: {why}"), now)
    return True


def people(store: Engine) -> pd.DataFrame:
    """Who has which role, from each person's newest login: who, standings (text), issued_at,
    last_used_at (aware, UTC), is_revoked."""
    newest = (
        sa.select(sessions.c.who, sa.func.max(sessions.c.issued_at).label("issued_at"))
        .group_by(sessions.c.who)
        .subquery()
    )
    with store.connect() as connection:
        frame = pd.read_sql(
            sa.select(
                sessions.c.who,
                sessions.c.standings,
                sessions.c.issued_at,
                sessions.c.last_used_at,
                revocations.c.who.is_not(None).label("is_revoked"),
            )
            .join(
                newest,
                (sessions.c.who == newest.c.who) & (sessions.c.issued_at == newest.c.issued_at),
            )
            .outerjoin(revocations, revocations.c.who == sessions.c.who)
            .order_by(sessions.c.who),
            connection,
        )
    moments = ("issued_at", "last_used_at")
    return frame.assign(
        is_revoked=frame["is_revoked"].astype(bool),
        **{name: pd.to_datetime(frame[name], utc=True) for name in moments},
    )


def revoked(store: Engine) -> pd.DataFrame:
    """Who is shut out: who, revoked_at (aware, UTC), revoked_by, why."""
    with store.connect() as connection:
        frame = pd.read_sql(sa.select(revocations).order_by(revocations.c.who), connection)
    return frame.assign(revoked_at=pd.to_datetime(frame["revoked_at"], utc=True))


def still_stands(connection: Connection, who: str, standing: Standing) -> bool:
    """False for somebody who is shut out, and where the newest login no longer gave this role at
    this place or at all of them. Who never logged in stands as somebody said."""
    if connection.scalar(sa.select(revocations.c.who).where(revocations.c.who == who)):
        return False
    newest = (
        sa.select(sessions.c.standings)
        .where(sessions.c.who == who)
        .order_by(sessions.c.issued_at.desc())
        .limit(1)
    )
    given = connection.scalar(newest)
    wide = Standing(standing.role, WHOLE)
    return given is None or not {in_words([one]) for one in (standing, wide)}.isdisjoint(
        given.split("; ")
    )


def in_words(given: Sequence[Standing]) -> str:
    """Such as `analyst at all; office_head at office:KHI-R1`."""
    return "; ".join(f"{standing.role} at {standing.place}" for standing in given)


def _begin(
    store: Engine, who: str, issued: datetime, given: Sequence[Standing], now: datetime
) -> None:
    with writing(store) as connection:
        is_known = sa.select(sessions.c.who).where(
            sessions.c.who == who, sessions.c.issued_at == issued
        )
        if connection.scalar(is_known):
            return
        connection.execute(
            sa.insert(sessions).values(
                who=who, issued_at=issued, standings=in_words(given), last_used_at=_bare(now)
            )
        )
        roles = ", ".join(dict.fromkeys(standing.role for standing in given))
        places = ", ".join(dict.fromkeys(standing.place for standing in given))
        entry = Entry(who, roles, places, Action.logged_in, "dashboard")
        append_in(connection, entry, now)


def _change(by: str, subject: str, detail: str) -> Entry:
    return Entry(by, COMMAND_LINE, "all", Action.changed, subject, detail)


def _bare(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)
