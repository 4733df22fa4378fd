"""Days that are not as other days: Ramadan, holidays, and the first open days after a closure.

Pakistan keeps Ramadan a day after the calendar of Umm al-Qura, as in most years.
"""

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
from hijridate import Hijri
from numpy.typing import NDArray

Days = NDArray[np.datetime64]
Flags = NDArray[np.bool_]

_RAMADAN = 9


def ramadan(days: Sequence[date]) -> Flags:
    """Which of the days lie in Ramadan."""
    if not days:
        return np.zeros(0, dtype=np.bool_)
    spans = [
        (first, first + timedelta(days=Hijri(year, _RAMADAN, 1).month_length()))
        for year in range(_hijri_year(min(days)) - 1, _hijri_year(max(days)) + 2)
        for first in [Hijri(year, _RAMADAN, 1).to_gregorian() + timedelta(days=1)]
    ]
    return np.array([any(first <= day < end for first, end in spans) for day in days])


def days_after_closure(is_open: Flags, is_holiday: Flags, at_most: int) -> NDArray[np.int_]:
    """How many open days a place has had since a holiday closed it, this one included.

    Both are [places, days]. 0 where the day is closed, or the last holiday lies `at_most` open days
    or more back.
    """
    places, days = is_open.shape
    numbers = np.zeros((places, days), dtype=np.int_)
    since = np.full(places, at_most)
    for day in range(days):
        since = np.where(is_holiday[:, day] & ~is_open[:, day], 0, since)
        opened = is_open[:, day] & (since < at_most)
        since = since + opened
        numbers[:, day] = np.where(opened, since, 0)
    return numbers


def _hijri_year(day: date) -> int:
    # a Hijri year has 354.37 days; near enough for the years round a day
    return int((day.year - 622) * 365.2425 / 354.367)
