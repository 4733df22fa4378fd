"""The charts of the National overview and of the daily briefing."""

from datetime import date

import altair as alt
import pandas as pd

from reports import wording
from reports.broker import Publication, Scope
from reports.charts.figure import Figure
from reports.charts.theme import (
    AGES,
    BLUE,
    GREEN,
    GREY,
    INK,
    ORANGE,
    PALE,
    VERMILION,
    Drawing,
    Specification,
    day_axis,
    themed,
)
from reports.facts.overview import Overview, overview
from reports.facts.promise import SMALL_NUMBER
from reports.facts.xmr import xmr

SHOWN_PARTS = 16
NOISE, BETTER, WORSE = "Usual noise", "Really better", "Really worse"
_AGE_COLUMNS = ("age_0_7_days", "age_8_21_days", "age_22_60_days", "age_over_60_days")


def drawn_overview(
    publication: Publication, scope: Scope, day: date
) -> tuple[Overview, dict[str, Figure]]:
    """The figures of a day, and the charts of them by name: `intake`, `backlogs`, `promise`,
    `day_by_part`, `week_by_part`, `ages`."""
    facts = overview(publication, scope, day)
    makers = (intake, backlogs, promise_xmr, day_by_part, week_by_part, ages)
    figures = [make(facts, scope.title) for make in makers]
    return facts, {figure.name: figure for figure in figures}


def intake(overview: Overview, where: str) -> Figure:
    """Applications received, expected and made ready, by day."""
    frame = overview.volumes
    bars = (
        alt.Chart(frame)
        .mark_bar(color=PALE, size=9)
        .encode(
            x=day_axis(),
            y=alt.Y("submitted:Q", title=None, axis=alt.Axis(format=",d")),
            tooltip=_tooltip(day="day:T", received="submitted:Q", expected="expected_submitted:Q"),
        )
    )
    lines = (
        alt.Chart(_long(frame, {"expected_submitted": "Expected", "ready": "Made ready"}))
        .mark_line()
        .encode(
            x=day_axis(),
            y="count:Q",
            color=_colours({"Received": PALE, "Expected": ORANGE, "Made ready": BLUE}),
            strokeDash=_dashes({"Received": [1, 0], "Expected": [4, 3], "Made ready": [1, 0]}),
        )
    )
    return Figure(
        "intake",
        wording.volumes_title(overview),
        f"Applications and passports a day, {_period(frame)}, {where}",
        f"Bars of applications received each day with lines for what was expected and what was "
        f"made ready. {wording.volumes_title(overview)}.",
        frame[["day", "submitted", "expected_submitted", "printed", "ready", "collected"]],
        themed(bars + lines) if len(frame) else None,
        ("submitted", "expected_submitted", "ready"),
    )


def backlogs(overview: Overview, where: str) -> Figure:
    """Both backlogs at the end of each day."""
    frame = overview.backlog
    names = {"in_progress": "Work in progress", "beyond_promise": "Beyond the promise"}
    chart = (
        alt.Chart(_long(frame, names))
        .mark_line()
        .encode(
            x=day_axis(),
            y=alt.Y("count:Q", title=None, axis=alt.Axis(format=",d"), scale=alt.Scale(zero=True)),
            color=_colours({"Work in progress": BLUE, "Beyond the promise": VERMILION}),
            strokeDash=_dashes({"Work in progress": [1, 0], "Beyond the promise": [5, 2]}),
            tooltip=_tooltip(day="day:T", series="series:N", cases="count:Q"),
        )
    )
    return Figure(
        "backlogs",
        wording.backlog_title(overview),
        f"Open cases at the end of the day, {_period(frame)}, {where}",
        f"Two lines, work in progress and the part of it beyond the promise. "
        f"{wording.backlog_sentence(overview)}",
        frame[["day", "opening", "entered", "left_count", "in_progress", "beyond_promise"]],
        themed(chart) if len(frame) else None,
        ("in_progress", "beyond_promise"),
    )


