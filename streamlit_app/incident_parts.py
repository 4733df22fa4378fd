"""How an incident is drawn: its line in the queue, and the whole of it."""

import streamlit as st
from incident_desk import Desk, name_of, where
from incident_forms import written
from plain_text import plain

from language import say
from response.history import Incident
from response.inbox import Line, Whole
from response.timeline import outcome_word, sentence
from response.wording import distance, duration, headline, severity_word

# Red asks for action; the glyph and the word say the same.
SEVERITY_MARKS = {"critical": ("■", "red"), "major": ("▲", "orange"), "minor": ("●", "gray")}
SHOWN_EVENTS, SHOWN_PARTS = 40, 30


def severity_mark(severity: str) -> str:
    """How grave it is: glyph, word and colour, as Markdown."""
    glyph, colour = SEVERITY_MARKS.get(severity, SEVERITY_MARKS["minor"])
    return f":{colour}[**{glyph} {plain(severity_word(severity))}**]"


def state_words(incident: Incident, desk: Desk) -> str:
    """Who has it, and what became of it, with its glyph."""
    if incident.is_over:
        assert incident.resolved_at is not None and incident.outcome is not None
        return f"✓ {outcome_word(incident.outcome)} ({desk.moment(incident.resolved_at)})"
    if incident.is_snoozed(desk.now):
        assert incident.snoozed_until is not None
        return f"◌ {say('rests until {moment}', moment=desk.moment(incident.snoozed_until))}"
    owner = incident.assigned_to or incident.acknowledged_by
    if incident.state == "open" or owner is None:
        return f"○ {say('nobody has it')}"
    return f"◐ {say('with {who}', who=name_of(owner))}"


def queue_line(line: Line, desk: Desk, is_chosen: bool) -> bool:
    """One incident of the queue; True where the reader opens it."""
    incident, told = line.incident, line.told
    with st.container(border=is_chosen, gap=None):
        is_opened = st.button(
            f"{severity_mark(incident.severity)}  {plain(headline(told))}",
            key=f"incident_{incident.incident_id}",
            type="tertiary",
        )
        about = [state_words(incident, desk), duration(told, desk.now), distance(told)]
        if told.behind:
            about.append(say("{n} behind it", n=told.behind))
        st.caption(plain(" · ".join(part for part in about if part)))
    return is_opened


def heading(whole: Whole, desk: Desk) -> None:
    """What it is, where, how far from expected, since when, and what is to be done."""
    incident, told = whole.line.incident, whole.line.told
    st.subheader(plain(headline(told)), anchor=False)
    st.markdown(f"{severity_mark(incident.severity)} · {plain(state_words(incident, desk))}")
    since = say(
        "Since {moment}, {duration}",
        moment=desk.moment(incident.since_at),
        duration=duration(told, desk.now),
    )
    st.markdown(plain(where(incident)))
    st.markdown(plain(" · ".join(part for part in (distance(told), since) if part)))
    if whole.rule:
        st.caption(plain(say("Why it is told: {reason}", reason=say(whole.rule.reason))))
        if not incident.is_over:
            st.info(plain(say("To do: {action}", action=say(whole.rule.action))), icon="👉")
    if incident.reply_due_at and incident.reply_due_from:
        due = say(
            "{role} is asked to reply until {moment}",
            role=name_of(incident.reply_due_from),
            moment=desk.moment(incident.reply_due_at),
        )
        late = incident.reply_due_at < desk.now
        st.markdown(f":red[■ {plain(due)}]" if late else plain(due))
    if incident.is_over and incident.cause:
        written(incident.cause)


def family(whole: Whole) -> int | None:
    """What it is part of and what it accounts for; the number that the reader opens."""
    opened = None
    if whole.parent:
        parent = whole.parent
        label = say("Part of #{number}", number=parent.incident.incident_id)
        if st.button(f"{label}: {plain(headline(parent.told))}", key="parent", type="tertiary"):
            opened = parent.incident.incident_id
    if whole.parts:
        with st.expander(say("{n} things are part of it", n=len(whole.parts))):
            for part in whole.parts[:SHOWN_PARTS]:
                if part.incident_id is None:
                    st.caption(plain(part.what))
                elif st.button(
                    f"#{part.incident_id} {plain(part.what)}",
                    key=f"part_{part.incident_id}",
                    type="tertiary",
                ):
                    opened = part.incident_id
            if len(whole.parts) > SHOWN_PARTS:
                st.caption(say("and {n} more", n=len(whole.parts) - SHOWN_PARTS))
    return opened


def timeline(whole: Whole, desk: Desk) -> None:
    """What happened, in its order."""
    st.markdown(f"**{say('What happened')}**")
    earlier = len(whole.events) - SHOWN_EVENTS
    if earlier > 0:
        st.caption(say("{n} earlier events are left out", n=earlier))
    for event in whole.events[-SHOWN_EVENTS:]:
        st.caption(
            f"{plain(desk.moment(event.at))} · {plain(sentence(event, name_of, desk.moment))}"
        )
        if event.text and event.actor != "system":
            written(event.text)
