"""Notes on days of a place: carried by every page that is about it, and written on its own."""

from datetime import UTC, date, datetime

import streamlit as st
from incident_desk import REFUSALS, Desk, answer, desk_of, log_of, open_desk, refused
from page_parts import View
from plain_text import plain

from language import say
from reports.facts.days import day_of_month
from response.day_notes import LONGEST_NOTE, DayNote, notes_on, subject_of, write_day_note
from response.permissions import Places

SHOWN_NOTES = 5


def office_of(view: View) -> str:
    """The code of the office that the view is narrowed to; empty where it is about more."""
    kind, _, code = view.scope.name.partition(":")
    return code if kind in ("office", "site") else ""


def carried(view: View, since: date, until: date) -> None:
    """What was noted about the days that the figures of a page about one office are of."""
    code = office_of(view)
    if not code:
        return
    with desk_of(view.reader).store.connect() as connection:
        found = notes_on(connection, code, since, until)
    for note in found[:SHOWN_NOTES]:
        told = say("Noted for {day}: {text}", day=day_of_month(note.day), text=note.text)
        st.markdown(plain(f"✎ {told}"))
    if len(found) > SHOWN_NOTES:
        st.caption(say("and {n} more", n=len(found) - SHOWN_NOTES))


def note_form(view: View, today: date, zone: str, is_mission: bool) -> None:
    """A sentence on a day of the office, for whoever may report a problem there."""
    places: Places = {office_of(view): (zone, is_mission)}
    desk = desk_of(view.reader)
    if not desk.may("report"):
        return
    with st.expander(say("Note something on a day")), st.form("day_note", border=False):
        st.caption(say("Such as a power cut from 11 to 13: figures of the day carry it, for good."))
        st.date_input(say("Day"), today, max_value=today, key="note_day", format="YYYY-MM-DD")
        st.text_input(say("What was different"), key="note_text", max_chars=LONGEST_NOTE)
        st.form_submit_button(
            say("Keep the note"), on_click=_keep, args=(office_of(view), today, places)
        )


def _keep(office_code: str, today: date, places: Places) -> None:
    desk: Desk = open_desk()
    day, text = st.session_state["note_day"], st.session_state["note_text"]
    at = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
    note = DayNote(office_code, day, text.strip(), desk.reader.who, desk.role, at)
    try:
        write_day_note(desk.store, note, today, desk.scope, places, log_of(desk))
    except REFUSALS as error:
        refused(desk, subject_of(note), error)
        return
    st.session_state["note_text"] = ""
    answer("done", say("Kept for that day."))
