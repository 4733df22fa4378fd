"""The charts of the National overview and of the daily briefing."""

from collections.abc import Callable
from datetime import date

import altair as alt

from language import say
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
from reports.facts.days import plain_day
from reports.facts.overview import Overview, overview
from reports.facts.promise import SMALL_NUMBER
from reports.facts.xmr import xmr

_AGE_COLUMNS = ("age_0_7_days", "age_8_21_days", "age_22_60_days", "age_over_60_days")


def drawn_overview(
    publication: Publication, scope: Scope, day: date, of_parts: bool = True
) -> tuple[Overview, dict[str, Figure]]:
    """The figures of a day, and the charts of them by name: `intake`, `backlogs`, `promise`; and
    where they are asked for those of the parts: `day_by_part`, `week_by_part`, `ages`."""
    facts = overview(publication, scope, day, of_parts)
    makers: tuple[Callable[[Overview, str], Figure], ...] = (intake, backlogs, promise_xmr)
    if of_parts:
        makers += (day_by_part, week_by_part, ages)
    figures = [make(facts, scope.title) for make in makers]
    return facts, {figure.name: figure for figure in figures}


def intake(overview: Overview, where: str) -> Figure:
    """Applications received, expected and made ready, by day."""
    frame = overview.volumes
    received, expected, ready = say("Received"), say("Expected"), say("Made ready")
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
        alt.Chart(long_by_day(frame, {"expected_submitted": expected, "ready": ready}))
        .mark_line()
        .encode(
            x=day_axis(),
            y=alt.Y("count:Q"),
            color=colours({received: PALE, expected: ORANGE, ready: BLUE}),
            strokeDash=dashes({received: [1, 0], expected: [4, 3], ready: [1, 0]}),
        )
    )
    return Figure(
        "intake",
        wording.volumes_title(overview),
        say(
            "Applications and passports a day, {period}, {where}", period=period(frame), where=where
        ),
        say(
            "Bars of applications received each day with lines for what was expected and what was "
            "made ready. {finding}.",
            finding=wording.volumes_title(overview),
        ),
        frame[["day", "submitted", "expected_submitted", "printed", "ready", "collected"]],
        themed(bars + lines) if len(frame) else None,
        ("submitted", "expected_submitted", "ready"),
    )


def backlogs(overview: Overview, where: str) -> Figure:
    """Both backlogs at the end of each day."""
    frame = overview.backlog
    all_open, late = say("Work in progress"), say("Beyond the promise")
    names = {"in_progress": all_open, "beyond_promise": late}
    chart = (
        alt.Chart(long_by_day(frame, names))
        .mark_line()
        .encode(
            x=day_axis(),
            y=alt.Y("count:Q", title=None, axis=alt.Axis(format=",d"), scale=alt.Scale(zero=True)),
            color=colours({all_open: BLUE, late: VERMILION}),
            strokeDash=dashes({all_open: [1, 0], late: [5, 2]}),
            tooltip=tooltip(day="day:T", series="series:N", cases="count:Q"),
        )
    )
    return Figure(
        "backlogs",
        wording.backlog_title(overview),
        say(
            "Open cases at the end of the day, {period}, {where}", period=period(frame), where=where
        ),
        say(
            "Two lines, work in progress and the part of it beyond the promise. {finding}",
            finding=wording.backlog_sentence(overview),
        ),
        frame[["day", "opening", "entered", "left_count", "in_progress", "beyond_promise"]],
        themed(chart) if len(frame) else None,
        ("backlog_closing", "backlog_beyond_promise"),
    )


def promise_xmr(overview: Overview, where: str) -> Figure:
    """XmR chart of the share of due cases that were ready in time, by due day."""
    frame = overview.promise[overview.promise["due"] >= SMALL_NUMBER].reset_index(drop=True)
    limits = xmr(frame["kept_pct"].tolist(), floor=0.0, ceiling=100.0)
    subtitle = say(
        "Share of cases due on a day that were ready in time, per cent, {period}, {where}; days "
        "with fewer than {n} cases due are left out",
        period=period(frame),
        where=where,
        n=SMALL_NUMBER,
    )
    if frame.empty:
        return Figure("promise", wording.promise_title(overview), subtitle, "", frame, None)
    signals = limits.signals if limits else ()
    usual = (
        say(
            "The mean is {mean} %, the natural limits are {lower} and {upper} %; {days} outside "
            "the usual noise.",
            mean=wording.decimal(limits.centre, 1),
            lower=wording.decimal(limits.lower, 1),
            upper=wording.decimal(limits.upper, 1),
            days=wording.counted(sum(signals), "day"),
        )
        if limits
        else say("Natural limits need eight days.")
    )
    return Figure(
        "promise",
        wording.promise_title(overview),
        f"{subtitle}. {usual}",
        say("XmR chart of the share of promises kept by due day. {usual}", usual=usual),
        frame,
        themed(xmr_layers(frame, "kept_pct", limits, "below", due="due:Q")),
        ("promise_kept_share",),
    )


def day_by_part(overview: Overview, where: str) -> Figure:
    """Bullet bars: received on the day against expected, by zone or office."""
    frame = overview.day_by_part
    return Figure(
        "day_by_part",
        wording.day_parts_title(overview),
        say(
            "Applications received on {day} (bar) and expected (tick) by {part}, {where}",
            day=plain_day(overview.day),
            part=say(overview.part_kind),
            where=where,
        ),
        say(
            "A bar a {part} of applications received, with a tick at the expected number. "
            "{finding}.",
            part=say(overview.part_kind),
            finding=wording.day_parts_title(overview),
        ),
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
        say(
            "Passports made ready (bar) and applications received (tick) in the 7 days to {day} "
            "by {part}, {where}",
            day=plain_day(overview.day),
            part=say(overview.part_kind),
            where=where,
        ),
        say(
            "A bar a {part} of passports made ready in 7 days, with a tick at the applications "
            "received. {finding}.",
            part=say(overview.part_kind),
            finding=wording.week_parts_title(overview),
        ),
        frame[["part", "ready", "submitted"]],
        bullets(frame, "ready", "submitted") if len(frame) else None,
        ("ready", "submitted"),
    )


def ages(overview: Overview, where: str) -> Figure:
    """Open cases by age, one stacked bar a zone or office."""
    columns = {name: say(label) for name, label in zip(_AGE_COLUMNS, AGES, strict=True)}
    frame = overview.backlog_by_part
    return Figure(
        "ages",
        wording.age_title(overview),
        say(
            "Open cases at the end of {day} by age and {part} that holds them, {where}",
            day=plain_day(overview.day),
            part=say(overview.part_kind),
            where=where,
        ),
        say("Stacked bars of open cases by age. {finding}.", finding=wording.age_title(overview)),
        frame[["part", "in_progress", "beyond_promise", *columns, "oldest_days"]],
        stacked(frame, "part", columns, list(AGES.values())) if len(frame) else None,
        ("backlog_closing",),
    )
