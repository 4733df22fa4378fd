"""The archive: each briefing that was made, as a file with its SHA-256 and what it was made from.

The same one (kind, subject, scope, language, morning) is made once; made again on demand it is
another version, and both stay. A file lies in its place before the store tells of it.
"""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Engine

from access.audit_log import Action, Entry, append_in
from access.roles import Standing
from config import Home
from delivery.rights import Places, RefusedError, why_not
from delivery.store import alone
from delivery.subscriptions import Actor
from delivery.tables import briefings, releases
from language import say
from operations import replace_synced, writing
from reports.kinds import kind_named

PDF, CSV = "pdf", "csv"

_UNSAFE = re.compile(r"[^A-Za-z0-9-]+")


class ArchiveError(Exception):
    """A file of the archive is gone or is not as it was made; the message names it."""


@dataclass(frozen=True)
class Which:
    """What a briefing is: `subject` is the incident of an incident report, else empty; `morning`
    a day of the authority; `language` empty for open data."""

    kind: str
    scope: str
    language: str
    morning: date
    subject: str = ""
    media: str = PDF


@dataclass(frozen=True)
class Made:
    """Where a briefing comes from: the generation and its run; `by` is who asked for it, empty
    for the schedule. `at` is UTC without zone."""

    generation: str
    run_id: str
    at: datetime
    by: str
    is_late: bool


@dataclass(frozen=True)
class Archived:
    """A file of the archive; `file` is relative to the home's briefings."""

    briefing_id: int
    which: Which
    version: int
    made: Made
    file: str
    sha256: str
    size_bytes: int
    is_released: bool

    def is_newer(self, moment: datetime | None) -> bool:
        """Whether it was made at a moment (UTC without zone) or later; always where there is
        none."""
        return moment is None or self.made.at >= moment


def keep(
    store: Engine,
    home: Home,
    which: Which,
    made: Made,
    content: bytes,
    *,
    newer_than: datetime | None = None,
) -> Archived:
    """Puts a briefing into the archive. Where it is there already it stays as it is, unless one is
    wanted that was made at `newer_than` (UTC without zone) or later: then this is its next version.
    """
    with writing(store) as connection:
        alone(connection)
        known = find(connection, which)
        if known is not None and known.is_newer(newer_than):
            return known
        version = known.version + 1 if known else 1
        file = _file(which, version)
        path = home.briefings / file
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_synced(path, content)
        key = connection.execute(
            sa.insert(briefings).values(
                **vars(which),
                version=version,
                generation=made.generation,
                run_id=made.run_id,
                made_at=made.at,
                made_by=made.by,
                is_late=made.is_late,
                file=file,
                sha256=hashlib.sha256(content).hexdigest(),
                size_bytes=len(content),
            )
        ).inserted_primary_key
        assert key is not None
        return archived(connection, int(key[0]))


def find(connection: Connection, which: Which) -> Archived | None:
    """The newest version of a briefing; None where it was not made."""
    query = _query().where(*named(briefings, which)).order_by(briefings.c.version.desc()).limit(1)
    row = connection.execute(query).one_or_none()
    return _archived(row) if row else None


def named(table: sa.Table, which: Which) -> list[sa.ColumnElement[bool]]:
    """The conditions by which the rows of a table are about one briefing."""
    return [table.c[name] == value for name, value in vars(which).items()]


def archived(connection: Connection, briefing_id: int) -> Archived:
    """One file of the archive. Raises ArchiveError where there is none."""
    row = connection.execute(_query().where(briefings.c.briefing_id == briefing_id)).one_or_none()
    if row is None:
        raise ArchiveError(f"the archive holds no briefing {briefing_id}")
    return _archived(row)


