"""Missions: which missions and transport legs are late?"""

import streamlit as st
from filters import address, filtered, picked_row
from page_parts import REFRESH, open_view, plain, show, table

from language import say
from reports import wording
from reports.charts import missions as charts

SHOWN = [
    "part", "zone", "state", "local_time", "timezone", "submitted", "in_progress",
    "beyond_promise", "cases", "share_pct", "p50_days", "p80_days", "complaints",
]  # fmt: skip


@st.fragment(run_every=REFRESH)
def page() -> None:
    view = open_view(say("Missions"), say("Which missions and transport legs are late?"))
    if view is None:
        return
    view, chosen = filtered(view, "place", "period", "day")
    facts, figures = view.ask(charts.drawn_missions, chosen.since, view.day)
    if facts.missions.empty:
        st.info(say("There is no mission among these places."))
        return
    st.subheader(plain(charts.headline(facts)), anchor=False)
    show(view, figures["world"])
    left, right = st.columns(2)
    with left:
        show(view, figures["standard"])
        show(view, figures["complaints"])
    with right:
        show(view, figures["legs"])
    with st.container(border=True):
        st.markdown(f"**{say('Pick a mission to see what is normal there, and what is not')}**")
        st.caption(
            say(
                "Local time and state as of now. Kept: of the cases due in the period, each by "
                "its own promise. Days: the newest month, from 20 completed on."
            )
        )
        shown = facts.missions.assign(state=facts.missions["now_state"])[SHOWN]
        table(view, "missions", wording.with_glyphs(shown), picks=True)
        row = picked_row("missions")
        if row is not None:
            place = f"office:{facts.missions['office_code'].iloc[row]}"
            st.switch_page("app_pages/office_profile.py", query_params=address(place=place))


page()
