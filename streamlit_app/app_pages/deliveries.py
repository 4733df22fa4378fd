"""Deliveries: where are finished passports stuck?"""

import streamlit as st
from filters import address, filtered
from page_parts import REFRESH, open_view, plain, show, side_by_side, table

from language import say
from reports.charts import deliveries as charts
from reports.facts.deliveries import LISTED_BOXES

SHOWN = [
    "box_id", "sender", "receiver", "carrier", "passports", "dispatched_at", "due_at",
    "overdue_days",
]  # fmt: skip


@st.fragment(run_every=REFRESH)
def page() -> None:
    view = open_view(say("Deliveries"), say("Where are finished passports stuck?"))
    if view is None:
        return
    view, chosen = filtered(view, "place", "period", "day")
    facts, figures = view.ask(charts.drawn_deliveries, chosen.since, view.day)
    if facts.daily.empty and facts.boxes.empty:
        st.info(say("Nothing was sent to or from this place, and nothing waits here."))
        return
    st.subheader(plain(charts.headline(facts)), anchor=False)
    for names in (("transit", "times"), ("stock", "uncollected")):
        side_by_side(view, *(figures[name] for name in names))
    left, right = st.columns([2, 3])
    with left:
        show(view, figures["carriers"])
    with right.container(border=True, height="stretch"):
        st.markdown(f"**{plain(charts.boxes_title(facts))}**")
        st.caption(say("Boxes on their way, the most overdue first; at most {n}", n=LISTED_BOXES))
        if len(facts.boxes):
            table(view, "boxes", facts.boxes[SHOWN])
    label = say("The cases that are ready and not collected")
    st.page_link("app_pages/case.py", label=label, query_params=address(list="uncollected"))


page()
