"""Backlog and capacity: when does it clear at this rate?"""

import streamlit as st
from filters import address, choose, filtered, from_address
from page_parts import REFRESH, open_view, plain, show, side_by_side

from language import say
from reports.charts import backlog as charts


@st.fragment(run_every=REFRESH)
def page() -> None:
    view = open_view(say("Backlog and capacity"), say("When does it clear at this rate?"))
    if view is None:
        return
    view, chosen = filtered(view, "place", "period")
    facts, figures = view.ask(charts.drawn_backlog, chosen.since, view.day)
    if facts.backlog.empty and facts.flows.empty:
        st.info(say("No application and no open case of this place is known in the period."))
        return
    st.subheader(plain(charts.headline(facts)), anchor=False)
    st.caption(plain(charts.reconciled(facts)))
    rows = (("flows", "stocks"), ("ages", "parts"))
    for names in rows:
        side_by_side(view, *(figures[name] for name in names))
    left, right = st.columns(2)
    with left:
        show(view, figures["forecast"])
    with right:
        steps = {str(more): f"+{more} %" if more else say("As now") for more in charts.WHAT_IF_PCT}
        more = from_address("more", list(steps)) or "10"
        choose("more", say("What if more were made ready?"), steps, more)
        st.markdown(plain(charts.cleared(facts.at(float(more)))))
        show(view, figures["what_if"])
    st.page_link("app_pages/case.py", label=say("The cases behind this"), query_params=address())


page()
