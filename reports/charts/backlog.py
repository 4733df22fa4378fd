"""The charts of the page Backlog and capacity."""

from datetime import date

import pandas as pd

from language import say
from reports.broker import Publication, Scope
from reports.charts.figure import Figure
from reports.charts.shapes import Line, areas, bullets, over_days, period, stacked
from reports.charts.theme import AGES, BLUE, ORANGE, VERMILION
from reports.facts.clearance import RATE_DAYS, Backlog, Clearance, backlog
from reports.facts.days import day_of_month, plain_day
from reports.wording import counted, number, short_name

_AGE_COLUMNS = ("age_0_7_days", "age_8_21_days", "age_22_60_days", "age_over_60_days")
WHAT_IF_PCT = (0, 5, 10, 20, 30, 50)


def drawn_backlog(
    publication: Publication, scope: Scope, since: date, day: date
) -> tuple[Backlog, dict[str, Figure]]:
    """The backlog of a scope, and its charts by name: `flows`, `stocks`, `ages`, `parts`,
    `forecast`. What a reader tries (`what_if`) is drawn as it is asked for."""
    facts = backlog(publication, scope, since, day)
    figures = [make(facts) for make in (flows, stocks, ages, parts, forecast_fan)]
    return facts, {figure.name: figure for figure in figures}


def headline(facts: Backlog) -> str:
    """When the work clears at the rate of the last four weeks."""
    return cleared(facts.at())


def cleared(found: Clearance | None) -> str:
    """When that clearance is reached, in a sentence."""
    if found is None:
        return say("When it clears is unknown: too few cases were completed in four weeks")
    if found.days == 0:
        return say(
            "Nothing to clear: {n} cases wait, and at the usual pace {usual} would",
            n=number(found.waiting),
            usual=number(found.usual_waiting),
        )
    if found.clears_on is None:
        return say(
            "It does not clear within a year: {come} cases come a day and {go} go; {n} wait beyond "
            "the usual",
            come=number(found.in_per_day),
            go=number(found.out_per_day),
            n=number(found.excess),
        )
    return say(
        "{n} cases beyond the usual clear by {day}, if {come} come a day and {go} are made ready",
        n=number(found.excess),
        day=plain_day(found.clears_on),
        come=number(found.in_per_day),
        go=number(found.out_per_day),
    )


def reconciled(facts: Backlog) -> str:
    """Opening + in − out = closing over the period."""
    frame = facts.backlog
    if frame.empty:
        return say("No backlog is known of these days.")
    opening, closing = frame["opening"].iloc[0], frame["in_progress"].iloc[-1]
    came, went = frame["entered"].sum(), frame["left_count"].sum()
    return say(
        "Opening {opening} + in {came} − out {went} = closing {closing}, in and out as net moves "
        "of places and stages over each day.",
        opening=number(opening),
        came=number(came),
        went=number(went),
        closing=number(closing),
    )


def flows(facts: Backlog) -> Figure:
    """Applications in, passports printed, passports handed over."""
    frame = facts.flows
    title = say("No flow is known of these days")
    if len(frame):
        last = frame.tail(RATE_DAYS)
        title = say(
            "A day: {come} came in, {printed} were printed, {gone} handed over, over {days} days",
            come=number(last["submitted"].mean()),
            printed=number(last["printed"].mean()),
            gone=number(last["collected"].mean()),
            days=len(last),
        )
    lines = {
        "printed": Line(say("Printed"), BLUE),
        "collected": Line(say("Handed over"), ORANGE, (4, 3)),
    }
    return Figure(
        "flows",
        title,
        say("Applications and passports a day, {period}", period=period(frame)),
        say("Bars of applications in, lines of printed and handed over. {t}.", t=title),
        frame[["day", "submitted", "printed", "ready", "collected", "cancelled"]],
        over_days(frame, lines, bars=("submitted", say("Received"))) if len(frame) else None,
        ("submitted", "printed", "collected"),
    )


def stocks(facts: Backlog) -> Figure:
    """Both backlogs at the end of each day."""
    frame = facts.backlog
    title = say("No backlog is known of these days")
    if len(frame):
        last = frame.iloc[-1]
        title = say(
            "{open} in progress, {late} beyond the promise; the oldest is open for {age}",
            open=number(last["in_progress"]),
            late=number(last["beyond_promise"]),
            age=counted(last["oldest_days"], say("day"), say("days")),
        )
    lines = {
        "in_progress": Line(say("Work in progress"), BLUE),
        "beyond_promise": Line(say("Beyond the promise"), VERMILION, (5, 2)),
    }
    return Figure(
        "stocks",
        title,
        say("Open cases at the end of the day, {period}", period=period(frame)),
        f"{say('Two lines, work in progress and beyond the promise.')} {reconciled(facts)}",
        frame[["day", "opening", "entered", "left_count", "in_progress", "beyond_promise"]],
        over_days(frame, lines) if len(frame) else None,
        ("backlog_closing", "backlog_beyond_promise"),
    )


