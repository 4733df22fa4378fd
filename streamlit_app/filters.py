"""What a reader looks at, kept in the address: place, tier, period and day.

The address is the truth: a widget writes it, every run reads it, and a link to another page
carries it on. What it names outside the reader's places is not there to be chosen, and ignored.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import pandas as pd
import streamlit as st
from note_parts import carried
from page_parts import View

from language import say
from reports.broker import Scope
from reports.facts.days import days_before
from reports.facts.places import places
from reports.wording import spoken

TIERS = ("all", "normal", "urgent", "fast_track")
PERIODS = (28, 91, 365)
NAMES = ("place", "tier", "period", "day")


@dataclass(frozen=True)
class Filters:
    """What was chosen; `days` is the length of the period that ends with the view's day."""

    tier: str
    days: int
    since: date


def filtered(view: View, *names: str) -> tuple[View, Filters]:
    """Draws the filters `names` in one row, and narrows the view to the place and day chosen.
    What a page does not show filters nothing there, and stays in the address for others."""
    offices = view.ask(places)
    choices = place_choices(view.scope, offices)
    place = from_address("place", list(choices)) or view.scope.name
    tier = from_address("tier", TIERS) if "tier" in names else None
    days = int(from_address("period", [str(days) for days in PERIODS]) or PERIODS[0])
    day = min(_day(view.day), view.day) if "day" in names else view.day
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if "place" in names:
            _choose_place(choices, place)
        if "tier" in names:
            labels = {
                code: say("All tiers") if code == "all" else spoken(code).capitalize()
                for code in TIERS
            }
            choose("tier", say("Tier"), labels, tier or "all")
        if "period" in names:
            spans = {str(span): say("{days} days", days=span) for span in PERIODS}
            choose("period", say("Period"), spans, str(days))
        if "day" in names:
            _choose_day(day, view.day)
    narrowed = replace(view, scope=Scope(place), day=day)
    since = days_before(day, days)
    # The day that runs has figures too, on pages that are about now.
    carried(narrowed, since, day if "day" in names else day + timedelta(days=1))
    return narrowed, Filters(tier or "all", days, since)


def address(**changed: str) -> dict[str, str]:
    """The filters of this page's address with some changed, for a link to another page."""
    kept = {name: st.query_params[name] for name in NAMES if name in st.query_params}
    return {name: value for name, value in {**kept, **changed}.items() if value}


def picked_row(name: str) -> int | None:
    """The row that the reader picked in the table of that name, if any."""
    selection = st.session_state.get(f"{name}_table", {}).get("selection", {})
    picked = selection.get("rows", [])
    return int(picked[0]) if picked else None


def place_choices(scope: Scope, offices: pd.DataFrame) -> dict[str, str]:
    """Every place inside the reader's scope with its name, the scope itself first."""
    found = {scope.name: scope.title}
    if scope.place_scope == "country":
        found["missions"] = Scope("missions").title
        for zone in sorted(offices["zone"].dropna().unique()):
            found[f"zone:{zone}"] = Scope(f"zone:{zone}").title
    for office in offices.sort_values("name").itertuples():
        found[f"office:{office.office_code}"] = f"{office.name} ({office.office_code})"
    return found


def _choose_place(choices: Mapping[str, str], place: str) -> None:
    st.session_state["place_choice"] = place
    st.selectbox(
        say("Place"),
        list(choices),
        format_func=lambda name: choices[name],
        key="place_choice",
        on_change=_write,
        args=("place",),
        width=340,
    )


def choose(name: str, label: str, labels: Mapping[str, str], chosen: str) -> None:
    """Draws one choice of few, kept in the address under `name`."""
    st.session_state[f"{name}_choice"] = chosen
    st.segmented_control(
        label,
        list(labels),
        format_func=lambda code: labels[code],
        required=True,
        key=f"{name}_choice",
        on_change=_write,
        args=(name,),
    )


def choose_number(name: str, label: str, allowed: range, chosen: int) -> None:
    """Draws a number to be typed or stepped through, kept in the address under `name`."""
    st.session_state[f"{name}_choice"] = chosen
    st.number_input(
        label,
        min_value=allowed[0],
        max_value=allowed[-1],
        step=allowed.step,
        key=f"{name}_choice",
        on_change=_write,
        args=(name,),
        width=190,
    )


def _choose_day(day: date, last: date) -> None:
    st.session_state["day_choice"] = day
    st.date_input(
        say("Day"),
        max_value=last,
        key="day_choice",
        on_change=_write,
        args=("day",),
        format="YYYY-MM-DD",
        width=150,
    )


def _write(name: str) -> None:
    st.query_params[name] = str(st.session_state[f"{name}_choice"])


def from_address(name: str, allowed: Sequence[str]) -> str | None:
    """What the address says under `name`; None where that is not allowed."""
    value = st.query_params.get(name)
    return value if value in allowed else None


def number_from_address(name: str, allowed: range, usual: int) -> int:
    """The number that the address says under `name`; `usual` where that is not allowed."""
    return int(from_address(name, [str(number) for number in allowed]) or usual)


def _day(last: date) -> date:
    try:
        return date.fromisoformat(st.query_params.get("day", ""))
    except ValueError:
        return last
