"""Definitions: how is this number made?"""

import streamlit as st
from filters import from_address
from page_parts import View, open_view, plain, table

from language import say
from reports.facts.definitions import SOURCES, Catalogue, catalogue
from reports.wording import counted

DOCS = "/docs"


def chosen_table(facts: Catalogue) -> str:
    """The table picked, kept in the address; none is all."""
    names = ["", *facts.tables["table_name"]]
    counts = dict(zip(facts.tables["table_name"], facts.tables["measures"], strict=True))
    st.session_state["table_choice"] = from_address("table", names) or ""
    picked = st.selectbox(
        say("Table"),
        names,
        format_func=lambda name: f"{name} ({counts[name]:.0f})" if name else say("All tables"),
        key="table_choice",
        on_change=lambda: st.query_params.update(table=st.session_state["table_choice"]),
        width=340,
    )
    return str(picked)


def lineage(name: str) -> None:
    """The way of a figure from its source, and where it is written column by column."""
    with st.container(border=True):
        st.markdown(f"**{say('Where a figure comes from')}**")
        for layer, meaning in SOURCES:
            st.markdown(f"- **{say(layer)}**: {say(meaning)}")
        model = f"{DOCS}#!/model/model.passport.{name}" if name else f"{DOCS}#!/overview"
        st.link_button(say("Models, columns, tests and lineage of every table"), DOCS)
        if name:
            st.link_button(say("The table {name} and what it is made of", name=name), model)


def measures(view: View, facts: Catalogue) -> None:
    found = counted(len(facts.metrics), say("measure"), say("measures"))
    st.subheader(plain(found), anchor=False)
    if facts.metrics.empty:
        st.info(say("No measure has this in its name or its definition."))
    else:
        table(view, "metrics", facts.metrics)


def page() -> None:
    view = open_view(say("Definitions"), say("How is this number made?"))
    if view is None:
        return
    everything = view.ask(catalogue, "", "")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        wanted = st.text_input(say("Find a measure"), key="wanted_measure", width=340).strip()
        name = chosen_table(everything)
    measures(view, view.ask(catalogue, wanted, name))
    lineage(name)


page()
