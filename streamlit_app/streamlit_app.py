"""The dashboard's entry: who reads, in which language, and the page that was asked for.

`server.py` serves it. `page_list.py` lists the pages.
"""

from pathlib import Path

import streamlit as st
from page_list import PAGES, home_of, pages_of
from reader import current_reader, note
from switches import chosen_language, role_name, switches

from access.audit_log import Action
from language import is_right_to_left, say, speak

HERE = Path(__file__).parent

st.set_page_config(page_title="Passport Dashboard", layout="wide")
speak(chosen_language())
st.html(HERE / "look.css")
if is_right_to_left():
    st.html(HERE / "right_to_left.css")
reader = current_reader(is_use=True)
role = reader.standing.role
allowed = pages_of(role)
pages = {
    row.name: st.Page(
        row.file,
        title=say(row.title),
        url_path=row.name,
        visibility="visible" if row in allowed else "hidden",
    )
    for row in PAGES
}


def begin() -> None:
    """What the bare address shows: where this role begins."""
    st.switch_page(pages[home_of(role).name], query_params=st.query_params.to_dict())


sections: dict[str, list[st.Page]] = {}
for row in PAGES:
    sections.setdefault(say(row.section), []).append(pages[row.name])
start = st.Page(begin, title="Passport Dashboard", default=True, visibility="hidden")
asked = st.navigation({"": [start], **sections}, position="top")

row = next((row for row in PAGES if row.name == asked.url_path), None)
if row is None:
    asked.run()
st.session_state["page"] = row.name if row else ""
switches(reader)
if row in allowed:
    asked.run()
elif row:
    note(reader, Action.was_denied, row.name)
    st.title(say(row.title), anchor=False)
    st.error(say("This page is not for the role {role}.", role=role_name(role)))
    st.page_link(pages[home_of(role).name], label=say("To where you begin"))
