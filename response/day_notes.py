"""Notes on a day of a place, such as "power cut 11 to 13": what figures of that day carry.

A note is never changed or taken back; a later one says so.
"""

from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy import Connection, Engine

from language import say
from operations import writing
from response.desk import Log, RefusedError, refuse_text, unlogged
from response.permissions import Places, require
from response.tables import day_notes

LONGEST_NOTE = 300


@dataclass(frozen=True)
class DayNote:
    """What somebody wrote about a day of a place, by its office code; `at` is UTC without zone."""

    office_code: str
    day: date
    text: str
    actor: str
    role: str
    at: datetime


def write_day_note(
    store: Engine, note: DayNote, today: date, scope: str, places: Places, log: Log = unlogged
) -> None:
    """Keeps a note. `scope` are the places of who writes, `today` is the authority's day.

    Raises ForbiddenError, or RefusedError for an empty or long one, one with a personal number, and
    one on a day to come.
    """
    zone, is_mission = places.get(note.office_code, (None, False))
    require(note.role, scope, "report", f"office:{note.office_code}", zone, is_mission)
    refuse_text(note.text)
    if not note.text.strip() or len(note.text) > LONGEST_NOTE:
        raise RefusedError(say("write a sentence of at most {n} characters", n=LONGEST_NOTE))
    if note.day > today:
        raise RefusedError(say("a note is about a day that has come; announce what is to come"))
    with writing(store) as connection:
        connection.execute(sa.insert(day_notes), [vars(note)])
        log(connection, subject_of(note), "noted")


def subject_of(note: DayNote) -> str:
    """What the audit log calls a note."""
    return f"note on {note.day} of {note.office_code}"


def notes_on(connection: Connection, office_code: str, since: date, until: date) -> list[DayNote]:
    """The notes on the days from `since` to `until` of a place, the newest day first."""
    found = connection.execute(
        sa.select(day_notes)
        .where(day_notes.c.office_code == office_code, day_notes.c.day.between(since, until))
        .order_by(day_notes.c.day.desc(), day_notes.c.note_id)
    )
    return [
        DayNote(row.office_code, row.day, row.text, row.actor, row.role, row.at) for row in found
    ]
