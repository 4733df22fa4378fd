"""The row above every page: the reader's role and place, the language, the way out."""

import streamlit as st
from plain_text import plain
from reader import Reader

from config import Role
from language import LANGUAGES, say
from reports.broker import Scope

NAMES_OF_LANGUAGES = {"en": "English", "ur": "اردو"}
NAMES_OF_ROLES = {
    Role.management: "Management",
    Role.monitoring: "Monitoring room",
    Role.zone_head: "Head of a zone",
    Role.office_head: "Head of an office",
    Role.mission_head: "Head of a mission",
    Role.print_manager: "Print manager",
    Role.ombudsman: "Ombudsman",
    Role.analyst: "Analyst",
    Role.engineer: "Engineer",
    Role.auditor: "Auditor",
}


def chosen_language() -> str:
    """The language of this session: what its switch says, before that what the address asks."""
    code = st.session_state.get("lang", st.query_params.get("lang"))
    return code if code in LANGUAGES else LANGUAGES[0]


def role_name(role: Role) -> str:
    """The role as a reader would say it."""
    return say(NAMES_OF_ROLES[role])


def switches(reader: Reader) -> None:
    """Draws the row, and keeps what is chosen in the address."""
    with st.container(
        horizontal=True, horizontal_alignment="right", vertical_alignment="center", key="switches"
    ):
        if reader.is_development:
            label = say("Development mode: no login, this machine only")
            st.badge(label, color="orange", width="stretch")
        else:
            st.caption(plain(reader.who), width="stretch")
        _switch_standing(reader)
        codes = list(LANGUAGES)
        st.selectbox(
            say("Language"),
            codes,
            index=codes.index(chosen_language()),
            key="lang",
            format_func=NAMES_OF_LANGUAGES.__getitem__,
            label_visibility="collapsed",
            width=120,
        )
        if not reader.is_development:
            st.button(say("Log out"), on_click=st.logout, type="tertiary")
    _keep("lang", None if chosen_language() == LANGUAGES[0] else chosen_language())


def _switch_standing(reader: Reader) -> None:
    """A switch of role and one of place, each where there is something to choose."""
    standing = reader.standing
    roles = list(dict.fromkeys(one.role for one in reader.choices))
    places = [one.place for one in reader.choices if one.role == standing.role]
    if len(roles) > 1:
        st.selectbox(
            say("Role"),
            roles,
            index=roles.index(standing.role),
            key="role",
            format_func=role_name,
            label_visibility="collapsed",
            width=190,
        )
    else:
        st.caption(plain(role_name(standing.role)), width="content")
    if len(places) > 1:
        if st.session_state.get("at", places[0]) not in places:
            del st.session_state["at"]
        st.selectbox(
            say("Place"),
            places,
            index=places.index(standing.place),
            key="at",
            format_func=lambda place: Scope(place).title,
            label_visibility="collapsed",
            width=230,
        )
    else:
        st.caption(plain(reader.scope.title), width="content")
    _keep("role", str(standing.role) if len(roles) > 1 else None)
    _keep("at", standing.place if len(places) > 1 else None)


def _keep(name: str, value: str | None) -> None:
    """Writes a choice into the address, or takes it out, where it says otherwise."""
    if value is None:
        st.query_params.pop(name, None)
    elif st.query_params.get(name) != value:
        st.query_params[name] = value
