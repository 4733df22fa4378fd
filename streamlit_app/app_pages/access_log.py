"""Access log: who saw, took out or decided what, and who may?"""

from datetime import UTC, datetime, timedelta

import streamlit as st
from page_parts import open_view, plain, table
from reader import store_of

from access import audit_log, sessions
from access.audit_log import Action
from language import say
from reports import wording

SHOWN_DAYS = 30
SHOWN_LINES = 500


def page() -> None:
    view = open_view(say("Access log"), say("Who saw, took out or decided what, and who may?"))
    if view is None:
        return
    store = store_of(view.settings)
    since = datetime.now(UTC) - timedelta(days=SHOWN_DAYS)
    actions = st.pills(
        say("What was done"),
        list(Action),
        format_func=wording.action_name,
        selection_mode="multi",
        key="actions",
    )
    lines = audit_log.entries_since(store, since, actions or list(Action), SHOWN_LINES)
    with st.container(border=True):
        counted = say(
            "{lines} by {people} in {days} days",
            lines=wording.counted(len(lines), "act"),
            people=wording.counted(lines["who"].nunique(), "person", "people"),
            days=SHOWN_DAYS,
        )
        st.markdown(f"**{plain(counted)}**")
        st.caption(say("The newest {lines} lines at most", lines=SHOWN_LINES))
        table(view, "access_log", wording.with_names_of_actions(lines))
    known = sessions.people(store)
    with st.container(border=True):
        st.markdown(f"**{say('Who has which role')}**")
        st.caption(say("From the newest login of each person"))
        table(view, "people", known)
    if st.button(say("Check that no line was changed")):
        verdict = audit_log.verify(store)
        if verdict.fault:
            st.error(plain(verdict.fault))
        else:
            whole = say("All {lines} lines are as written.", lines=wording.number(verdict.entries))
            st.success(f"{whole}  `{verdict.hash}`")


page()
