"""When a backlog clears: at the present rate, at planned capacity, and what if.

A backlog clears on the first day at whose end it is no more than the work that is always in
progress (`in_progress`; 0: nothing waits). Days run from the day after `today`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

# Later than this is told as never: no plan holds for five years.
HORIZON_DAYS = 1826


@dataclass(frozen=True)
class Capacity:
    """What machines do: each `per_hour` jobs in `hours` of a day, `share` of it in the end (what
    is down, idle or spoiled left out), on `days_a_week`."""

    machines: float
    per_hour: float
    hours: float
    share: float = 1.0
    days_a_week: float = 7.0

    @property
    def per_day(self) -> float:
        """Jobs a day of the calendar."""
        return self.machines * self.per_hour * self.hours * self.share * self.days_a_week / 7


@dataclass(frozen=True)
class WhatIf:
    """A change to try: machines more or fewer, hours a day more or fewer, intake in percent."""

    machines: float = 0.0
    hours: float = 0.0
    intake_pct: float = 100.0


@dataclass(frozen=True)
class Clearances:
    """The dates; None where the backlog never clears so."""

    at_present_rate: date | None
    at_capacity: date | None
    what_if: date | None


def clears_on(
    backlog: float,
    intake: Sequence[float],
    output: Sequence[float],
    today: date,
    in_progress: float = 0.0,
) -> date | None:
    """The day on which `backlog` clears with so much in and out a day.

    `intake` and `output` tell of the days after today; when they end, their last seven days come
    again and again. Raises ValueError where either is empty.
    """
    if not intake or not output:
        raise ValueError("intake and output must tell of one day at least")
    left = backlog
    if left <= in_progress:
        return today
    for day in range(HORIZON_DAYS):
        left = max(left + _of_day(intake, day) - _of_day(output, day), 0.0)
        if left <= in_progress:
            return today + timedelta(days=day + 1)
    return None


def under(capacity: Capacity, change: WhatIf) -> Capacity:
    """The capacity with the change; never less than none, never more than 24 hours a day."""
    return Capacity(
        max(capacity.machines + change.machines, 0.0),
        capacity.per_hour,
        min(max(capacity.hours + change.hours, 0.0), 24.0),
        capacity.share,
        capacity.days_a_week,
    )


def clearances(
    backlog: float,
    intake: Sequence[float],
    output: Sequence[float],
    capacity: Capacity,
    change: WhatIf,
    today: date,
    in_progress: float = 0.0,
) -> Clearances:
    """The three dates for one backlog: a print queue, an office, or the country."""
    changed = [day * change.intake_pct / 100 for day in intake]
    return Clearances(
        clears_on(backlog, intake, output, today, in_progress),
        clears_on(backlog, intake, [capacity.per_day], today, in_progress),
        clears_on(backlog, changed, [under(capacity, change).per_day], today, in_progress),
    )


def _of_day(series: Sequence[float], day: int) -> float:
    if day < len(series):
        return series[day]
    week = min(len(series), 7)
    return series[len(series) - week + (day - len(series)) % week]