def promise_xmr(overview: Overview, where: str) -> Figure:
    """XmR chart of the share of due cases that were ready in time, by due day."""
    frame = overview.promise[overview.promise["due"] >= SMALL_NUMBER].reset_index(drop=True)
    limits = xmr(frame["kept_pct"].tolist(), floor=0.0, ceiling=100.0)
    subtitle = (
        f"Share of cases due on a day that were ready in time, per cent, {_period(frame)}, "
        f"{where}; days with fewer than {SMALL_NUMBER} cases due are left out"
    )
    if frame.empty:
        return Figure("promise", wording.promise_title(overview), subtitle, "", frame, None)
    signals = limits.signals if limits else (False,) * len(frame)
    centre = limits.centre if limits else 0.0
    drawn = frame.assign(
        state=[
            NOISE if not signal else WORSE if kept < centre else BETTER
            for signal, kept in zip(signals, frame["kept_pct"], strict=True)
        ]
    )
    y = alt.Y("kept_pct:Q", title=None, scale=alt.Scale(zero=False, padding=8))
    line = alt.Chart(drawn).mark_line(color=GREY, strokeWidth=1).encode(x=day_axis(), y=y)
    points = (
        alt.Chart(drawn)
        .mark_point(filled=True, size=40, opacity=1)
        .encode(
            x=day_axis(),
            y=y,
            color=_colours({NOISE: BLUE, BETTER: GREEN, WORSE: VERMILION}, "state"),
            shape=alt.Shape(
                "state:N",
                title=None,
                scale=alt.Scale(
                    domain=[NOISE, BETTER, WORSE], range=["circle", "triangle-up", "triangle-down"]
                ),
            ),
            tooltip=_tooltip(day="day:T", kept_pct="kept_pct:Q", due="due:Q"),
        )
    )
    chart: Drawing = alt.layer(line, points)
    if limits:
        mean, reach = ([limits.centre], [limits.lower, limits.upper])
        chart = alt.layer(_rules(mean, [1, 0]), _rules(reach, [2, 3]), chart)
    usual = (
        f"The mean is {limits.centre:.1f} %, the natural limits are {limits.lower:.1f} and "
        f"{limits.upper:.1f} %; {wording.counted(sum(signals), 'day')} outside the usual noise."
        if limits
        else "Natural limits need eight days."
    )
    return Figure(
        "promise",
        wording.promise_title(overview),
        f"{subtitle}. {usual}",
        f"XmR chart of the share of promises kept by due day. {usual}",
        frame,
        themed(chart),
        ("kept_pct",),
    )


def day_by_part(overview: Overview, where: str) -> Figure:
    """Bullet bars: received on the day against expected, by zone or office."""
    frame = overview.day_by_part
    return Figure(
        "day_by_part",
        wording.day_parts_title(overview),
        f"Applications received on {overview.day:%-d %B %Y} (bar) and expected (tick) by "
        f"{overview.part_kind}, {where}",
        f"A bar a {overview.part_kind} of applications received, with a tick at the expected "
        f"number. {wording.day_parts_title(overview)}.",
        frame[["part", "submitted", "expected_submitted"]],
        _bullets(frame, "submitted", "expected_submitted") if len(frame) else None,
        ("submitted", "expected_submitted"),
    )


def week_by_part(overview: Overview, where: str) -> Figure:
    """Bullet bars: made ready over seven days against received, by zone or office."""
    frame = overview.week_by_part
    return Figure(
        "week_by_part",
        wording.week_parts_title(overview),
        f"Passports made ready (bar) and applications received (tick) in the 7 days to "
        f"{overview.day:%-d %B %Y} by {overview.part_kind}, {where}",
        f"A bar a {overview.part_kind} of passports made ready in 7 days, with a tick at the "
        f"applications received. {wording.week_parts_title(overview)}.",
        frame[["part", "ready", "submitted"]],
        _bullets(frame, "ready", "submitted") if len(frame) else None,
        ("ready", "submitted"),
    )


