"""The charts of the National overview and of the daily briefing."""

from datetime import date

import altair as alt

from reports import wording
from reports.broker import Publication, Scope
from reports.charts.figure import Figure
from reports.charts.shapes import (
    bullets,
    colours,
    dashes,
    long_by_day,
    period,
    stacked,
    tooltip,
    xmr_layers,
)
from reports.charts.theme import (
    AGES,
    BLUE,
    ORANGE,
    PALE,
    VERMILION,
    day_axis,
    themed,
)
from reports.facts.overview import Overview, overview
from reports.facts.promise import SMALL_NUMBER
from reports.facts.xmr import xmr

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
            tooltip=tooltip(day="day:T", received="submitted:Q", expected="expected_submitted:Q"),
        )
    )
    lines = (
        alt.Chart(long_by_day(frame, {"expected_submitted": "Expected", "ready": "Made ready"}))
        .mark_line()
        .encode(
            x=day_axis(),
            y="count:Q",
            color=colours({"Received": PALE, "Expected": ORANGE, "Made ready": BLUE}),
            strokeDash=dashes({"Received": [1, 0], "Expected": [4, 3], "Made ready": [1, 0]}),
        )
    )
    return Figure(
        "intake",
        wording.volumes_title(overview),
        f"Applications and passports a day, {period(frame)}, {where}",
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
        alt.Chart(long_by_day(frame, names))
        .mark_line()
        .encode(
            x=day_axis(),
            y=alt.Y("count:Q", title=None, axis=alt.Axis(format=",d"), scale=alt.Scale(zero=True)),
            color=colours({"Work in progress": BLUE, "Beyond the promise": VERMILION}),
            strokeDash=dashes({"Work in progress": [1, 0], "Beyond the promise": [5, 2]}),
            tooltip=tooltip(day="day:T", series="series:N", cases="count:Q"),
        )
    )
    return Figure(
        "backlogs",
        wording.backlog_title(overview),
        f"Open cases at the end of the day, {period(frame)}, {where}",
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
        f"Share of cases due on a day that were ready in time, per cent, {period(frame)}, "
        f"{where}; days with fewer than {SMALL_NUMBER} cases due are left out"
    )
    if frame.empty:
        return Figure("promise", wording.promise_title(overview), subtitle, "", frame, None)
    signals = limits.signals if limits else ()
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
        themed(xmr_layers(frame, "kept_pct", limits, "below", due="due:Q")),
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
        bullets(frame, "submitted", "expected_submitted") if len(frame) else None,
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
        bullets(frame, "ready", "submitted") if len(frame) else None,
        ("ready", "submitted"),
    )


def ages(overview: Overview, where: str) -> Figure:
    """Open cases by age, one stacked bar a zone or office."""
    columns = dict(zip(_AGE_COLUMNS, AGES, strict=True))
    frame = overview.backlog_by_part
    return Figure(
        "ages",
        wording.age_title(overview),
        f"Open cases at the end of {overview.day:%-d %B %Y} by age and {overview.part_kind} "
        f"that holds them, {where}",
        f"Stacked bars of open cases by age. {wording.age_title(overview)}.",
        frame[["part", "in_progress", "beyond_promise", *columns, "oldest_days"]],
        stacked(frame, "part", columns, list(AGES.values())) if len(frame) else None,
        ("in_progress",),
    )
