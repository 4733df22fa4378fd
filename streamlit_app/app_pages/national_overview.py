"""National overview: do we issue enough, on time, now?"""

import streamlit as st
from page_parts import REFRESH, open_view, plain, show, tiles

from language import say
from reports import wording
from reports.charts import national
from reports.facts.overview import Overview

SHOWN_CHANGES = 8


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

    left, right = st.columns(2)
    with left:
        show(view, figures["intake"])
    with right:
        show(view, figures["backlogs"])

    left, right = st.columns([3, 2])
    with left:
        show(view, figures["promise"])
    with right:
        what_changed(facts)

    left, right = st.columns(2)
    with left:
        show(view, figures["day_by_part"])
    with right:
        show(view, figures["week_by_part"])
    show(view, figures["ages"])


page()