def ages(overview: Overview, where: str) -> Figure:
    """Open cases by age, one stacked bar a zone or office."""
    columns = dict(zip(_AGE_COLUMNS, AGES, strict=True))
    frame = overview.backlog_by_part
    drawn = frame.head(SHOWN_PARTS).melt("part", list(columns), "age", "count")
    drawn = drawn.assign(order=drawn["age"].map({c: i for i, c in enumerate(columns)}))
    drawn = drawn.assign(age=drawn["age"].map(columns))
    chart = (
        alt.Chart(drawn)
        .mark_bar()
        .encode(
            y=_part_axis(frame),
            x=alt.X("count:Q", title=None, axis=alt.Axis(format=",d", grid=True, tickCount=5)),
            color=_colours(AGES, "age", legend=alt.Legend(columns=2, columnPadding=12)),
            order="order:O",
            tooltip=_tooltip(part="part:N", age="age:N", cases="count:Q"),
        )
    )
    return Figure(
        "ages",
        wording.age_title(overview),
        f"Open cases at the end of {overview.day:%-d %B %Y} by age and {overview.part_kind} "
        f"that holds them, {where}",
        f"Stacked bars of open cases by age. {wording.age_title(overview)}.",
        frame[["part", "in_progress", "beyond_promise", *columns, "oldest_days"]],
        themed(chart, _height(frame)) if len(frame) else None,
        ("in_progress",),
    )


def _rules(values: list[float], dash: list[int]) -> alt.Chart:
    frame = pd.DataFrame({"value": values})
    rules: alt.Chart = alt.Chart(frame).mark_rule(color=INK, strokeDash=dash).encode(y="value:Q")
    return rules


def _dashes(dashes: dict[str, list[int]]) -> alt.StrokeDash:
    scale = alt.Scale(domain=list(dashes), range=list(dashes.values()))
    return alt.StrokeDash("series:N", scale=scale, title=None)


def _bullets(frame: pd.DataFrame, bar: str, tick: str) -> Specification:
    shown = frame.head(SHOWN_PARTS)
    x_axis = alt.Axis(format=",d", grid=True, tickCount=5)
    bars = (
        alt.Chart(shown)
        .mark_bar(color=BLUE, size=10)
        .encode(
            y=_part_axis(frame),
            x=alt.X(f"{bar}:Q", title=None, axis=x_axis),
            tooltip=_tooltip(part="part:N", bar=f"{bar}:Q", tick=f"{tick}:Q"),
        )
    )
    ticks = (
        alt.Chart(shown)
        .mark_tick(color=INK, thickness=2.5, size=17)
        .encode(y=_part_axis(frame), x=f"{tick}:Q")
    )
    return themed(bars + ticks, _height(frame))


def _part_axis(frame: pd.DataFrame) -> alt.Y:
    return alt.Y(
        "part:N",
        title=None,
        sort=frame["part"].head(SHOWN_PARTS).tolist(),
        axis=alt.Axis(domain=False, ticks=False, labelColor=INK, labelLimit=150),
    )


def _height(frame: pd.DataFrame) -> int:
    return 40 + 24 * min(SHOWN_PARTS, len(frame))


def _long(frame: pd.DataFrame, names: dict[str, str]) -> pd.DataFrame:
    long = frame.melt("day", list(names), "series", "count").dropna()
    return long.assign(series=long["series"].map(names))


def _colours(
    colours: dict[str, str], column: str = "series", legend: alt.Legend | None = None
) -> alt.Color:
    scale = alt.Scale(domain=list(colours), range=list(colours.values()))
    return alt.Color(f"{column}:N", scale=scale, title=None, legend=legend or alt.Legend())


def _tooltip(**fields: str) -> list[alt.Tooltip]:
    formats = {"Q": ",.1~f", "T": "%a %-d %b %Y", "N": ""}
    return [
        alt.Tooltip(code, title=name.replace("_", " "), format=formats[code[-1]])
        for name, code in fields.items()
    ]


def _period(frame: pd.DataFrame) -> str:
    if frame.empty:
        return "no day"
    first, last = frame["day"].iloc[0], frame["day"].iloc[-1]
    return f"{first:%-d %B} to {last:%-d %B %Y}"
