"""A whole week or month against the one before it."""

from dataclasses import dataclass
from datetime import date, timedelta

import pandas as pd

from reports.broker import Publication, Scope
from reports.facts.backlog import daily_backlog
from reports.facts.days import days_before
from reports.facts.overview import Unit
from reports.facts.promise import SMALL_NUMBER, daily_promise
from reports.facts.volumes import daily_volumes

FLOWS = ("submitted", "printed", "ready", "collected")
STOCKS = ("in_progress", "beyond_promise")


@dataclass(frozen=True)
class Total:
    """A measure of the period and of the one before it; None where it is not known."""

    measure: str
    unit: Unit
    value: float | None
    before: float | None

    @property
    def change_pct(self) -> float | None:
        """The difference in per cent of the period before."""
        if self.value is None or not self.before:
            return None
        return 100.0 * (self.value - self.before) / self.before


@dataclass(frozen=True)
class Totals:
    """The days from `since` to `until` and what they come to. `days` is one row a day: day,
    submitted, expected_submitted, printed, ready, collected, in_progress, beyond_promise; `due`
    and `broken` are cases whose promise fell due in the period, None where none is known."""

    since: date
    until: date
    totals: tuple[Total, ...]
    days: pd.DataFrame
    due: float | None
    broken: float | None

    @property
    def is_empty(self) -> bool:
        """True where nothing is known of any of the days."""
        return self.days.empty


def totals(publication: Publication, scope: Scope, since: date, until: date) -> Totals:
    """The days from `since` to `until` against as many before them, or the month against the one
    before it where they are a month."""
    first = _before(since, until)
    flows = daily_volumes(publication, scope, first, until)
    stocks = daily_backlog(publication, scope, first, until)
    due = daily_promise(publication, scope, first, until)
    start = pd.Timestamp(since)
    found = [_flow(flows, start, measure) for measure in FLOWS]
    found += [_stock(stocks, start, measure) for measure in STOCKS]
    found.append(_kept(due, start))
    of_days = flows[flows["day"] >= start].merge(
        stocks.loc[stocks["day"] >= start, ["day", *STOCKS]], on="day", how="outer"
    )
    columns = ["day", "submitted", "expected_submitted", "printed", "ready", "collected", *STOCKS]
    now = due[due["day"] >= start]
    return Totals(
        since,
        until,
        tuple(found),
        of_days[columns],
        float(now["due"].sum()) if len(now) else None,
        float((now["due"] - now["kept"]).sum()) if len(now) else None,
    )


def _before(since: date, until: date) -> date:
    """The first day of the period before."""
    is_month = since.day == 1 and (until + timedelta(days=1)).day == 1
    if is_month:
        return (since - timedelta(days=1)).replace(day=1)
    return days_before(since - timedelta(days=1), (until - since).days + 1)


def _flow(frame: pd.DataFrame, start: pd.Timestamp, measure: str) -> Total:
    now, then = (frame.loc[part, measure] for part in (frame["day"] >= start, frame["day"] < start))
    value = float(now.sum()) if len(now) else None
    before = float(then.sum()) if len(then) else None
    return Total(measure, "count", value, before)


def _stock(frame: pd.DataFrame, start: pd.Timestamp, measure: str) -> Total:
    now, then = (frame.loc[part, measure] for part in (frame["day"] >= start, frame["day"] < start))
    value = float(now.iloc[-1]) if len(now) else None
    before = float(then.iloc[-1]) if len(then) else None
    return Total(measure, "count", value, before)


def _kept(frame: pd.DataFrame, start: pd.Timestamp) -> Total:
    shares = []
    for part in (frame["day"] >= start, frame["day"] < start):
        due, kept = frame.loc[part, "due"].sum(), frame.loc[part, "kept"].sum()
        shares.append(float(100.0 * kept / due) if due >= SMALL_NUMBER else None)
    value, before = shares
    return Total("kept_pct", "pct", value, before)
