"""Backlog and capacity: when does it clear at this rate?"""

import streamlit as st
from filters import address, filtered
from page_parts import REFRESH, open_view, plain, show, side_by_side
from what_if_parts import asked_change, what_if

from language import say
from reports.charts import backlog as charts
from reports.charts import print_queue as queue_charts


@st.fragment(run_every=REFRESH)
def page() -> None:
    view = open_view(say("Backlog and capacity"), say("When does it clear at this rate?"))
    if view is None:
        return
    view, chosen = filtered(view, "place", "period")
    facts, figures = view.ask(charts.drawn_backlog, chosen.since, view.day)
    change = asked_change()
    zone = view.settings.authority_timezone
    queue, drawn = view.ask(queue_charts.drawn_print_queue, view.day, zone, change)
    if facts.backlog.empty and facts.flows.empty:
        st.info(say("No application and no open case of this place is known in the period."))
        return
    # A print site takes in no application of its own: what waits there is its queue.
    is_site = facts.at() is None and drawn
    headline = queue_charts.headline(queue) if is_site else charts.headline(facts)
    st.subheader(plain(headline), anchor=False)
    st.caption(plain(charts.reconciled(facts)))
    what_if(view, facts, queue, drawn, change)
    side_by_side(view, figures["flows"], figures["stocks"])
    side_by_side(view, figures["ages"], figures["parts"])
    show(view, figures["forecast"])
    st.page_link("app_pages/case.py", label=say("The cases behind this"), query_params=address())


page()
