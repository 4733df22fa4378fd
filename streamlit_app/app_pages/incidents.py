"""Incidents: what do I do next, who owns it?"""

import streamlit as st
from filters import choose, filtered, from_address, place_choices
from incident_desk import open_desk, show_answer
from incident_queue import picked, queue
from incident_shift import announce, how_it_goes, report
from page_parts import open_view

from language import say
from reports.broker import Scope
from reports.facts.places import places

LISTS = ("open", "over", "shift", "report")


def page() -> None:
    view = open_view(say("Incidents"), say("What do I do next, who owns it?"))
    desk = open_desk()
    shown, names, lie = desk.scope, {desk.scope: desk.reader.scope.title}, {}
    if view is not None:
        offices = view.ask(places)
        choices = place_choices(desk.reader.scope, offices).items()
        names = {Scope(name).place_scope: title for name, title in choices}
        zones, abroad = offices["zone"], offices["kind"] == "mission"
        lie = dict(zip(offices["office_code"], zip(zones, abroad, strict=True), strict=True))
    left, right = st.columns([2, 3], gap="medium", vertical_alignment="bottom")
    if view is not None:
        with left:
            shown = filtered(view, "place")[0].scope.place_scope
    labels = {
        "open": say("Open"),
        "over": say("Over in 24 hours"),
        "shift": say("Shift and rules"),
        "report": say("Report and announce"),
    }
    which = from_address("show", LISTS) or LISTS[0]
    with right:
        choose("show", say("What is shown"), labels, which)
    if which == "shift":
        show_answer()
        how_it_goes(desk, view, shown)
        return
    left, right = st.columns(2) if which == "report" else st.columns([2, 3], gap="medium")
    if which == "report":
        show_answer()
        with left.container(border=True):
            report(desk, names, lie)
        with right.container(border=True):
            announce(desk, names, lie)
        return
    with left:
        queue(shown, which)
    with right.container(border=True):
        picked(desk, shown, which)


page()
