"""Offices: where is it happening?"""

import streamlit as st
from filters import address, filtered, picked_row
from page_parts import REFRESH, open_view, plain, show, table

from language import say
from reports import wording
from reports.charts import offices as charts

SHOWN = [
    "name", "zone", "state", "trend", "submitted", "expected_submitted", "ready", "in_progress",
    "beyond_promise", "beyond_pct", "due", "kept_pct",
]  # fmt: skip


@st.fragment(run_every=REFRESH)
def page() -> None:
    view = open_view(say("Offices"), say("Where is it happening?"))
    if view is None:
        return
    view, _ = filtered(view, "place", "day")
    facts, figures = view.ask(charts.drawn_offices, view.day)
    if facts.offices.empty:
        st.info(say("No office of this place is known to this publication."))
        return
    st.subheader(plain(charts.headline(facts)), anchor=False)
    for figure in figures.values():
        show(view, figure)
    with st.container(border=True):
        st.markdown(f"**{say('Pick an office to see what is normal there, and what is not')}**")
        st.caption(
            say(
                "Received, expected and made ready: the last 7 days. Kept: of the cases due in 28 "
                "days, from 20 cases on. States as of the newest signal."
            )
        )
        table(view, "offices", wording.with_glyphs(facts.offices[SHOWN]), picks=True)
        row = picked_row("offices")
        if row is not None:
            code = facts.offices["office_code"].iloc[row]
            st.switch_page(
                "app_pages/office_profile.py", query_params=address(place=f"office:{code}")
            )


page()
