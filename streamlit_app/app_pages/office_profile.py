"""Office profile: what is normal here, what is wrong now?"""

from datetime import timedelta

import streamlit as st
from filters import address, filtered
from incident_desk import show_answer
from note_parts import note_form
from page_parts import REFRESH, open_view, plain, show, side_by_side, table

from language import say
from reports import wording
from reports.charts import office_profile as charts
from reports.facts.days import last_whole_day

# Figures side by side, what asks for work today first.
ROWS = (
    ("due", "deferred"),
    ("arrivals", "queue"),
    ("staffing", "waits"),
    ("intake", "uncollected"),
)


@st.fragment(run_every=REFRESH)
def page() -> None:
    view = open_view(say("Office profile"), say("What is normal here, what is wrong now?"))
    if view is None:
        return
    view, _ = filtered(view, "place")
    if not view.scope.name.startswith("office:"):
        st.info(say("Pick an office above, or in the table of the Offices page."))
        st.page_link("app_pages/offices.py", label=say("To the offices"), query_params=address())
        return
    # What is due and who waits is about now, whatever day other pages look at.
    zone = view.settings.authority_timezone
    today = last_whole_day(view.publication.as_of, zone) + timedelta(days=1)
    facts, figures = view.ask(charts.drawn_profile, today, zone)
    if facts.place.empty:
        st.info(say("This publication knows no such office."))
        return
    show_answer()
    st.caption(plain(charts.standing(facts)))
    st.subheader(plain(charts.headline(facts)), anchor=False)
    st.page_link("app_pages/case.py", label=say("The cases behind this"), query_params=address())
    place = facts.place.iloc[0]
    note_form(view, today, place["zone"], place["kind"] == "mission")
    for names in ROWS:
        side_by_side(view, *(figures[name] for name in names))
    left, right = st.columns(2)
    with left:
        show(view, figures["calendar"])
    with right.container(border=True, height="stretch"):
        st.markdown(f"**{plain(charts.equipment_title(facts))}**")
        st.caption(say("Machines and links of the office, and since when they are so"))
        if len(facts.equipment):
            table(view, "equipment", wording.with_glyphs(facts.equipment))


page()
