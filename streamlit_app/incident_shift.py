"""How a shift goes and what it hands over, and what people tell by themselves."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pandas as pd
import streamlit as st
from incident_desk import REFUSALS, Desk, answer, log_of, open_desk, refused
from page_parts import View, table
from plain_text import plain

from language import say
from reports import wording
from reports.broker import Scope
from response import desk as doing
from response.handover import Shift, leave_note, shift_at, what_is_handed_over
from response.inbox import (
    Spans,
    alarms_an_hour,
    announced,
    burdens,
    ever,
    inbox,
    spans,
)
from response.learning import lessons, verdict_word
from response.lifecycle import MaintenanceWindow
from response.load import MOST_PER_HOUR
from response.permissions import Places, covers, lies
from response.rules import load_rules
from response.wording import handover_lines

# What is handed over where the roster knows no shift that is on.
WITHOUT_ROSTER = timedelta(hours=8)
# A note that is longer scrolls.
HANDOVER_HEIGHT = 360
# Whoever these are sees how much is asked of people by name.
SEES_LOAD = ("monitoring", "management", "engineer")


def how_it_goes(desk: Desk, view: View | None, scope: str) -> None:
    """How fast people are, how much is asked of them, which rules are right; the hand-over."""
    with desk.store.connect() as connection:
        known = ever(connection, scope)
        still_open = inbox(connection, scope)
        load = burdens(connection, desk.now) if desk.role in SEES_LOAD else []
    rules = lessons(known, load_rules(), desk.now)
    judged = sum(one.real + one.false_alarms for one in rules)
    _figures(
        {
            say("Open now"): (
                wording.number(len(still_open)),
                say(
                    "{n} of them nobody has",
                    n=wording.number(sum(one.incident.state == "open" for one in still_open)),
                ),
            ),
            say("Until acknowledged (MTTA)"): _span(spans(known, "acknowledged_at", desk.now)),
            say("Until over (MTTR)"): _span(spans(known, "resolved_at", desk.now)),
            say("Alarms a person and hour"): (
                wording.decimal(rate, 1) if (rate := alarms_an_hour(load)) is not None else "–",
                say("On duty in the last 24 hours; {n} are what one can act on", n=MOST_PER_HOUR),
            ),
            say("Judged to be real"): (
                wording.number(100 * sum(one.real for one in rules) / judged, "pct")
                if judged
                else "–",
                say("Of {n} that a person closed as real or false", n=wording.number(judged)),
            ),
        }
    )
    left, right = st.columns([2, 3])
    with left:
        _hand_over(desk)
    with right.container(border=True):
        st.markdown(f"**{say('Which rules are right, chatter, or find nothing')}**")
        st.caption(say("Incidents of the last 28 days; precision from five judged ones on"))
        found = pd.DataFrame([asdict(one) for one in rules if one.incidents])
        if view is None or found.empty:
            st.caption(say("No incident was opened in 28 days."))
        else:
            table(view, "rules", found.assign(verdict=[verdict_word(v) for v in found["verdict"]]))
        if view is not None and load:
            st.markdown(f"**{say('Who had how many alarms')}**")
            table(view, "load", pd.DataFrame([asdict(one) for one in load]))


def _figures(shown: Mapping[str, tuple[str, str]]) -> None:
    for column, (label, (value, about)) in zip(st.columns(len(shown)), shown.items(), strict=True):
        with column.container(border=True, height="stretch", gap=None):
            st.metric(label, value)
            st.caption(plain(about))


def _span(found: Spans) -> tuple[str, str]:
    if found.median_minutes is None or found.mean_minutes is None:
        return "–", say("None in the last 28 days")
    return say("{n} min", n=wording.decimal(found.median_minutes)), say(
        "Median of {n} in 28 days; mean {mean} min",
        n=wording.number(found.incidents),
        mean=wording.decimal(found.mean_minutes),
    )


def _hand_over(desk: Desk) -> None:
    """The note as it stands, and words for who comes next."""
    begins = desk.now - WITHOUT_ROSTER
    with desk.store.connect() as connection:
        places = dict.fromkeys((desk.reader.standing.place, desk.scope))
        on_duty = [shift_at(connection, desk.role, place, desk.now) for place in places]
        planned = next(filter(None, on_duty), None)
        shift = planned or Shift(desk.role, desk.scope, begins, desk.now)
        facts = what_is_handed_over(connection, shift)
    with st.container(border=True):
        st.markdown(f"**{say('What is handed over')}**")
        if planned is None:
            st.caption(say("The roster knows no shift of yours now: the last eight hours."))
        lines = handover_lines(facts, desk.settings.authority_timezone, desk.now)
        with st.container(height=HANDOVER_HEIGHT, border=False):
            st.markdown("\n".join(f"- {plain(line)}" for line in lines))
        if not desk.may("note"):
            return
        with st.form("handover", border=False):
            st.text_area(say("Words for the next shift"), key="handover_note", max_chars=2000)
            st.form_submit_button(say("Leave a note"), on_click=_leave_note, args=(shift,))


def _leave_note(shift: Shift) -> None:
    desk = open_desk()
    text = st.session_state["handover_note"]
    about = (shift.role, shift.place_scope, desk.reader.who, text, desk.now)
    try:
        leave_note(desk.store, *about, log_of(desk))
    except doing.RefusedError as error:
        refused(desk, "hand-over", error)
        return
    st.session_state["handover_note"] = ""
    answer("done", say("Kept for the hand-over."))


def report(desk: Desk, choices: Mapping[str, str], places: Places) -> None:
    """A technical problem that a place tells of by itself."""
    st.markdown(f"**{say('Report a problem')}**")
    st.caption(say("It becomes an incident that the engineers on duty are told of at once."))
    with st.form("report", border=False):
        st.selectbox(
            say("Where"), list(choices), format_func=choices.__getitem__, key="report_place"
        )
        st.text_area(
            say("What is wrong, in a sentence"), key="report_text", max_chars=300, height=90
        )
        st.form_submit_button(say("Report it"), on_click=_report, args=(places,), type="primary")


def _report(places: Places) -> None:
    desk = open_desk()
    place = st.session_state["report_place"]
    try:
        opened = doing.report_problem(
            desk.store,
            st.session_state["report_text"],
            place,
            *lies(place, places),
            desk.reader.who,
            desk.role,
            desk.scope,
            desk.now,
            log_of(desk),
        )
    except REFUSALS as error:
        refused(desk, "incidents", error)
        return
    st.session_state["report_text"] = ""
    st.query_params.update({"incident": str(opened.incident_id), "show": "open"})
    answer("done", say("Reported as incident {number}.", number=opened.incident_id))


def announce(desk: Desk, choices: Mapping[str, str], places: Places) -> None:
    """Work announced beforehand: what is found there meanwhile opens nothing."""
    st.markdown(f"**{say('Announced work')}**")
    with desk.store.connect() as connection:
        works = announced(connection, desk.scope, desk.now, places)
    for work in works:
        title = Scope(work.window.place_scope).title
        span = f"{desk.moment(work.window.starts_at)} – {desk.moment(work.window.ends_at)}"
        rule = work.window.rule or say("every rule")
        told = f"{title} · {span} · {rule} · {work.reason} ({work.made_by})"
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"◆ {plain(told)}")
            place = work.window.place_scope
            if desk.may("announce") and covers(desk.scope, place, *lies(place, places)):
                st.button(
                    say("End it now"),
                    key=f"end_work_{work.number}",
                    on_click=_end_announced,
                    args=(work.number, places),
                )
    if not works:
        st.caption(say("None goes on, and none is to come."))
    if not desk.may("announce"):
        return
    zone = ZoneInfo(desk.settings.authority_timezone)
    begins = desk.now.replace(tzinfo=UTC).astimezone(zone).replace(tzinfo=None, second=0)
    with st.form("announce", border=False):
        st.selectbox(say("Where"), list(choices), format_func=choices.__getitem__, key="work_place")
        left, right = st.columns(2)
        left.datetime_input(say("From"), begins, key="work_from")
        right.datetime_input(say("Until"), begins + timedelta(hours=4), key="work_until")
        st.selectbox(
            say("What is expected"),
            ["", *load_rules()],
            format_func=lambda name: wording.spoken(name) if name else say("every rule"),
            key="work_rule",
        )
        st.text_input(say("Why"), key="work_reason", max_chars=300)
        st.form_submit_button(say("Announce"), on_click=_announce, args=(places,))


def _announce(places: Places) -> None:
    desk = open_desk()
    place = st.session_state["work_place"]
    zone = ZoneInfo(desk.settings.authority_timezone)
    window = MaintenanceWindow(
        st.session_state["work_rule"],
        place,
        _bare(st.session_state["work_from"], zone),
        _bare(st.session_state["work_until"], zone),
    )
    try:
        doing.announce(
            desk.store,
            window,
            *lies(place, places),
            st.session_state["work_reason"],
            desk.reader.who,
            desk.role,
            desk.scope,
            desk.now,
            log_of(desk),
        )
    except REFUSALS as error:
        refused(desk, "incidents", error)
        return
    st.session_state["work_reason"] = ""
    answer("done", say("Announced."))


def _end_announced(number: int, places: Places) -> None:
    desk = open_desk()
    try:
        doing.end_announced(
            desk.store, number, places, desk.role, desk.scope, desk.now, log_of(desk)
        )
    except REFUSALS as error:
        refused(desk, "incidents", error)
        return
    answer("done", say("Ended: what is still found there is told again."))


def _bare(moment: datetime, zone: ZoneInfo) -> datetime:
    return moment.replace(tzinfo=zone).astimezone(UTC).replace(tzinfo=None)
