"""What a planner tries on the page of the backlog: more output, machines, shifts, intake."""

import streamlit as st
from filters import choose, choose_number, from_address, number_from_address
from page_parts import View, plain, show, side_by_side

from language import say
from reports.charts import backlog as charts
from reports.charts import print_queue as queue_charts
from reports.charts.figure import Figure
from reports.facts.clearance import Backlog
from reports.facts.print_queue import PrintQueue, WhatIf

# More per cent made ready where the address says nothing.
USUAL_MORE = "10"
INTAKES = range(0, 305, 5)
MACHINES = range(-50, 51)
SHIFTS = ("1", "1.5", "2", "3")


def asked_change() -> WhatIf:
    """What the address changes of what is planned."""
    return WhatIf(
        number_from_address("machines", MACHINES, 0),
        float(from_address("shifts", SHIFTS) or SHIFTS[0]),
        float(number_from_address("intake", INTAKES, 100)),
    )


def what_if(
    view: View, facts: Backlog, queue: PrintQueue, drawn: dict[str, Figure], change: WhatIf
) -> None:
    """The inputs, and what they do to all work of the place and to what waits at its sites."""
    steps = {str(more): f"+{more} %" if more else say("As now") for more in charts.WHAT_IF_PCT}
    more = from_address("more", list(steps)) or USUAL_MORE
    with st.container(horizontal=True, vertical_alignment="bottom"):
        choose("more", say("What if more were made ready?"), steps, more)
        choose_number("intake", say("Intake, % of now"), INTAKES, int(change.intake_pct))
        if drawn:
            choose_number("machines", say("Machines more or fewer"), MACHINES, change.machines)
            choose(
                "shifts",
                say("Shifts a day at the print sites"),
                {one: one for one in SHIFTS},
                f"{change.shifts:g}",
            )
    if drawn:
        with st.container(gap=None):
            for line in queue_charts.told(queue, change):
                st.markdown(plain(line))
        st.caption(plain(queue_charts.assumptions(queue)))
        side_by_side(view, *drawn.values())
    show(view, charts.what_if(facts, float(more), change.intake_pct))
