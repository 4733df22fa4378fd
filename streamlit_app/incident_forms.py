"""What people do with one incident: a form for each thing that the reader may do to it now."""

from collections.abc import Callable, Mapping, Sequence

import streamlit as st
from incident_desk import Desk, act, from_now, name_of
from plain_text import plain

from config import Role
from language import say
from response.history import OUTCOMES, Incident
from response.inbox import Line, Whole
from response.timeline import outcome_word
from response.wording import headline

# For how long something rests, or how long somebody has for a reply.
MINUTES = (30, 60, 240, 480, 1440)


def actions(desk: Desk, whole: Whole, others: Sequence[Line]) -> None:
    """The buttons and forms of one incident; `others` are those that it may be made part of."""
    incident = whole.line.incident
    if incident.state == "open" and desk.may("acknowledge"):
        st.button(
            say("Acknowledge: I see to it"),
            key=f"acknowledge_{incident.incident_id}",
            on_click=act,
            args=("acknowledged", incident),
            type="primary",
            shortcut="Alt+A",
        )
    forms: dict[str, Callable[[], None]] = {}
    if desk.may("note"):
        forms[say("Note")] = lambda: _note(incident)
    if incident.is_over:
        if desk.may("reopen"):
            forms[say("Open again")] = lambda: _reopen(incident)
    else:
        if desk.may("assign"):
            forms[say("Assign")] = lambda: _assign(incident, whole.people)
        if desk.may("snooze"):
            forms[say("Let rest")] = lambda: _snooze(incident)
        if desk.may("link"):
            forms[say("Part of")] = lambda: _link(incident, others)
        if desk.may("resolve"):
            forms[say("Close")] = lambda: _resolve(incident)
    if forms:
        for tab, form in zip(st.tabs(list(forms)), forms.values(), strict=True):
            with tab:
                form()


def span(minutes: int) -> str:
    """`30 minutes`, `4 hours`."""
    return say("{n} minutes", n=minutes) if minutes < 60 else say("{n} hours", n=minutes // 60)


def _send(
    kind: str,
    incident: Incident,
    text_key: str | None = None,
    details: Callable[[], Mapping[str, object]] = dict,
) -> None:
    """What a form's button does. What was typed stays where it was refused."""
    text = st.session_state[text_key] if text_key else ""
    if act(kind, incident, text, details()) and text_key:
        st.session_state[text_key] = ""


def _note(incident: Incident) -> None:
    key = f"note_{incident.incident_id}"
    roles = ["", *map(str, Role)]

    def asked() -> dict[str, object]:
        role = st.session_state[f"{key}_from"]
        if not role:
            return {}
        due = from_now(st.session_state[f"{key}_due"])
        return {"reply_from": role, "reply_due_at": due.isoformat()}

    with st.form(f"{key}_form", border=False):
        st.text_area(say("What others should know"), key=key, max_chars=2000, height=90)
        left, right = st.columns(2)
        left.selectbox(
            say("Reply asked of"),
            roles,
            key=f"{key}_from",
            format_func=lambda role: name_of(role) if role else say("Nobody"),
        )
        right.selectbox(say("Within"), MINUTES, index=1, key=f"{key}_due", format_func=span)
        st.form_submit_button(
            say("Write it down"), on_click=_send, args=("noted", incident, key, asked)
        )


def _assign(incident: Incident, people: Sequence[str]) -> None:
    key = f"assign_{incident.incident_id}"
    with st.form(f"{key}_form", border=False):
        st.selectbox(
            say("To a role, or somebody on duty there"),
            [*map(str, Role), *people],
            key=key,
            format_func=name_of,
        )
        st.form_submit_button(
            say("Assign"),
            on_click=_send,
            args=("assigned", incident, None, lambda: {"to": st.session_state[key]}),
        )


def _snooze(incident: Incident) -> None:
    key = f"snooze_{incident.incident_id}"

    def until() -> dict[str, object]:
        return {"until": from_now(st.session_state[key]).isoformat()}

    with st.form(f"{key}_form", border=False):
        st.selectbox(say("No message and no escalation for"), MINUTES, key=key, format_func=span)
        st.form_submit_button(
            say("Let rest"), on_click=_send, args=("snoozed", incident, None, until)
        )


def _link(incident: Incident, others: Sequence[Line]) -> None:
    key = f"link_{incident.incident_id}"
    titles = {
        line.incident.incident_id: f"#{line.incident.incident_id} {headline(line.told)}"
        for line in others
        if line.incident.incident_id != incident.incident_id
    }
    with st.form(f"{key}_form", border=False):
        st.selectbox(
            say("The incident that this one is part of"),
            [None, *titles],
            key=key,
            format_func=lambda number: titles[number] if number else say("None: it stands alone"),
        )
        st.form_submit_button(
            say("Link"),
            on_click=_send,
            args=("linked", incident, None, lambda: {"parent": st.session_state[key]}),
        )


def _resolve(incident: Incident) -> None:
    key = f"resolve_{incident.incident_id}"
    with st.form(f"{key}_form", border=False):
        st.selectbox(say("How it ended"), OUTCOMES, key=f"{key}_outcome", format_func=outcome_word)
        st.text_area(say("What it was"), key=key, max_chars=2000, height=90)
        st.form_submit_button(
            say("Close it"),
            on_click=_send,
            args=(
                "resolved",
                incident,
                key,
                lambda: {"outcome": st.session_state[f"{key}_outcome"]},
            ),
        )


def _reopen(incident: Incident) -> None:
    key = f"reopen_{incident.incident_id}"
    with st.form(f"{key}_form", border=False):
        st.text_area(say("Why it is not over"), key=key, max_chars=2000, height=90)
        st.form_submit_button(say("Open again"), on_click=_send, args=("reopened", incident, key))


def written(text: str) -> None:
    """Draws what somebody wrote, set off from what the page says."""
    st.markdown(f"> {plain(' '.join(text.split()))}")
