"""How the wall is drawn: big figures, short lists, a clock that shows whether it lives."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pandas as pd
import streamlit as st
from incident_desk import Desk
from incident_parts import SEVERITY_MARKS, state_words
from page_parts import View
from plain_text import plain

from language import say
from reports import wording
from reports.facts.days import short_moment
from reports.facts.wall import Wall, is_stale
from reports.rush_wording import rush_sentence
from response.inbox import Line, alarms_an_hour, last_hour
from response.load import MOST_PER_HOUR
from response.wording import duration, headline, severity_word

# What fits without scrolling at 1920 × 1080, and is read from three metres.
SHOWN_INCIDENTS = 10
SHOWN_ROWS = 4
SHOWN_EQUIPMENT = 12

Row = tuple[str, str]


@dataclass(frozen=True)
class Figure:
    """One big number; `asks` where it asks for action, `is_known` where it is a number at all."""

    label: str
    value: str
    about: str
    asks: bool = False


def heartbeat(view: View, facts: Wall) -> None:
    """The clock of the last look, and how old the data are; orange where they are stale.

    Each look takes the other of two names, so that its style begins anew: where no look comes any
    more, the browser turns it orange by itself."""
    now = datetime.now(UTC)
    beat = st.session_state["beat"] = 1 - st.session_state.get("beat", 0)
    is_old = is_stale(facts, view.publication.as_of, now)
    zone = view.settings.authority_timezone
    minutes = round((now - view.publication.as_of).total_seconds() / 60)
    with st.container(key=f"beat_{'stale' if is_old else beat}", gap=None):
        st.markdown(f"**{plain(f'{now.astimezone(ZoneInfo(zone)):%H:%M:%S}')}**")
        age = say("{n} minutes", n=minutes)
        if minutes >= 120:
            age = say("{n} hours", n=minutes // 60)
        as_of = short_moment(view.publication.as_of, zone)
        told = say("▲ stale: data of {moment}, {age} old", moment=as_of, age=age)
        fresh = say("● data of {moment}, {age} old", moment=as_of, age=age)
        st.markdown(plain(told if is_old else fresh))


def figures(facts: Wall, lines: Sequence[Line], desk: Desk) -> None:
    """The row of numbers."""
    graves = [line.incident.severity for line in lines]
    nobodys = sum(line.incident.state == "open" for line in lines)
    with desk.store.connect() as connection:
        burdens = last_hour(connection, desk.now)
    rate = alarms_an_hour(burdens)
    down = int((facts.stopped["state"] == "down").sum())
    cut = int((facts.links["state"] == "down").sum())
    slow = int((facts.links["state"] == "degraded").sum())
    shown = [
        *(
            Figure(
                f"{SEVERITY_MARKS[severity][0]} {severity_word(severity)}",
                wording.number(graves.count(severity)),
                say("open incidents"),
                severity == "critical" and severity in graves,
            )
            for severity in ("critical", "major", "minor")
        ),
        Figure(f"○ {say('Nobody has')}", wording.number(nobodys), say("of them")),
        Figure(f"▲ {say('Rush')}", wording.number(len(facts.surges)), say("places")),
        Figure(f"◌ {say('Not received')}", wording.number(len(facts.silent)), say("places")),
        Figure(
            f"■ {say('Machines down')}",
            wording.number(down),
            say("{n} unknown", n=wording.number(len(facts.stopped) - down)),
            down > 0,
        ),
        Figure(
            f"■ {say('Links down')}",
            wording.number(cut),
            say("{n} slow", n=wording.number(slow))
            if slow
            else say("{n} unknown", n=wording.number(len(facts.links) - cut)),
            cut > 0,
        ),
        Figure(f"▲ {say('Backlog jumps')}", wording.number(len(facts.jumps)), say("places")),
        Figure(
            f"◆ {say('Alarms, last hour')}",
            wording.number(sum(one.alarms for one in burdens)),
            say("{n} a person, at most {most}", n=wording.decimal(rate, 1), most=MOST_PER_HOUR)
            if rate is not None
            else say("nobody is on duty"),
            rate is not None and rate > MOST_PER_HOUR,
        ),
    ]
    for number, (column, one) in enumerate(
        zip(st.columns(len(shown), gap="small"), shown, strict=True)
    ):
        look = "asks" if one.asks else "quiet"
        with column.container(key=f"figure_{look}_{number}", gap=None):
            st.markdown(plain(one.label))
            st.markdown(f"**{plain(one.value)}**")
            st.markdown(plain(one.about))


def panel(key: str, title: str, shown: Iterable[Row], empty: str, more: int = 0) -> None:
    """A short list under its title: what, and where or since when, a row each."""
    with st.container(key=f"panel_{key}", gap=None):
        st.markdown(f"**{plain(title)}**")
        rows = list(shown)
        for what, about in rows:
            with st.container(horizontal=True, wrap=False, gap="small"):
                st.markdown(plain(what))
                if about:
                    st.caption(plain(about), width="content")
        if not rows:
            st.caption(plain(f"● {empty}"))
        if more > 0:
            st.caption(say("and {n} more", n=more))


def incidents(lines: Sequence[Line], desk: Desk) -> None:
    """The gravest incidents, each with who has it and for how long it has been so."""
    with st.container(key="panel_incidents", gap=None):
        st.markdown(f"**{say('Open incidents, the gravest first')}**")
        for line in lines[:SHOWN_INCIDENTS]:
            severity = line.incident.severity
            with st.container(key=f"incident_{severity}_{line.incident.incident_id}", gap=None):
                st.markdown(plain(f"{SEVERITY_MARKS[severity][0]} {headline(line.told)}"))
                about = [
                    severity_word(severity),
                    state_words(line.incident, desk),
                    duration(line.told, desk.now),
                ]
                if line.told.behind:
                    about.append(say("{n} behind it", n=line.told.behind))
                st.caption(plain(" · ".join(about)))
        if not lines:
            st.caption(f"● {say('Nothing is open here.')}")
        if len(lines) > SHOWN_INCIDENTS:
            st.caption(say("and {n} more", n=len(lines) - SHOWN_INCIDENTS))


def by_night(facts: Wall, zone: str) -> None:
    """What works while the counters at home are closed."""
    panel("sites", say("Print sites"), site_rows(facts), say("There is none here."))
    at_home, abroad = facts.open_round_the_clock(), facts.open_missions()
    shut = say("None is to be open now.")
    title = say("{n} offices at home are to be open, {m} not received", **_heard(at_home))
    panel("open", title, place_rows(at_home, zone), shut, len(at_home) - SHOWN_ROWS)
    title = say("{n} missions have their day, {m} not received", **_heard(abroad))
    panel("missions", title, place_rows(abroad, zone), shut, len(abroad) - SHOWN_ROWS)


def by_day(facts: Wall, zone: str) -> None:
    """Where people come, or do not come, and which places are not heard of."""
    panel("rush", say("Rush"), rush_rows(facts, zone), say("No place is in a rush."))
    nobody = say("Visitors come as expected.")
    panel("visitors", say("Few visitors"), unvisited_rows(facts, zone), nobody)
    silent, heard = facts.silent, say("Every place that is open is heard.")
    more = len(silent) - SHOWN_ROWS
    panel("silent", say("Not received"), place_rows(silent, zone), heard, more)


def equipment(facts: Wall, zone: str) -> None:
    """Machines and links that do not do their work, and where cases pile up."""
    more = len(facts.stopped) + len(facts.links) - SHOWN_EQUIPMENT
    well = say("All machines and links work.")
    panel("stopped", say("Machines and links"), stopped_rows(facts, zone), well, more)
    panel("jumps", say("Backlog jumps"), jump_rows(facts), say("No backlog has jumped."))


def rush_rows(facts: Wall, timezone: str) -> list[Row]:
    return [(f"▲ {rush_sentence(rush, timezone)}", "") for rush in facts.surges[:SHOWN_ROWS]]


def unvisited_rows(facts: Wall, timezone: str) -> list[Row]:
    return [(f"▼ {rush_sentence(rush, timezone)}", "") for rush in facts.unvisited[:SHOWN_ROWS]]


def place_rows(places: pd.DataFrame, timezone: str) -> list[Row]:
    """Places with their state, and since when or how many wait there."""
    rows = []
    for place in places.head(SHOWN_ROWS).itertuples():
        name = f"{wording.STATE_GLYPHS.get(place.state, '?')} {place.name}"
        if place.state == "silent":
            told = say("since {moment}", moment=_clock(place.since_at, timezone))
        elif place.state == "unknown":
            told = say("never heard of")
        else:
            told = say("{n} are waiting", n=wording.number(place.waiting or 0.0))
        rows.append((name, told))
    return rows


def site_rows(facts: Wall) -> list[Row]:
    """Print sites with what their machines do."""
    rows = []
    for site in facts.sites.itertuples():
        glyph = "■" if site.down else "?" if site.unknown else "●"
        counts = {
            say("{n} print"): site.running,
            say("{n} idle"): site.idle,
            say("{n} in maintenance"): site.maintenance,
            say("{n} down"): site.down,
            say("{n} unknown"): site.unknown,
        }
        told = [words.format(n=count) for words, count in counts.items() if count]
        rows.append((f"{glyph} {site.name}", ", ".join(told)))
    return rows


def stopped_rows(facts: Wall, timezone: str) -> list[Row]:
    """The first machines and links that do not do their work, what is down first."""
    machines = facts.stopped.head(SHOWN_EQUIPMENT)
    links = facts.links.head(SHOWN_EQUIPMENT - len(machines))
    rows = [
        (
            f"{wording.STATE_GLYPHS.get(one.state, '?')} {one.machine_id} · {one.office}",
            _since(one.state, one.since_at, timezone),
        )
        for one in machines.itertuples()
    ]
    rows += [
        (
            f"{wording.STATE_GLYPHS.get(one.state, '?')} {wording.spoken(one.link)} · {one.office}",
            _since(one.state, one.since_at, timezone),
        )
        for one in links.itertuples()
    ]
    return rows


def jump_rows(facts: Wall) -> list[Row]:
    return [
        (
            f"▲ {one.place}",
            say(
                "{n} cases wait, {expected} a week ago",
                n=wording.number(one.measured),
                expected=wording.number(one.expected),
            ),
        )
        for one in facts.jumps.head(SHOWN_ROWS).itertuples()
    ]


def _heard(places: pd.DataFrame) -> dict[str, str]:
    """How many places, and of how many of them nothing is received."""
    unheard = places["state"].isin(["silent", "unknown"]).sum()
    return {"n": wording.number(len(places)), "m": wording.number(int(unheard))}


def _since(state: str, since_at: pd.Timestamp, timezone: str) -> str:
    if pd.isna(since_at):
        return say(state)
    return f"{say(state)} · {_clock(since_at, timezone)}"


def _clock(moment: pd.Timestamp, timezone: str) -> str:
    """Such as `20 Nov 12:30`; the clock of the wall names the zone."""
    return short_moment(moment, timezone).rpartition(" ")[0]
