"""The charts of the Missions page."""

import json
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import altair as alt
import pandas as pd

from language import say
from reports.broker import Publication, Scope
from reports.charts.figure import Figure
from reports.charts.shapes import (
    bars,
    colours,
    funnel,
    height,
    months,
    part_axis,
    tooltip,
    value_axis,
)
from reports.charts.theme import BLUE, GREEN, GREY, INK, PALE, VERMILION, Specification, themed
from reports.facts.days import day_of_month, plain_day
from reports.facts.missions import Missions, missions
from reports.facts.promise import SMALL_NUMBER
from reports.wording import counted, listed, number

# Land without borders, by Natural Earth (public domain) in Bostock's world-atlas (ISC licence,
# beside it). Borders are drawn only from a file that the authority clears.
_LAND = Path(__file__).parent / "world" / "land-110m.json"
SHOWN_LEGS = 16


def drawn_missions(
    publication: Publication, scope: Scope, since: date, day: date
) -> tuple[Missions, dict[str, Figure]]:
    """The missions of a scope, and their charts by name: `world`, `standard`, `legs`,
    `complaints`."""
    facts = missions(publication, scope, since, day)
    figures = [make(facts) for make in (world, standard, legs, complaints)]
    return facts, {figure.name: figure for figure in figures}


def headline(facts: Missions) -> str:
    """What the missions keep of their promise, together."""
    frame = facts.missions
    due = frame["cases"].sum()
    if not due:
        return say("No case of a mission fell due in the period")
    return say(
        "{missions} kept {share} of {due} due; {open} open now",
        missions=counted(len(frame), say("mission"), say("missions")),
        share=number(100.0 * frame["kept"].sum() / due, "pct"),
        due=counted(due, say("case"), say("cases")),
        open=number((frame["now_state"] == "open").sum()),
    )


def _states() -> dict[str, tuple[str, str, str]]:
    return {
        "usual": (say("Within the usual spread"), BLUE, "circle"),
        "above": (say("Keeps more"), GREEN, "triangle-up"),
        "below": (say("Keeps less"), VERMILION, "triangle-down"),
        "few": (say("Too few due to judge"), GREY, "diamond"),
    }


def _below(facts: Missions) -> str:
    judged = facts.missions[facts.missions["state"] != "few"]
    below = judged[judged["state"] == "below"].sort_values("share_pct")
    if judged.empty:
        return say("No mission had {n} cases due", n=SMALL_NUMBER)
    if below.empty:
        return say("No mission of {n} keeps less than the usual spread", n=len(judged))
    return say(
        "{n} of {all} missions keep less than the usual spread: {names}",
        n=len(below),
        all=len(judged),
        names=listed(list(below["part"])),
    )


def world(facts: Missions) -> Figure:
    """Where the missions are, and which keep less."""
    frame = facts.missions
    title = _below(facts)
    return Figure(
        "world",
        title,
        say(
            "Missions by cases due from {since} to {day} (size) and share ready in time (colour "
            "and shape), {few} with fewer than {n} due are not judged. The outline is land, no "
            "border",
            since=day_of_month(facts.since),
            day=plain_day(facts.day),
            few=int((frame["state"] == "few").sum()),
            n=SMALL_NUMBER,
        ),
        say("A map of the world with a mark a mission. {t}.", t=title),
        frame[["part", "zone", "country_code", "timezone", "cases", "kept", "share_pct", "state"]],
        _world(frame) if len(frame) else None,
        ("promise_kept_share",),
    )


@cache
def _land() -> Any:
    return json.loads(_LAND.read_text(encoding="utf-8"))


def _world(frame: pd.DataFrame) -> Specification:
    states = _states()
    words = {state: word for state, (word, _, _) in states.items()}
    columns = ["part", "latitude", "longitude", "cases", "share_pct", "state"]
    drawn = frame[columns].assign(state=frame["state"].map(words))
    land = alt.Chart(alt.NamedData(name="land")).mark_geoshape(
        fill="#EDF1F4", stroke=PALE, strokeWidth=0.6, aria=False
    )
    shapes = alt.Scale(
        domain=list(words.values()), range=[shape for _, _, shape in states.values()]
    )
    marks = (
        alt.Chart(drawn)
        .mark_point(filled=True, opacity=0.9, stroke="white", strokeWidth=0.5)
        .encode(
            longitude=alt.Longitude("longitude:Q"),
            latitude=alt.Latitude("latitude:Q"),
            size=alt.Size("cases:Q", scale=alt.Scale(range=[40, 420]), legend=None),
            color=colours({word: colour for word, colour, _ in states.values()}, "state"),
            shape=alt.Shape("state:N", scale=shapes, title=None),
            tooltip=tooltip(mission="part:N", kept="share_pct:Q", due="cases:Q"),
        )
    )
    specification = themed(alt.layer(land, marks).project("naturalEarth1"), 430)
    # Altair would check and copy each point of the outline.
    topology = {"type": "topojson", "feature": "land"}
    specification["layer"][0]["data"] = {"values": _land(), "format": topology}
    return specification


