"""The audit log: who did what, in lines of which none can be changed, removed or put in unseen.

Each line's hash covers the line and the hash before it, and a head outside the log holds the
number of lines and the last hash. A line names people who use the system, never an applicant: no
value of a case, no identity number.
"""

import hashlib
import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import pandas as pd
import sqlalchemy as sa
from sqlalchemy import Connection, Engine

from access.tables import audit_head, audit_log
from operations import writing

_HEAD = 1
# Where somebody works on the machine itself, past every login.
COMMAND_LINE = "command line"


class Action(StrEnum):
    """What somebody did."""

    logged_in = "logged in"
    saw = "saw"
    exported = "exported"
    was_denied = "was denied"
    released = "released"
    decided = "decided"
    changed = "changed"


@dataclass(frozen=True)
class Entry:
    """One act. `subject` is a page, table or batch; `rows` how many of them were handed out."""

    who: str
    role: str
    place: str
    action: Action
    subject: str
    detail: str = ""
    rows: int | None = None
    generation: str | None = None


@dataclass(frozen=True)
class Verdict:
    """What a look at the whole log found: the lines that hold, the hash of the last of them, and
    the first fault, None where there is none."""

    entries: int
    hash: str
    fault: str | None


def append(store: Engine, entry: Entry, at: datetime | None = None) -> None:
    """Adds a line, at `at` (aware; default: now). Whoever writes meanwhile waits."""
    with writing(store) as connection:
        append_in(connection, entry, at)


def append_in(connection: Connection, entry: Entry, at: datetime | None = None) -> None:
    """Adds a line within the caller's transaction."""
    head = connection.execute(
        sa.select(audit_head).where(audit_head.c.head_id == _HEAD).with_for_update()
    ).one()
    line: dict[str, Any] = {
        "entry_id": head.entries + 1,
        "at": (at or datetime.now(UTC)).astimezone(UTC).replace(tzinfo=None),
        "who": entry.who,
        "role": entry.role,
        "place": entry.place,
        "action": entry.action.value,
        "subject": entry.subject,
        "detail": entry.detail,
        "row_count": entry.rows,
        "generation": entry.generation,
    }
    line["hash"] = _hash(line, head.hash)
    connection.execute(sa.insert(audit_log).values(line))
    connection.execute(
        sa.update(audit_head)
        .where(audit_head.c.head_id == _HEAD)
        .values(entries=line["entry_id"], hash=line["hash"])
    )


def verify(store: Engine, noted: str | None = None) -> Verdict:
    """Follows the chain from the first line to the head.

    `noted` is a hash that an earlier look gave: it must still be in the chain, so that a log
    that was written anew from some line on is found too.
    """
    entries, before, fault = 0, "", None
    is_noted_seen = noted is None
    with store.connect() as connection:
        for line in _lines(connection):
            if line["entry_id"] != entries + 1:
                fault = f"line {entries + 1} is missing: line {line['entry_id']} comes next"
            elif line["hash"] != _hash(line, before):
                fault = f"line {line['entry_id']} is not as it was written"
            if fault:
                return Verdict(entries, before, fault)
            entries, before = line["entry_id"], line["hash"]
            is_noted_seen = is_noted_seen or before == noted
        head = connection.execute(sa.select(audit_head)).one_or_none()
    if head is None or (head.entries, head.hash) != (entries, before):
        told = f"{head.entries} lines" if head else "nothing"
        fault = f"the log ends with line {entries}, but its head tells of {told}"
    elif not is_noted_seen:
        fault = "the noted hash is no longer in the log: it was written anew"
    return Verdict(entries, before, fault)


def entries_since(
    store: Engine, since: datetime, actions: Collection[Action], limit: int
) -> pd.DataFrame:
    """The newest lines of these actions since `since` (aware), newest first: at (aware, UTC), who,
    role, place, action, subject, detail, row_count, generation."""
    columns = [column for column in audit_log.c if column.name not in ("entry_id", "hash")]
    with store.connect() as connection:
        frame = pd.read_sql(
            sa.select(*columns)
            .where(
                audit_log.c.at >= since.astimezone(UTC).replace(tzinfo=None),
                audit_log.c.action.in_([action.value for action in actions]),
            )
            .order_by(audit_log.c.entry_id.desc())
            .limit(limit),
            connection,
        )
    return frame.assign(at=pd.to_datetime(frame["at"], utc=True))


def _lines(connection: Connection) -> Iterator[dict[str, Any]]:
    found = connection.execution_options(yield_per=1000).execute(
        sa.select(audit_log).order_by(audit_log.c.entry_id)
    )
    for row in found.mappings():
        yield dict(row)


def _hash(line: dict[str, Any], before: str) -> str:
    content = [
        value.isoformat(timespec="microseconds") if isinstance(value, datetime) else value
        for name, value in line.items()
        if name != "hash"
    ]
    text = json.dumps([before, *content], ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
