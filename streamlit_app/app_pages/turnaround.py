"""Turnaround and promise: which tier or place misses its promise, and is it a real change?"""

import streamlit as st
from filters import address, filtered
from page_parts import REFRESH, open_view, plain, show, side_by_side

from language import say
from reports.charts import turnaround as charts
from reports.facts.promises import TIERS


@st.fragment(run_every=REFRESH)
def page() -> None:
    view = open_view(
        say("Turnaround and promise"),
        say("Which tier or place misses its promise, and is it a real change?"),
    )
    if view is None:
        return
    view, chosen = filtered(view, "place", "tier", "period", "day")
    facts, figures = view.ask(charts.drawn_promises, chosen.tier, chosen.since, view.day)
    if facts.kept.empty and facts.turnaround.empty:
        st.info(say("No case of this place fell due and none was completed in the period."))
        return
    st.subheader(plain(charts.headline(facts)), anchor=False)
    for column, tier in zip(st.columns(len(TIERS)), TIERS, strict=True):
        with column:
            show(view, figures[f"kept_{tier}"])
    side_by_side(view, figures["turnaround"], figures["stages"])
    show(view, figures["offices"])
    st.page_link("app_pages/offices.py", label=say("To the offices"), query_params=address())
    st.page_link("app_pages/case.py", label=say("To the cases"), query_params=address())


page()