def standard(facts: Missions) -> Figure:
    """The missions side by side by one standard."""
    states = {name: row for name, row in _states().items() if name != "few"}
    frame = facts.missions
    shown = frame[frame["state"] != "few"]
    words = {state: word for state, (word, _, _) in states.items()}
    centre = 100.0 * frame["kept"].sum() / frame["cases"].sum() if len(shown) else 0.0
    title = _below(facts)
    if len(shown):
        worst = shown.iloc[shown["share_pct"].argmin()]
        title = say(
            "All missions keep {all}; {part} keeps least, {share} of {n}",
            all=number(centre, "pct"),
            part=worst["part"],
            share=number(worst["share_pct"], "pct"),
            n=counted(worst["cases"], say("case"), say("cases")),
        )
    return Figure(
        "standard",
        title,
        say(
            "Share of due cases ready in time against cases due, by mission, each by its own "
            "promise and calendar; limits of chance and the usual spread around the share of all"
        ),
        say("A funnel plot of missions. {t}.", t=title),
        frame[["part", "zone", "cases", "kept", "share_pct", "p50_days", "p80_days", "state"]],
        funnel(
            shown.assign(state=shown["state"].map(words)),
            centre,
            {word: (colour, shape) for word, colour, shape in states.values()},
            (say("cases due"), say("% kept")),
        )
        if len(shown)
        else None,
        ("promise_kept_share",),
    )


def legs(facts: Missions) -> Figure:
    """The slowest legs to missions."""
    frame = facts.legs
    ranked = frame.dropna(subset=["late_pct"]).head(SHOWN_LEGS)
    title = say("No leg to a mission carried {n} boxes in the months", n=SMALL_NUMBER)
    if len(ranked):
        first = ranked.iloc[0]
        title = say(
            "{leg} is slowest: 90 % within {p90}, {late} of {n} late",
            leg=first["leg"],
            p90=number(first["p90_days"], "days"),
            late=number(first["late_pct"], "pct"),
            n=counted(first["boxes"], say("box"), say("boxes")),
        )
    return Figure(
        "legs",
        title,
        say(
            "Days from sent to arrived by leg to a mission: median (dot) to 90 % (end), "
            "{months}; the {shown} slowest with {n} boxes or more",
            months=months(facts.since, facts.day),
            shown=SHOWN_LEGS,
            n=SMALL_NUMBER,
        ),
        say("A row a leg from the median to the 90th percentile. {t}.", t=title),
        frame,
        _legs(ranked) if len(ranked) else None,
        ("leg_p50_days", "leg_late_pct"),
    )


def _legs(ranked: pd.DataFrame) -> Specification:
    y = part_axis(ranked["leg"].tolist(), "leg")
    x = value_axis("p50_days", ".1~f")
    base = alt.Chart(ranked)
    hints = tooltip(leg="leg:N", median="p50_days:Q", within_90="p90_days:Q", late="late_pct:Q")
    spans = base.mark_rule(color=PALE, strokeWidth=4).encode(y=y, x=x, x2=alt.X2("p90_days:Q"))
    dots = base.mark_point(filled=True, size=80, color=BLUE, opacity=1).encode(
        y=y, x=x, tooltip=hints
    )
    ends = base.mark_tick(color=INK, thickness=2.5, size=14).encode(
        y=y, x=alt.X("p90_days:Q", scale=alt.Scale(zero=True)), tooltip=hints
    )
    return themed(alt.layer(spans, dots, ends), height(ranked))


def complaints(facts: Missions) -> Figure:
    """Complaints per 10,000 applications by mission."""
    known = facts.missions.dropna(subset=["per_10000"]).sort_values(
        ["per_10000", "part"], ascending=[False, True]
    )
    title = say("No mission had {n} complaints, so none is compared", n=SMALL_NUMBER)
    if len(known):
        first = known.iloc[0]
        title = say(
            "{part} has most: {n} per 10,000 applications",
            part=first["part"],
            n=f"{first['per_10000']:.1f}",
        )
    return Figure(
        "complaints",
        title,
        say("Complaints per 10,000 applications; missions below {n} left out", n=SMALL_NUMBER),
        say("A bar a mission of complaints per 10,000. {t}.", t=title),
        facts.missions[["part", "complaints", "submitted", "per_10000"]],
        bars(known, "part", "per_10000", number_format=".0f") if len(known) else None,
        ("complaints_rate",),
    )
