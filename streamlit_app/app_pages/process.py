"""Process: which way do cases really take?"""

import streamlit as st
from filters import address, filtered, picked_row
from page_parts import View, open_view, plain, show, side_by_side, table

from language import say
from reports.charts import process as charts
from reports.facts.process import SHOWN_VARIANTS, Process, cases_of_variant


def ways(view: View, facts: Process) -> None:
    """The ways; picking one shows its cases, and picking a case opens it."""
    shown = facts.variants.head(SHOWN_VARIANTS)
    st.markdown(f"**{say('Pick a way to see its cases')}**")
    st.caption(say("The most gone first; ways of fewer than 20 cases are marked, at most 200"))
    table(view, "ways", shown.drop(columns="variant_key"), picks=True)
    row = picked_row("ways")
    if row is None:
        return
    found = view.ask(cases_of_variant, shown["variant_key"].iloc[row])
    st.markdown(f"**{plain(say('Newest cases of way {n}', n=row + 1))}**")
    if found.empty:
        st.info(say("Cases of this way are no longer published one by one."))
        return
    table(view, "way_cases", found, picks=True)
    one = picked_row("way_cases")
    if one is not None:
        number = found["application_id"].iloc[one]
        st.switch_page("app_pages/case.py", query_params=address(case=number))


def page() -> None:
    view = open_view(say("Process"), say("Which way do cases really take?"))
    if view is None:
        return
    view, _ = filtered(view, "place")
    facts, figures = view.ask(charts.drawn_process)
    if facts.variants.empty:
        st.info(say("No way of a case is published for this place."))
        return
    st.subheader(plain(charts.headline(facts)), anchor=False)
    show(view, figures["map"])
    side_by_side(view, figures["variants"], figures["waits"])
    with st.container(border=True):
        ways(view, facts)


page()
