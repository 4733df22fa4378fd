"""Case: where is this passport, and why?"""

from datetime import timedelta

import pandas as pd
import streamlit as st
from filters import choose, filtered, from_address, picked_row
from page_parts import View, open_view, plain, show, table

from language import say
from reports.charts import case as charts
from reports.facts.cases import LISTS, case_list, cases_in_box
from reports.facts.days import last_whole_day


def cases(view: View, name: str, found: pd.DataFrame) -> None:
    """A table of cases; picking one opens it."""
    table(view, name, found, picks=True)
    row = picked_row(name)
    if row is not None:
        st.query_params["case"] = found["application_id"].iloc[row]
        st.rerun()


def find(view: View) -> None:
    """Opens the case or lists the box that the reader names. What is typed comes into the address
    only when it has proved to be a case: somebody may type a person's number."""
    label = say("Find an application number or a box")
    wanted = st.text_input(label, max_chars=60, key="wanted", width=340).strip()
    if not wanted:
        return
    if len(view.ask(charts.drawn_case, wanted, view.day)[0].application):
        st.query_params["case"] = wanted
        return
    found = view.ask(cases_in_box, wanted)
    if found.empty:
        st.info(say(charts.UNKNOWN))
    else:
        st.markdown(f"**{say('{n} cases were in this box', n=len(found))}**")
        cases(view, "box_cases", found)


def one(view: View, application_id: str) -> None:
    """Everything about one case."""
    st.button(say("Back to the list"), on_click=lambda: st.query_params.pop("case", None))
    today = last_whole_day(view.publication.as_of, view.settings.authority_timezone)
    facts, figures = view.ask(charts.drawn_case, application_id, today + timedelta(days=1))
    if facts.application.empty:
        st.info(say(charts.UNKNOWN))
        return
    st.subheader(plain(charts.headline(facts)), anchor=False)
    st.caption(plain(f"{application_id} · {charts.standing(facts)}"))
    show(view, figures["steps"])
    titles = {"events": "Everything that happened", "boxes": "Boxes", "complaints": "Complaints"}
    for name, title in titles.items():
        if len(frame := getattr(facts, name)):
            st.markdown(f"**{say(title)}**")
            table(view, f"case_{name}", frame)


def page() -> None:
    view = open_view(say("Case"), say("Where is this passport, and why?"))
    if view is None:
        return
    view, chosen = filtered(view, "place", "tier")
    find(view)
    if "case" in st.query_params:
        one(view, st.query_params["case"])
        return
    which = from_address("list", LISTS) or LISTS[0]
    names = {name: say(label) for name, label in charts.LIST_NAMES.items()}
    choose("list", say("Cases"), names, which)
    found = view.ask(case_list, which, chosen.tier, view.day + timedelta(days=1))
    st.subheader(plain(charts.list_title(found)), anchor=False)
    if found.total:
        cases(view, "cases", found.cases)


page()
