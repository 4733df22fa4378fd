"""The dashboard's entry: which pages there are. `server.py` serves them."""

import streamlit as st

st.set_page_config(page_title="Passport Dashboard", layout="wide")

page = st.navigation(
    {
        "Management": [
            st.Page("app_pages/national_overview.py", title="National overview", default=True),
        ],
        "Data": [
            st.Page("app_pages/data_quality.py", title="Data quality", url_path="data_quality"),
        ],
    },
    position="top",
)
page.run()
