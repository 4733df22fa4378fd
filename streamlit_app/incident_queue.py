"""The queue of incidents and the one that was picked, side by side."""

from datetime import timedelta

import streamlit as st
from incident_desk import Desk, open_desk, show_answer
from incident_forms import actions
from incident_parts import family, heading, queue_line, timeline
from plain_text import plain

from language import say
from reports import wording
from response.inbox import Line, inbox, over_since, whole
from response.incidents import IncidentUnknownError

REFRESH = "20s"
LATELY = timedelta(days=1)
SHOWN_LINES = 25


def lines_of(desk: Desk, scope: str, which: str) -> list[Line]:
    """The incidents at the places of a scope: those `open`, or those `over` lately."""
    with desk.store.connect() as connection:
        if which == "over":
            return over_since(connection, scope, desk.now - LATELY)
        return inbox(connection, scope)


def named_number() -> int | None:
    """The incident that the address names."""
    named = st.query_params.get("incident", "")
    return int(named) if named.isdecimal() and len(named) < 18 else None


def chosen_number(lines: list[Line]) -> int | None:
    """The incident that the address names, else the first of the list."""
    first = lines[0].incident.incident_id if lines else None
    return first if (named := named_number()) is None else named


@st.fragment(run_every=REFRESH)
def queue(scope: str, which: str) -> None:
    """The list, drawn anew by itself. What is typed beside it stays."""
    desk = open_desk()
    lines = lines_of(desk, scope, which)
    chosen = chosen_number(lines)
    if lines and which == "open":
        st.markdown(f"**{plain(_finding(lines))}**")
    if not lines:
        nothing = say("Nothing ended here in the last 24 hours.")
        st.success(say("Nothing is open here.") if which == "open" else nothing, icon="✅")
    for line in lines[:SHOWN_LINES]:
        number = line.incident.incident_id
        if queue_line(line, desk, number == chosen):
            _open(number)
    if len(lines) > SHOWN_LINES:
        st.caption(say("and {n} more: pick a place above", n=len(lines) - SHOWN_LINES))


def picked(desk: Desk, scope: str, which: str) -> None:
    """The incident that was picked, whole, with all that can be done about it."""
    number = named_number()
    if number is None:
        number = chosen_number(lines_of(desk, scope, which))
    show_answer()
    if number is None:
        return
    try:
        with desk.store.connect() as connection:
            found = whole(connection, number, desk.scope, desk.now)
            others = inbox(connection, desk.scope)
    except IncidentUnknownError:
        st.info(say("There is no incident {number} among your places.", number=number))
        return
    heading(found, desk)
    actions(desk, found, others)
    if (opened := family(found)) is not None:
        _open(opened)
    timeline(found, desk)


def _finding(lines: list[Line]) -> str:
    return say(
        "{n} open: {critical} critical, {nobodys} that nobody has",
        n=wording.number(len(lines)),
        critical=wording.number(sum(line.incident.severity == "critical" for line in lines)),
        nobodys=wording.number(sum(line.incident.state == "open" for line in lines)),
    )


def _open(number: int) -> None:
    st.query_params["incident"] = str(number)
    st.rerun()
