"""Notes on days: at the places of who writes, about days that have come, kept for good."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from people import NOW
from sqlalchemy.exc import DBAPIError

from operations import writing
from response.day_notes import LONGEST_NOTE, DayNote, notes_on, write_day_note
from response.desk import RefusedError
from response.permissions import ForbiddenError
from response.tables import day_notes

TODAY = date(2026, 3, 11)
PLACES = {"LHR-01": ("Lahore", False)}
NOTE = DayNote("LHR-01", TODAY, "power cut 11 to 13", "head", "office_head", NOW)


def test_a_note_is_kept_for_its_day_and_place_and_never_changed(people_store: sa.Engine) -> None:
    later = replace(NOTE, day=TODAY - timedelta(days=1), text="heavy rain")
    for note in (NOTE, later, replace(NOTE, day=TODAY - timedelta(days=9))):
        write_day_note(people_store, note, TODAY, "office:LHR-01", PLACES)
    with people_store.connect() as connection:
        assert notes_on(connection, "LHR-01", TODAY - timedelta(days=7), TODAY) == [NOTE, later]
        assert notes_on(connection, "LHR-02", TODAY - timedelta(days=7), TODAY) == []
    for change in (sa.update(day_notes).values(text="x"), sa.delete(day_notes)):
        with pytest.raises(DBAPIError, match="never changed"), writing(people_store) as connection:
            connection.execute(change)


@pytest.mark.parametrize(
    ("note", "scope", "error"),
    [
        (NOTE, "office:LHR-02", ForbiddenError),
        (replace(NOTE, role="analyst"), "all", ForbiddenError),
        (replace(NOTE, text="  "), "zone:Lahore", RefusedError),
        (replace(NOTE, text="x" * (LONGEST_NOTE + 1)), "zone:Lahore", RefusedError),
        (replace(NOTE, text="for " + "35202" + "1" * 8), "zone:Lahore", RefusedError),
        (replace(NOTE, day=TODAY + timedelta(days=1)), "zone:Lahore", RefusedError),
    ],
)
def test_what_is_refused_is_not_kept(
    people_store: sa.Engine, note: DayNote, scope: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        write_day_note(people_store, note, TODAY, scope, PLACES)
    with people_store.connect() as connection:
        assert connection.execute(sa.select(day_notes)).all() == []
