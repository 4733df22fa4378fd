"""Do we issue enough, on time, now? The figures of the National overview and of a briefing."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

import pandas as pd

from language import say
from reports.broker import Publication, Scope
from reports.facts import backlog, promise, turnaround, volumes
from reports.facts.days import days_before, weekday
from reports.facts.judging import (
    Judged,
    judged_against,
    judged_by_step,
    judged_share,
    usual_of_weekday,
)
from reports.facts.places import part_kind

SHOWN_DAYS = 42
READ_DAYS = 70
WEEK = 7
MONTH = 28

Unit = Literal["count", "pct", "days"]


@dataclass(frozen=True)
class Tile:
    """One figure of a day, what it is measured against, and its last 28 days.

    `bad` says in which direction a departure is bad news."""

    label: str
    measure: str
    unit: Unit
    judged: Judged
    against: str
    bad: Literal["above", "below", "neither"]
    trend: tuple[float, ...]

    @property
    def asks_for_action(self) -> bool:
        return self.judged.verdict == self.bad


@dataclass(frozen=True)
class Change:
    """A figure of one part (zone or office) outside its usual range."""

    part: str
    measure: str
    judged: Judged
    is_bad: bool


@dataclass(frozen=True)
class Overview:
    """All figures of one day of one scope; frames as their fact functions describe them."""

    day: date
    part_kind: str
    tiles: tuple[Tile, ...]
    changes: tuple[Change, ...]
    judged_parts: int
    volumes: pd.DataFrame
    backlog: pd.DataFrame
    promise: pd.DataFrame
    turnaround: pd.DataFrame
    week_by_part: pd.DataFrame
    day_by_part: pd.DataFrame
    backlog_by_part: pd.DataFrame
    promise_by_part: pd.DataFrame

    @property
    def is_empty(self) -> bool:
        return self.volumes.empty and self.backlog.empty


def overview(publication: Publication, scope: Scope, day: date, of_parts: bool = True) -> Overview:
    """The figures of `day`, and the six weeks that end with it; those of the parts of the scope
    only where they are asked for, else their frames have no row."""
    since = days_before(day, READ_DAYS)
    shown = pd.Timestamp(days_before(day, SHOWN_DAYS))
    daily = volumes.daily_volumes(publication, scope, since, day)
    stock = backlog.daily_backlog(publication, scope, since, day)
    due = promise.daily_promise(publication, scope, since, day)
    parts = _parts(publication, scope, since, day) if of_parts else _no_parts()
    return Overview(
        day=day,
        part_kind=part_kind(scope),
        tiles=_tiles(daily, stock, due, day),
        volumes=daily[daily["day"] >= shown].reset_index(drop=True),
        backlog=stock[stock["day"] >= shown].reset_index(drop=True),
        promise=due[due["day"] >= shown].reset_index(drop=True),
        turnaround=turnaround.turnaround(publication, scope, "week", since, days_before(day, WEEK)),
        **parts,
    )


def _parts(publication: Publication, scope: Scope, since: date, day: date) -> dict[str, Any]:
    week, month = days_before(day, WEEK), days_before(day, MONTH)
    changes, judged_parts = _changes(publication, scope, since, day)
    return {
        "changes": changes,
        "judged_parts": judged_parts,
        "week_by_part": volumes.volumes_by_part(publication, scope, week, day),
        "day_by_part": volumes.volumes_by_part(publication, scope, day, day),
        "backlog_by_part": backlog.backlog_by_part(publication, scope, day),
        "promise_by_part": promise.promise_by_part(publication, scope, month, day),
    }


def _no_parts() -> dict[str, Any]:
    frames = ("week_by_part", "day_by_part", "backlog_by_part", "promise_by_part")
    return {"changes": (), "judged_parts": 0, **{name: pd.DataFrame() for name in frames}}


def _tiles(
    daily: pd.DataFrame, stock: pd.DataFrame, due: pd.DataFrame, day: date
) -> tuple[Tile, ...]:
    flows = _every_day(daily, day)
    stocks = _every_day(stock, day)
    promised = _every_day(due, day)
    kept = promised[["kept", "due"]].fillna(0.0).rolling(WEEK).sum()
    kept_pct = (100.0 * kept["kept"] / kept["due"]).where(kept["due"] >= promise.SMALL_NUMBER)
    usual = say("usual {weekday}", weekday=weekday(day))
    return (
        Tile(
            say("Applications received"),
            "submitted",
            "count",
            judged_against(flows["submitted"], flows["expected_submitted"]),
            say("expected"),
            "neither",
            _trend(flows["submitted"]),
        ),
        Tile(
            say("Passports printed"),
            "printed",
            "count",
            judged_against(flows["printed"], usual_of_weekday(flows["printed"])),
            usual,
            "below",
            _trend(flows["printed"]),
        ),
        Tile(
            say("Ready for the applicant"),
            "ready",
            "count",
            judged_against(flows["ready"], usual_of_weekday(flows["ready"])),
            usual,
            "below",
            _trend(flows["ready"]),
        ),
        Tile(
            say("Work in progress"),
            "in_progress",
            "count",
            judged_by_step(stocks["in_progress"]),
            say("the day before"),
            "above",
            _trend(stocks["in_progress"]),
        ),
        Tile(
            say("Beyond the promise"),
            "beyond_promise",
            "count",
            judged_by_step(stocks["beyond_promise"]),
            say("the day before"),
            "above",
            _trend(stocks["beyond_promise"]),
        ),
        Tile(
            say("Promise kept, 7 days"),
            "kept_pct",
            "pct",
            judged_share(kept_pct, kept["due"], WEEK),
            say("the 7 days before"),
            "below",
            _trend(kept_pct),
        ),
    )


def _changes(
    publication: Publication, scope: Scope, since: date, day: date
) -> tuple[tuple[Change, ...], int]:
    flows = volumes.daily_volumes_by_part(publication, scope, since, day)
    stocks = backlog.daily_backlog_by_part(publication, scope, since, day)
    found = []
    for part, frame in flows.groupby("part"):
        days = _every_day(frame, day)
        received = judged_against(days["submitted"], days["expected_submitted"])
        ready = judged_against(days["ready"], usual_of_weekday(days["ready"]))
        found.append(Change(str(part), "submitted", received, False))
        found.append(Change(str(part), "ready", ready, ready.verdict == "below"))
    for part, frame in stocks.groupby("part"):
        beyond = judged_by_step(_every_day(frame, day)["beyond_promise"])
        found.append(Change(str(part), "beyond_promise", beyond, beyond.verdict == "above"))
    outside = [change for change in found if change.judged.verdict in ("above", "below")]
    known = {change.part for change in found if change.judged.verdict != "unknown"}
    return tuple(sorted(outside, key=_weight)), len(known)


def _weight(change: Change) -> tuple[bool, float, str, str]:
    difference = abs((change.judged.value or 0.0) - (change.judged.expected or 0.0))
    return (not change.is_bad, -difference, change.part, change.measure)


def _every_day(frame: pd.DataFrame, day: date) -> pd.DataFrame:
    """The frame by day, from its first day to `day`, with nulls where a day has no row."""
    last = pd.Timestamp(day)
    first = frame["day"].min() if len(frame) else last - timedelta(days=1)
    numbers = frame.set_index("day").select_dtypes("number")
    return numbers.reindex(pd.date_range(first, last, freq="D"))


def _trend(values: pd.Series) -> tuple[float, ...]:
    return tuple(float(value) for value in values.tail(MONTH).dropna())
