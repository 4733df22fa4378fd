"""Complaints: what hurts applicants?"""

import streamlit as st
from filters import address, filtered, picked_row
from page_parts import REFRESH, open_view, plain, show, side_by_side, table

from language import say
from reports.charts import complaints as charts
from reports.charts.weeks import complaints_figure
from reports.facts.complaints import LISTED_CASES


@st.fragment(run_every=REFRESH)
def page() -> None:
    view = open_view(say("Complaints"), say("What hurts applicants?"))
    if view is None:
        return
    view, chosen = filtered(view, "place", "period", "day")
    facts, figures = view.ask(charts.drawn_complaints, chosen.since, view.day)
    if facts.monthly.empty and facts.cases.empty:
        st.info(say("No complaint about this place is known in the period."))
        return
    st.subheader(plain(charts.headline(facts)), anchor=False)
    zone = view.settings.authority_timezone
    figures["weeks"] = view.ask(complaints_figure, view.day, zone)
    for names in (("weeks", "months"), ("categories", "ages")):
        side_by_side(view, *(figures[name] for name in names), widths=(3, 2))
    show(view, figures["places"])
    if facts.cases.empty:
        return
    with st.container(border=True):
        st.markdown(f"**{say('Open complaints: pick one to see its case')}**")
        st.caption(say("The oldest promise first; at most {n}", n=LISTED_CASES))
        table(view, "complaint_cases", facts.cases, picks=True)
        row = picked_row("complaint_cases")
        of_case = None if row is None else facts.cases["application_id"].iloc[row]
        if of_case:
            st.switch_page("app_pages/case.py", query_params=address(case=of_case))


page()
