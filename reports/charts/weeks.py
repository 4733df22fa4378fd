"""XmR charts of weeks: is it a real change, or the usual noise?"""

from datetime import date
from typing import Literal

import pandas as pd

from language import say
from reports.broker import Publication, Scope
from reports.charts.figure import Figure
from reports.charts.shapes import period, xmr_layers
from reports.charts.theme import Specification, themed
from reports.facts.days import day_of_month
from reports.facts.weeks import complaints_by_week, work_by_week
from reports.facts.xmr import FEWEST_POINTS, xmr
from reports.wording import decimal


def complaints_figure(publication: Publication, scope: Scope, day: date, timezone: str) -> Figure:
    """Complaints per 10,000 applications by week."""
    frame = complaints_by_week(publication, scope, day, timezone)
    unit = say("complaints per 10,000 applications")
    title, drawn = _judged(frame, "per_10000", "above", unit)
    measure = say("Complaints opened per 10,000 applications received, by week")
    return Figure(
        "complaint_weeks",
        title,
        _within(measure, frame),
        say("XmR chart of weeks. {t}.", t=title),
        frame,
        drawn,
        ("complaints_rate",),
    )


def work_figure(publication: Publication, scope: Scope, day: date) -> Figure:
    """Steps done in an hour at a desk by week."""
    frame = work_by_week(publication, scope, day)
    unit = say("steps an hour at a desk")
    title, drawn = _judged(frame, "cases_per_hour", "below", unit)
    measure = say("Steps done in an hour at a desk, all stages and people together, by week")
    return Figure(
        "work_weeks",
        title,
        _within(measure, frame),
        say("XmR chart of weeks. {t}.", t=title),
        frame,
        drawn,
        ("staff_cases_per_hour",),
    )


def _within(measure: str, frame: pd.DataFrame) -> str:
    return say(
        "{measure}, {period}; mean and natural limits (dotted)",
        measure=measure,
        period=period(frame),
    )


def _judged(
    frame: pd.DataFrame, value: str, bad: Literal["above", "below"], unit: str
) -> tuple[str, Specification | None]:
    """What the last week is among all, and the chart."""
    limits = xmr(frame[value].tolist(), floor=0.0)
    drawn = themed(xmr_layers(frame, value, limits, bad), 200) if len(frame) else None
    if not limits:
        return say(
            "{n} weeks are known, {few} are needed to tell a change from noise",
            n=len(frame),
            few=FEWEST_POINTS,
        ), drawn
    last = frame.iloc[-1]
    told = {
        "value": decimal(last[value], 1),
        "unit": unit,
        "lower": decimal(limits.lower, 1),
        "upper": decimal(limits.upper, 1),
        "day": day_of_month(last["day"]),
    }
    if not limits.signals[-1]:
        return say(
            "{value} {unit} in the week of {day}: the usual noise of {lower} to {upper}", **told
        ), drawn
    if (last[value] > limits.centre) == (bad == "above"):
        return say("Really worse: {value} {unit} in the week of {day}", **told), drawn
    return say("Really better: {value} {unit} in the week of {day}", **told), drawn
