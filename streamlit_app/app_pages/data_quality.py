"""Data quality: can I trust today's numbers?"""

import streamlit as st
from page_parts import REFRESH, View, open_view, plain, show, table

from language import say
from reports import wording
from reports.charts import data_quality
from reports.facts.days import days_before
from reports.facts.quality import Quality

RECONCILED_DAYS = 7


def section(view: View, facts: Quality, name: str, title: str, empty: str) -> None:
    """A table of the quality facts under its finding; a sentence where it has no row."""
    with st.container(border=True):
        st.markdown(f"**{plain(title)}**")
        frame = wording.with_glyphs(getattr(facts, name))
        if frame.empty:
            st.caption(empty)
        else:
            table(view, name, frame)


@st.fragment(run_every=REFRESH)
def page() -> None:
    view = open_view(say("Data quality"), say("Can I trust today's numbers?"))
    if view is None:
        return
    since = days_before(view.day, RECONCILED_DAYS)
    facts, figures = view.ask(data_quality.drawn_quality, since, view.day)
    st.subheader(plain(wording.trust_title(facts.trust)), anchor=False)
    left, right = st.columns([3, 2])
    with left:
        section(
            view, facts, "freshness", wording.freshness_title(facts), say("No record is known.")
        )
        section(view, facts, "held", wording.held_title(facts), say("Every batch read was let in."))
        title = say(
            "{finding}, last {n} days",
            finding=wording.reconciliation_title(facts),
            n=RECONCILED_DAYS,
        )
        section(view, facts, "reconciliation", title, say("The nightly run counts them."))
    with right:
        show(view, figures["verdicts"])
        show(view, figures["quarantine"])
    section(view, facts, "checks", wording.checks_title(facts), say("A run writes its checks."))
    section(view, facts, "generations", say("Publications"), say("No generation is kept."))
    st.link_button(say("How every table is made: models, columns, tests, lineage"), "/docs")


page()
