"""What a planner tries on the page of the backlog: more output, machines, shifts, intake."""

import streamlit as st
from filters import choose, choose_number, from_address
from page_parts import View, plain, show

from language import say
from reports.charts import backlog as charts
from reports.charts import print_queue as queue_charts
from reports.facts.clearance import Backlog
from reports.facts.print_queue import PrintQueue, WhatIf

# More per cent made ready where the address says nothing.
USUAL_MORE = "10"
INTAKES = range(0, 305, 5)
MACHINES = range(-50, 51)
SHIFTS = ("1", "1.5", "2", "3")


def what_if(view: View, facts: Backlog, queue: PrintQueue) -> None:
    """The inputs, and what they do to all work of the place and to what waits at its sites."""
    has_sites = len(queue.sites) > 0
    with st.container(horizontal=True, vertical_alignment="bottom"):
        steps = {str(more): f"+{more} %" if more else say("As now") for more in charts.WHAT_IF_PCT}
        more = from_address("more", list(steps)) or USUAL_MORE
        choose("more", say("What if more were made ready?"), steps, more)
        intake = choose_number("intake", say("Intake, % of now"), INTAKES, 100)
        change = WhatIf(intake_pct=float(intake))
        if has_sites:
            machines = choose_number("machines", say("Print machines more or fewer"), MACHINES, 0)
            shifts = from_address("shifts", SHIFTS) or SHIFTS[0]
            choose("shifts", say("Shifts a day at the sites"), {one: one for one in SHIFTS}, shifts)
            change = WhatIf(machines, float(shifts), float(intake))
    if has_sites:
        st.markdown("\n".join(f"- {plain(line)}" for line in queue_charts.told(queue, change)))
        st.caption(plain(queue_charts.assumptions(queue)))
        left, right = st.columns(2)
        with left:
            show(view, queue_charts.courses(queue, change))
        with right:
            show(view, queue_charts.sites(queue))
    show(view, charts.what_if(facts, float(more), float(intake)))
