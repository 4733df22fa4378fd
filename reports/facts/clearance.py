"""When does the work that waits clear, at this rate and at another?

One rule (`clearance`) for the whole work of a place and for what waits to be printed at its sites
(`reports/facts/print_queue.py`).
"""

from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil

import pandas as pd

from reports.broker import Publication, Scope, rows
from reports.facts.backlog import backlog_by_part, daily_backlog
from reports.facts.days import days_before
from reports.facts.places import part_kind
from reports.facts.promise import SMALL_NUMBER
from reports.facts.turnaround import turnaround
from reports.facts.volumes import daily_volumes

RATE_DAYS = 28
WEEK = 7
READY = "ready"
# Later than this is told as never: no rate of four weeks holds for longer.
HORIZON_DAYS = 365


@dataclass(frozen=True)
class Clearance:
    """Work that waits at the end of `day` against the rates at which it comes and goes (cases a
    calendar day).

    `usual_waiting` is what waits when each case takes its usual time; `days` until only that is
    left, 0 where it is so already, None where that takes longer than `HORIZON_DAYS` or for ever."""

    day: date
    waiting: float
    in_per_day: float
    out_per_day: float
    usual_waiting: float
    days: float | None

    @property
    def excess(self) -> float:
        """What waits beyond the usual."""
        return max(0.0, self.waiting - self.usual_waiting)

    @property
    def clears_on(self) -> date | None:
        """The day at whose end no more than the usual waits; None where there is none."""
        return None if self.days is None else self.day + timedelta(days=ceil(self.days))

    def left_after(self, days: float) -> float:
        """What waits so many days later at these rates; never less than none."""
        return max(0.0, self.waiting + days * (self.in_per_day - self.out_per_day))


def clearance(
    day: date, waiting: float, in_per_day: float, out_per_day: float, usual_days: float = 0.0
) -> Clearance:
    """By Little's law: `in_per_day` cases that take `usual_days` each are the usual work; what
    waits beyond it shrinks by what goes out less what comes."""
    usual = in_per_day * usual_days
    excess = waiting - usual
    days: float | None = 0.0
    if excess > 0:
        days = excess / (out_per_day - in_per_day) if out_per_day > in_per_day else None
        days = days if days is not None and days <= HORIZON_DAYS else None
    return Clearance(day, waiting, in_per_day, out_per_day, usual, days)


@dataclass(frozen=True)
class Backlog:
    """The backlog of a scope and its flows; frames as their functions say. `usual_days` is the
    median turnaround of the four weeks, None where too few were completed."""

    day: date
    part_kind: str
    backlog: pd.DataFrame
    flows: pd.DataFrame
    parts: pd.DataFrame
    waiting: float
    usual_days: float | None
    forecast: pd.DataFrame

    def at(self, more_pct: float = 0.0, intake_pct: float = 100.0) -> Clearance | None:
        """When it clears with that much more output and that much of the intake; None where the
        rates are not known."""
        rates = self.flows.tail(RATE_DAYS)
        if self.usual_days is None or len(rates) < WEEK:
            return None
        come = (rates["submitted"] - rates["cancelled"]).mean() * intake_pct / 100.0
        ready = rates["ready"].mean() * (1.0 + more_pct / 100.0)
        return clearance(self.day, self.waiting, come, ready, self.usual_days)


def backlog(publication: Publication, scope: Scope, since: date, day: date) -> Backlog:
    """The backlog at the end of `day`, and the days from `since` to it."""
    first = min(since, days_before(day, RATE_DAYS))
    weeks = turnaround(
        publication, scope, "week", days_before(day, RATE_DAYS + WEEK), days_before(day, WEEK)
    )
    whole = weeks[(weeks["tier"] == "all") & (weeks["completed"] >= SMALL_NUMBER)]
    return Backlog(
        day=day,
        part_kind=part_kind(scope),
        backlog=daily_backlog(publication, scope, since, day),
        flows=daily_volumes(publication, scope, first, day),
        parts=backlog_by_part(publication, scope, day),
        waiting=_waiting(publication, scope),
        usual_days=float(whole["p50_days"].median()) if len(whole) else None,
        forecast=forecast(publication, scope, "backlog", day),
    )


def _waiting(publication: Publication, scope: Scope) -> float:
    """Open cases submitted in the scope, wherever they are, that are not ready as of now: what
    is ready waits for its applicant."""
    found = rows(
        publication,
        scope,
        """
        select count(*)::double as waiting
        from rpt_applications
        where ended_on is null and is_open and current_stage_code <> $ready
        """,
        {"ready": READY},
    )
    return float(found["waiting"].iloc[0])


def forecast(publication: Publication, scope: Scope, measure: str, day: date) -> pd.DataFrame:
    """The forecast of a measure after `day`: day, p10, p50, p90, method,
    skill_vs_seasonal_naive; empty where none is published that beats the seasonal guess."""
    return rows(
        publication,
        scope,
        """
        select day::timestamp as day, p10, p50, p90, method, skill_vs_seasonal_naive
        from rpt_forecast
        where place_scope = $scope and measure = $measure and day > $day
        order by day
        """,
        {"scope": scope.place_scope, "measure": measure, "day": day},
    )