def newest(connection: Connection, limit: int, since: date = date.min) -> list[Archived]:
    """What was made for the mornings from `since` on, the newest first, at most `limit`."""
    query = (
        _query()
        .where(briefings.c.morning >= since)
        .order_by(briefings.c.morning.desc(), briefings.c.briefing_id.desc())
        .limit(limit)
    )
    return [_archived(row) for row in connection.execute(query)]


def mornings_of(connection: Connection, kind: str, scope: str) -> set[date]:
    """The mornings of which the archive holds a kind, of a scope."""
    one = briefings.c
    query = sa.select(one.morning).where(one.kind == kind, one.scope == scope)
    return set(connection.scalars(query))


def seen_by(found: Iterable[Archived], standing: Standing, known: Places) -> list[Archived]:
    """Those that somebody of this standing may look at."""
    return [
        one
        for one in found
        if why_not(standing, one.which.kind, one.which.scope, one.is_released, known) is None
    ]


def content_of(home: Home, briefing: Archived) -> bytes:
    """The bytes as they were made. Raises ArchiveError where the file is gone or another."""
    file = home.briefings / briefing.file
    try:
        content = file.read_bytes()
    except OSError as error:
        raise ArchiveError(f"{file} cannot be read ({type(error).__name__})") from error
    if hashlib.sha256(content).hexdigest() != briefing.sha256:
        raise ArchiveError(f"{file} is not as it was made: its SHA-256 differs")
    return content


def release(store: Engine, briefing: Archived, by: Actor, now: datetime) -> list[Archived]:
    """Releases a briefing that needs it, with all that was made for its morning from the same
    generation (other languages, open data); gives what was released now.

    Raises RefusedError where it needs no release, or `by` may not give it.
    """
    kind = kind_named(briefing.which.kind)
    if not kind.released_by:
        raise RefusedError(say("This briefing needs no release."))
    if by.standing.role not in kind.released_by or by.standing.place != "all":
        raise RefusedError(
            say(
                "Only {roles} for the whole authority may release it.",
                roles=", ".join(sorted(kind.released_by)),
            )
        )
    query = _query().where(
        briefings.c.kind == briefing.which.kind,
        briefings.c.morning == briefing.which.morning,
        briefings.c.generation == briefing.made.generation,
        releases.c.briefing_id.is_(None),
    )
    with writing(store) as connection:
        held = [_archived(row) for row in connection.execute(query)]
        for one in held:
            connection.execute(
                sa.insert(releases).values(
                    briefing_id=one.briefing_id,
                    released_at=now,
                    released_by=by.who,
                    role=by.standing.role,
                )
            )
            entry = Entry(
                by.who,
                by.standing.role,
                by.standing.place,
                Action.released,
                one.file,
                one.sha256,
                generation=one.made.generation,
            )
            append_in(connection, entry)
        return [archived(connection, one.briefing_id) for one in held]


def _query() -> sa.Select[Any]:
    return sa.select(briefings, releases.c.released_at).outerjoin(
        releases, releases.c.briefing_id == briefings.c.briefing_id
    )


def _archived(row: Any) -> Archived:
    return Archived(
        row.briefing_id,
        Which(row.kind, row.scope, row.language, row.morning, row.subject, row.media),
        row.version,
        Made(row.generation, row.run_id, row.made_at, row.made_by, row.is_late),
        row.file,
        row.sha256,
        row.size_bytes,
        row.released_at is not None,
    )


def _file(which: Which, version: int) -> str:
    """A name that says what it is. A scope's signs that are none of a file's name are told apart
    by its hash."""
    scope = _UNSAFE.sub("-", which.scope).strip("-")
    if scope != which.scope.replace(":", "-"):
        scope += f"-{hashlib.sha256(which.scope.encode()).hexdigest()[:6]}"
    parts = [which.kind, f"{which.morning}", _UNSAFE.sub("-", which.subject), scope, which.language]
    again = f"-v{version}" if version > 1 else ""
    name = "-".join(part for part in parts if part)
    return f"{which.morning:%Y-%m}/{name}{again}.{which.media}"
