"""Printing and machines: what limits output?"""

import streamlit as st
from filters import filtered
from page_parts import REFRESH, open_view, plain, side_by_side, table

from language import say
from reports import wording
from reports.charts import printing as charts


@st.fragment(run_every=REFRESH)
def page() -> None:
    view = open_view(say("Printing and machines"), say("What limits output?"))
    if view is None:
        return
    view, chosen = filtered(view, "place", "period", "day")
    facts, figures = view.ask(charts.drawn_printing, chosen.since, view.day)
    if facts.machines.empty and facts.queue.empty:
        st.info(say("No machine stands at this place, and nothing waits here to be printed."))
        return
    st.subheader(plain(charts.headline(facts)), anchor=False)
    for names in (("queue", "stock"), ("effect", "output")):
        side_by_side(view, *(figures[name] for name in names))
    side_by_side(view, figures["matrix"], figures["reasons"], widths=(3, 2))
    with st.container(border=True):
        st.markdown(f"**{plain(charts.machines_title(facts))}**")
        st.caption(
            say(
                "Machines, the longest down first: state now, means of the period, hours between "
                "failures (MTBF) and to repair (MTTR)"
            )
        )
        table(view, "machines", wording.with_glyphs(facts.machines))


page()
