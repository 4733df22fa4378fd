"""Monitoring wall: is anything wrong right now?"""

from pathlib import Path

import streamlit as st
from incident_desk import desk_of
from page_parts import View, open_view
from wall_parts import by_day, by_night, equipment, figures, heartbeat, incidents

from language import language, say
from reports.facts.wall import Wall, wall
from response.inbox import inbox

REFRESH = "15s"
LOOK = Path(__file__).parents[1] / "wall.css"


def shown(view: View, facts: Wall) -> None:
    desk = desk_of(view.reader)
    with desk.store.connect() as connection:
        lines = inbox(connection, desk.scope)
    figures(facts, lines, desk)
    left, middle, right = st.columns([5, 4, 4], gap="small")
    zone = view.settings.authority_timezone
    with left:
        incidents(lines, desk)
    with middle:
        (by_night if facts.is_night else by_day)(facts, zone)
    with right:
        equipment(facts, zone)


@st.fragment(run_every=REFRESH)
def page() -> None:
    st.html(LOOK)
    with st.container(key="wall"), st.container(key=f"wall_{language()}"):
        left, right = st.columns([3, 1], vertical_alignment="center")
        with left.container(key="wall_head"):
            view = open_view(say("Monitoring wall"), say("Is anything wrong right now?"))
        if view is None:
            return
        facts = view.ask(wall)
        with right:
            heartbeat(view, facts)
        shown(view, facts)


page()
