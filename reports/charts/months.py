"""Charts of months: what a monthly briefing and the public bulletin show."""

from datetime import date

import pandas as pd

from language import say
from reports.broker import Publication, Scope
from reports.charts.figure import Figure
from reports.charts.shapes import Line, months, over_days
from reports.charts.theme import BLUE, ORANGE, VERMILION
from reports.facts.backlog import daily_backlog
from reports.facts.volumes import daily_volumes
from reports.wording import number, signed

MONTHS = 13


def by_month(publication: Publication, scope: Scope, until: date) -> pd.DataFrame:
    """One row a month of the thirteen to that of `until` whose every day is known: day (its
    first), submitted, printed, ready, collected (sums), in_progress, beyond_promise (at the end of
    its last day)."""
    first = (pd.Timestamp(until).to_period("M") - (MONTHS - 1)).to_timestamp().date()
    flows = daily_volumes(publication, scope, first, until)
    stocks = daily_backlog(publication, scope, first, until)
    by_period = flows.groupby(flows["day"].dt.to_period("M"))
    sums = by_period[["submitted", "printed", "ready", "collected"]].sum()
    sums = sums[by_period["day"].nunique() == pd.PeriodIndex(sums.index).days_in_month]
    last = stocks.groupby(stocks["day"].dt.to_period("M"))[["in_progress", "beyond_promise"]].last()
    joined = sums.join(last, how="left")
    return joined.assign(day=pd.PeriodIndex(joined.index).to_timestamp()).reset_index(drop=True)


def month_flows(frame: pd.DataFrame) -> Figure:
    """What came and what was made ready, month by month; of two months at least."""
    last, before = frame.iloc[-1], frame.iloc[-2]
    title = say("{n} applications in the month", n=number(last["submitted"]))
    if before["submitted"]:
        title = say(
            "{n} applications in the month, {share} % on the month before",
            n=number(last["submitted"]),
            share=signed(100 * (last["submitted"] - before["submitted"]) / before["submitted"], 1),
        )
    lines = {
        "ready": Line(say("Made ready"), BLUE),
        "collected": Line(say("Handed over"), ORANGE, (4, 3)),
    }
    return Figure(
        "month_flows",
        title,
        say("Applications and passports a month, {period}", period=_span(frame)),
        say("Bars of applications by month, lines of made ready and handed over. {t}.", t=title),
        frame,
        over_days(frame, lines, bars=("submitted", say("Received")), by_month=True),
        ("submitted", "ready", "collected"),
    )


def month_backlogs(frame: pd.DataFrame) -> Figure:
    """Both backlogs at the end of each month."""
    known = frame.dropna(subset=["in_progress"])
    title = say("No backlog is known of these months")
    if len(known):
        last = known.iloc[-1]
        title = say(
            "{all} in progress, {late} of them beyond the promise",
            all=number(last["in_progress"]),
            late=number(last["beyond_promise"]),
        )
    lines = {
        "in_progress": Line(say("Work in progress"), BLUE),
        "beyond_promise": Line(say("Beyond the promise"), VERMILION, (5, 2)),
    }
    return Figure(
        "month_backlogs",
        title,
        say("Open cases at the end of each month, {period}", period=_span(known)),
        say("Two lines, work in progress and the part of it beyond the promise. {t}.", t=title),
        known,
        over_days(known, lines, by_month=True) if len(known) > 1 else None,
        ("backlog_closing", "backlog_beyond_promise"),
    )


def _span(frame: pd.DataFrame) -> str:
    return months(frame["day"].iloc[0], frame["day"].iloc[-1]) if len(frame) else say("no month")


def trends(publication: Publication, scope: Scope, until: date) -> tuple[Figure, ...]:
    """The charts of the months to that of `until`; none where there is only one to show."""
    frame = by_month(publication, scope, until)
    return (month_flows(frame), month_backlogs(frame)) if len(frame) > 1 else ()
