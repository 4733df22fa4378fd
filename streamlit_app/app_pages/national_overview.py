"""National overview: do we issue enough, on time, now?"""

import streamlit as st
from incident_desk import desk_of
from page_list import row_named
from page_parts import REFRESH, View, open_view, plain, show, side_by_side, tiles
from proposals import came_of, decided_title, row_of, standing

from language import say
from reports import foresight_wording as words
from reports import wording
from reports.charts import national
from reports.facts.overview import Overview
from reports.facts.places import places

SHOWN_CHANGES = 8
SHOWN_DECISIONS = 3


def what_changed(facts: Overview) -> None:
    """Figures of zones that chance does not explain, those that are bad news first."""
    title = say("What changed: {finding}", finding=wording.changes_title(facts))
    with st.container(border=True, height="stretch"):
        st.markdown(f"**{plain(title)}**")
        st.caption(say("Each figure of the day against its natural limits of 28 days"))
        for sentence in (wording.backlog_sentence(facts), wording.turnaround_sentence(facts)):
            st.markdown(plain(sentence))
        for change in facts.changes[:SHOWN_CHANGES]:
            glyph = wording.GLYPHS[change.judged.verdict]
            sentence = f"{glyph} {plain(wording.change_sentence(change))}"
            st.markdown(f":red[{sentence}]" if change.is_bad else sentence)
        if len(facts.changes) > SHOWN_CHANGES:
            st.caption(say("and {n} smaller ones", n=len(facts.changes) - SHOWN_CHANGES))


def decisions(view: View) -> None:
    """What waits for a decision, and what came of the last ones, with the way there."""
    names = view.ask(places).set_index("office_code")
    now = standing(view, desk_of(view.reader), names)
    with st.container(border=True, gap="xsmall"):
        st.markdown(f"**{plain(words.redistribution_title(now.waiting))}**")
        for decision in now.decided[:SHOWN_DECISIONS]:
            row = row_of(decision, names)
            effect = now.seen.get(decision.proposal.recommendation_id)
            st.caption(plain(f"{decided_title(decision, row)}. {came_of(row, effect)}"))
        if not now.decided:
            st.caption(say("Nothing was decided yet."))
        if view.reader.standing.role in row_named("redistribute").roles:
            st.page_link("app_pages/redistribute.py", label=say("To the proposals"))


@st.fragment(run_every=REFRESH)
def page() -> None:
    view = open_view(say("National overview"), say("Do we issue enough, on time, now?"))
    if view is None:
        return
    facts, figures = view.ask(national.drawn_overview, view.day)
    if facts.is_empty:
        st.info(say("This publication holds no applications and no backlog: load some days first."))
        return
    st.subheader(plain(wording.headline(facts)), anchor=False)
    tiles(facts.tiles)
    decisions(view)

    side_by_side(view, figures["intake"], figures["backlogs"])
    left, right = st.columns([3, 2])
    with left:
        show(view, figures["promise"])
    with right:
        what_changed(facts)
    side_by_side(view, figures["day_by_part"], figures["week_by_part"])
    show(view, figures["ages"])


page()
