"""Redistribute: where should people and print work move?"""

import pandas as pd
import streamlit as st
from filters import filtered
from incident_desk import Desk, desk_of, show_answer
from page_parts import View, behind, open_view, plain
from proposals import draw, draw_decided, row_of

from language import say
from reports import foresight_wording as words
from reports import wording
from reports.facts.places import places
from reports.facts.redistribution import redistribution
from response.decisions import Decision, decisions_at, newest_decisions
from response.inbox import inbox
from response.permissions import Places

SHOWN = 20


def waiting_ones(view: View, desk: Desk, waiting: pd.DataFrame, lie: Places) -> None:
    """What waits for a decision, what brings most first."""
    st.caption(say("From last night's forecast; gains are those of all its days together"))
    with desk.store.connect() as connection:
        lines = inbox(connection, desk.scope)
    for row in waiting.head(SHOWN).to_dict("records"):
        draw(row, lines, lie, desk.may("decide"))
    if len(waiting):
        shown = [name for name in waiting if name not in ("from_place", "to_place", "state")]
        behind(view, "proposals", waiting[shown].dropna(axis="columns", how="all"))


def decided_ones(
    view: View, mine: list[Decision], published: pd.DataFrame, names: pd.DataFrame
) -> None:
    """What was decided at the reader's places, and what was seen of it."""
    st.markdown(f"**{say('What was decided, and what came of it')}**")
    st.caption(say("Seen: the days of the decision against those before them; no proof of a cause"))
    if not mine:
        st.caption(say("Nothing was decided yet."))
    seen = published.set_index("recommendation_id")["seen_effect"].dropna()
    for decision in mine[:SHOWN]:
        effect = seen.get(decision.proposal.recommendation_id)
        draw_decided(decision, row_of(decision, names), effect)
    if len(published):
        behind(view, "decided", wording.with_glyphs(published))


def page() -> None:
    view = open_view(say("Redistribute"), say("Where should people and print work move?"))
    if view is None:
        return
    desk = desk_of(view.reader)
    show_answer()
    names = view.ask(places).set_index("office_code")
    zones = zip(names["zone"], names["kind"] == "mission", strict=True)
    lie = dict(zip(names.index, zones, strict=True))
    view, _ = filtered(view, "place")
    facts = view.ask(redistribution)
    with desk.store.connect() as connection:
        decided = newest_decisions(connection)
    waiting = facts.waiting[~facts.waiting["recommendation_id"].isin(list(decided))]
    mine = decisions_at(reversed(decided.values()), view.scope.place_scope, lie)
    st.subheader(plain(words.redistribution_title(waiting)), anchor=False)
    left, right = st.columns([3, 2])
    with left:
        waiting_ones(view, desk, waiting, lie)
    with right:
        decided_ones(view, mine, facts.decided, names)


page()
