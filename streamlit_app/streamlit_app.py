"""The dashboard's entry: which pages there are. `server.py` serves them."""

import streamlit as st
from streamlit.navigation.page import StreamlitPage

st.set_page_config(page_title="Passport Dashboard", layout="wide")


def _page(name: str, title: str) -> StreamlitPage:
    return st.Page(f"app_pages/{name}.py", title=title, url_path=name)


page = st.navigation(
    {
        "Management": [
            st.Page("app_pages/national_overview.py", title="National overview", default=True),
            _page("turnaround", "Turnaround and promise"),
            _page("backlog", "Backlog and capacity"),
        ],
        "Places": [
            _page("offices", "Offices"),
            _page("office_profile", "Office profile"),
            _page("missions", "Missions"),
        ],
        "Operations": [
            _page("printing", "Printing and machines"),
            _page("deliveries", "Deliveries"),
            _page("staff", "Staff"),
        ],
        "Cases": [
            _page("complaints", "Complaints"),
            _page("process", "Process"),
            _page("case", "Case"),
        ],
        "Data": [
            _page("data_quality", "Data quality"),
            _page("definitions", "Definitions"),
        ],
    },
    position="top",
)
page.run()
