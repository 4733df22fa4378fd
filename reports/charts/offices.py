"""The charts of the Offices page."""

from datetime import date

import altair as alt
import pandas as pd

from language import say
from reports.broker import Publication, Scope
from reports.charts.figure import Figure
from reports.charts.shapes import bars, tooltip
from reports.charts.theme import BLUES, INK, Specification, themed
from reports.facts.days import plain_day
from reports.facts.offices import Offices, offices
from reports.wording import counted, number, short_name

SHOWN_COLUMNS = [
    "zone", "offices", "silent", "submitted", "in_progress", "beyond_promise", "beyond_pct",
]  # fmt: skip


def drawn_offices(
    publication: Publication, scope: Scope, day: date
) -> tuple[Offices, dict[str, Figure]]:
    """The offices of a scope, and the charts of them by name: `zones`, or `beyond` in a zone."""
    facts = offices(publication, scope, day)
    figure = (
        zone_tiles(facts, scope.title)
        if scope.place_scope == "country"
        else beyond(facts, scope.title)
    )
    return facts, {figure.name: figure}


def headline(facts: Offices) -> str:
    """How many offices there are, and how many are silent though they should be open."""
    silent = int((facts.offices["state"] == "silent").sum())
    return say(
        "{offices}: {open} open now, {silent} silent",
        offices=counted(len(facts.offices), say("office"), say("offices")),
        open=number((facts.offices["state"] == "open").sum()),
        silent=number(silent),
    )


def zone_tiles(facts: Offices, where: str) -> Figure:
    """A tile a zone, where it lies: open cases, and the share of them beyond the promise."""
    frame = facts.zones
    title = say("No office is known of")
    if len(frame) and frame["beyond_promise"].sum():
        first = frame.iloc[0]
        share = 100.0 * first["beyond_promise"] / frame["beyond_promise"].sum()
        title = say(
            "{share} of the cases beyond the promise lie in {zone}",
            share=number(share, "pct"),
            zone=first["zone"],
        )
    elif len(frame):
        title = say(
            "None of {cases} is beyond the promise",
            cases=counted(frame["in_progress"].sum(), say("open case"), say("open cases")),
        )
    alternative = say("A map of tiles, one a zone, by the share of open cases that is late.")
    return Figure(
        "zones",
        title,
        say(
            "Open cases held at the end of {day}, and the share of them beyond the promise, by "
            "zone, {where}; a tile lies about where the zone lies, its size means nothing",
            day=plain_day(facts.day),
            where=where,
        ),
        f"{alternative} {title}.",
        frame[SHOWN_COLUMNS] if len(frame) else frame,
        _tiles(frame) if len(frame) else None,
        ("backlog_closing", "backlog_beyond_promise"),
    )


def _tiles(frame: pd.DataFrame) -> Specification:
    home_wide = (
        int(frame.loc[~frame["is_abroad"], "column"].max() + 1)
        if (~frame["is_abroad"]).any()
        else 0
    )
    # Abroad stands to the right of home, with a gap between.
    drawn = frame.assign(
        x=frame["column"] + frame["is_abroad"] * (home_wide + 0.4),
        share=frame["beyond_pct"].fillna(0.0),
        cases=[say("{n} open", n=number(count)) for count in frame["in_progress"]],
        late=[
            say(
                "{n} late ({share})",
                n=number(row["beyond_promise"]),
                share=number(row["beyond_pct"], "pct"),
            )
            for row in frame.to_dict("records")
        ],
        shown=frame["zone"].map(short_name),
        silence=[say("◌ {n} silent", n=count) if count else "" for count in frame["silent"]],
    )
    top = max(1.0, float(drawn["share"].max()))
    drawn = drawn.assign(
        x_from=drawn["x"] - 0.48,
        x_to=drawn["x"] + 0.48,
        y_from=drawn["row"] - 0.45,
        y_to=drawn["row"] + 0.45,
    )
    across = alt.Scale(domain=[-0.55, float(drawn["x"].max()) + 0.55])
    down = alt.Scale(domain=[float(drawn["row"].max()) + 0.6, -0.6])
    base = alt.Chart(drawn)
    tiles = base.mark_rect(cornerRadius=4).encode(
        x=alt.X("x_from:Q", axis=None, scale=across),
        x2=alt.X2("x_to:Q"),
        y=alt.Y("y_from:Q", axis=None, scale=down),
        y2=alt.Y2("y_to:Q"),
        color=alt.Color(
            "share:Q",
            scale=alt.Scale(domain=[0, top], range=BLUES),
            legend=alt.Legend(title=None, format=".1~f", orient="top", gradientLength=160),
        ),
        tooltip=tooltip(
            zone="zone:N", open_cases="in_progress:Q", beyond_promise="beyond_promise:Q"
        ),
    )
    light = alt.condition(f"datum.share > {0.55 * top}", alt.value("white"), alt.value(INK))
    words = [
        base.mark_text(
            dy=shift, fontSize=size, fontWeight="bold" if is_bold else "normal", limit=150
        ).encode(
            x=alt.X("x:Q", axis=None, scale=across),
            y=alt.Y("row:Q", axis=None, scale=down),
            text=alt.Text(f"{text}:N"),
            color=light,
        )
        for text, shift, size, is_bold in (
            ("shown", -23, 12, True),
            ("cases", -6, 11, False),
            ("late", 9, 11, False),
            ("silence", 24, 11, True),
        )
    ]
    return themed(alt.layer(tiles, *words), 380)


def beyond(facts: Offices, where: str) -> Figure:
    """Cases beyond the promise by office, the most first."""
    frame = facts.offices
    late = frame[frame["beyond_promise"] > 0]
    title = say(
        "{late} of {offices} hold cases beyond the promise",
        late=number(len(late)),
        offices=counted(len(frame), say("office"), say("offices")),
    )
    return Figure(
        "beyond",
        title,
        say(
            "Cases held beyond the promise at the end of {day}, {where}",
            day=plain_day(facts.day),
            where=where,
        ),
        say("A bar an office of its cases beyond the promise. {title}.", title=title),
        frame[["name", "in_progress", "beyond_promise", "beyond_pct"]],
        bars(
            late,
            "name",
            "beyond_promise",
        )
        if len(late)
        else None,
        ("backlog_beyond_promise",),
    )
