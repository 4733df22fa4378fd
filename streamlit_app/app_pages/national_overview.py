"""National overview: do we issue enough, on time, now?"""

import streamlit as st
from page_parts import REFRESH, open_view, plain, show, tiles

from reports import wording
from reports.charts import national
from reports.facts.overview import Overview, overview

SHOWN_CHANGES = 8


def what_changed(facts: Overview) -> None:
    """Figures of zones that chance does not explain, those that are bad news first."""
    with st.container(border=True, height="stretch"):
        st.markdown(f"**What changed: {plain(wording.changes_title(facts))}**")
        st.caption("Each figure of the day against its natural limits of 28 days")
        for sentence in (wording.backlog_sentence(facts), wording.turnaround_sentence(facts)):
            st.markdown(plain(sentence))
        for change in facts.changes[:SHOWN_CHANGES]:
            glyph = wording.GLYPHS[change.judged.verdict]
            sentence = f"{glyph} {plain(wording.change_sentence(change))}"
            st.markdown(f":red[{sentence}]" if change.is_bad else sentence)
        if len(facts.changes) > SHOWN_CHANGES:
            st.caption(f"and {len(facts.changes) - SHOWN_CHANGES} smaller ones")


@st.fragment(run_every=REFRESH)
def page() -> None:
    view = open_view("National overview", "Do we issue enough, on time, now?")
    if view is None:
        return
    facts = view.ask(overview, view.day)
    if facts.is_empty:
        st.info("This publication holds no applications and no backlog: load some days first.")
        return
    where = view.scope.title
    st.subheader(plain(wording.headline(facts)), anchor=False)
    tiles(facts.tiles)

    left, right = st.columns(2)
    with left:
        show(view, national.intake(facts, where))
    with right:
        show(view, national.backlogs(facts, where))

    left, right = st.columns(2)
    with left:
        show(view, national.promise_xmr(facts, where))
    with right:
        what_changed(facts)

    left, right = st.columns(2)
    with left:
        show(view, national.day_by_part(facts, where))
    with right:
        show(view, national.week_by_part(facts, where))
    show(view, national.ages(facts, where))


page()
