"""Staff: where are people missing, who needs help?"""

import streamlit as st
from filters import filtered
from page_parts import REFRESH, open_view, plain, side_by_side, table

from language import say
from reports.charts import staffing as charts
from reports.charts.weeks import work_figure

HIDDEN = ["share_pct", "lower_pct", "upper_pct", "is_small_number"]


@st.fragment(run_every=REFRESH)
def page() -> None:
    view = open_view(say("Staff"), say("Where are people missing, who needs help?"))
    if view is None:
        return
    view, _ = filtered(view, "place", "day")
    facts, figures = view.ask(charts.drawn_staff, view.day)
    if facts.work.empty and facts.desks.empty:
        st.info(say("No work and no desk of staff is published for this place."))
        return
    st.subheader(plain(charts.headline(facts)), anchor=False)
    st.caption(
        say(
            "People appear as references, inside one office only. A figure here starts a talk, "
            "it does not judge a person: fewer than 20 cases are never ranked."
        )
    )
    side_by_side(view, figures["mix"], figures["rework"], widths=(3, 2))
    side_by_side(view, view.ask(work_figure, view.day), figures["short"])
    with st.container(border=True):
        title = say("People of this office") if facts.by_person else say("Offices")
        st.markdown(f"**{title}**")
        table(view, "staff", facts.work.drop(columns=HIDDEN))


page()
