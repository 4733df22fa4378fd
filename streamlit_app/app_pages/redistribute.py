"""Redistribute: where should people and print work move?"""

import streamlit as st
from filters import filtered
from incident_desk import Desk, desk_of, show_answer
from page_parts import View, behind, open_view, plain
from proposals import Standing, draw, draw_decided, row_of, standing

from language import say
from reports import foresight_wording as words
from reports import wording
from reports.facts.places import places
from response.inbox import inbox

SHOWN = 20


def waiting_ones(view: View, desk: Desk, now: Standing) -> None:
    """What waits for a decision, what brings most first."""
    st.caption(say("From last night's forecast; gains are those of all its days together"))
    with desk.store.connect() as connection:
        lines = inbox(connection, desk.scope)
    for row in now.waiting.head(SHOWN).to_dict("records"):
        draw(row, lines, now.lie, desk.may("decide"))
    if len(now.waiting):
        hidden = ["from_place", "to_place", "state"]
        shown = now.waiting.drop(columns=hidden).dropna(axis="columns", how="all")
        behind(view, "proposals", shown)


def decided_ones(view: View, now: Standing) -> None:
    """What was decided at the reader's places, and what was seen of it."""
    st.markdown(f"**{say('What was decided, and what came of it')}**")
    st.caption(say("Seen: the days of the decision against those before them; no proof of a cause"))
    if not now.decided:
        st.caption(say("Nothing was decided yet."))
    for decision in now.decided[:SHOWN]:
        effect = now.seen.get(decision.proposal.recommendation_id)
        draw_decided(decision, row_of(decision, now.names), effect)
    if len(now.published):
        behind(view, "decided", wording.with_glyphs(now.published))


def page() -> None:
    view = open_view(say("Redistribute"), say("Where should people and print work move?"))
    if view is None:
        return
    desk = desk_of(view.reader)
    show_answer()
    names = view.ask(places).set_index("office_code")
    view, _ = filtered(view, "place")
    now = standing(view, desk, names)
    st.subheader(plain(words.redistribution_title(now.waiting)), anchor=False)
    left, right = st.columns([3, 2])
    with left:
        waiting_ones(view, desk, now)
    with right:
        decided_ones(view, now)


page()