def ages(facts: Backlog) -> Figure:
    """Open cases by age over the days."""
    frame = facts.backlog
    names = dict(zip(_AGE_COLUMNS, AGES, strict=True))
    title = say("No backlog is known of these days")
    if len(frame):
        first, last = frame.iloc[0], frame.iloc[-1]
        old = [row["age_22_60_days"] + row["age_over_60_days"] for row in (first, last)]
        title = say(
            "{now} open cases are older than 21 days, {then} were on {day}",
            now=number(old[1]),
            then=number(old[0]),
            day=day_of_month(first["day"]),
        )
    return Figure(
        "ages",
        title,
        say("Open cases at the end of the day by age since submission, {p}", p=period(frame)),
        say("Stacked areas of open cases by age. {t}.", t=title),
        frame[["day", "in_progress", *names]],
        areas(frame, names, list(AGES.values())) if len(frame) else None,
        ("backlog_closing",),
    )


def parts(facts: Backlog) -> Figure:
    """Where the work lies, by age."""
    frame = facts.parts
    names = dict(zip(_AGE_COLUMNS, AGES, strict=True))
    title = say("No case is open")
    if len(frame) and frame["in_progress"].sum():
        first = frame.iloc[0]
        title = say(
            "{part} holds most: {n}, {late} of them beyond the promise",
            part=short_name(first["part"]),
            n=number(first["in_progress"]),
            late=number(first["beyond_promise"]),
        )
    return Figure(
        "parts",
        title,
        say(
            "Open cases at the end of {day} by age and {kind} that holds them",
            day=plain_day(facts.day),
            kind=say(facts.part_kind),
        ),
        say("Stacked bars of open cases by age. {t}.", t=title),
        frame[["part", "in_progress", "beyond_promise", *names, "oldest_days"]],
        stacked(frame, "part", names, list(AGES.values())) if len(frame) else None,
        ("backlog_closing", "backlog_beyond_promise"),
    )


def forecast_fan(facts: Backlog) -> Figure:
    """Work in progress as it may go on, with its range."""
    frame = facts.forecast
    title = say("No forecast is published for this place: none beats guessing from last season")
    if len(frame):
        last = frame.iloc[-1]
        title = say(
            "Work in progress of {p50} is likely by {day}, between {p10} and {p90}",
            p50=number(last["p50"]),
            p10=number(last["p10"]),
            p90=number(last["p90"]),
            day=day_of_month(last["day"]),
        )
    past = facts.backlog.tail(RATE_DAYS)[["day", "in_progress"]]
    drawn = pd.concat([past, frame[["day", "p10", "p50", "p90"]]], ignore_index=True)
    lines = {
        "in_progress": Line(say("Known"), BLUE),
        "p50": Line(say("Forecast"), ORANGE, (4, 3)),
    }
    return Figure(
        "forecast",
        title,
        say("Open cases a day; the band holds 8 of 10 likely courses"),
        say("A line of open cases, then a fan of the forecast. {t}.", t=title),
        frame,
        over_days(drawn, lines, band=("p10", "p90")) if len(frame) else None,
        ("forecast_p50",),
    )


def what_if(facts: Backlog, more_pct: float, intake_pct: float) -> Figure:
    """What comes and what goes at so much of the intake, by how much more is made ready a day; the
    finding is that of `more_pct`."""
    found = [(more, facts.at(more, intake_pct)) for more in WHAT_IF_PCT]
    columns = [
        "more_pct",
        "out_per_day",
        "in_per_day",
        "waiting",
        "usual_waiting",
        "excess",
        "days_to_clear",
        "clears_on",
    ]
    frame = pd.DataFrame(
        [
            {
                "more_pct": float(more),
                "out_per_day": at.out_per_day,
                "in_per_day": at.in_per_day,
                "waiting": at.waiting,
                "usual_waiting": at.usual_waiting,
                "excess": at.excess,
                "days_to_clear": at.days,
                "clears_on": pd.Timestamp(at.clears_on) if at.clears_on else pd.NaT,
            }
            for more, at in found
            if at
        ],
        columns=columns,
    )
    asked = cleared(facts.at(more_pct, intake_pct))
    title = say(
        "With {more} % more made ready and {intake} % of the intake: {s}",
        more=number(more_pct),
        intake=number(intake_pct),
        s=asked,
    )
    return Figure(
        "what_if",
        title if len(frame) else asked,
        say(
            "Made ready a day (bar) by so much more output, and cases that come in (tick), mean of "
            "the last {n} days; usual work = cases in a day × median days (Little's law)",
            n=RATE_DAYS,
        ),
        say("A bar a step of more output. {t}.", t=asked),
        frame,
        bullets(
            frame.assign(part=[f"+{more:.0f} %" for more in frame["more_pct"]]),
            "out_per_day",
            "in_per_day",
        )
        if len(frame)
        else None,
    )
