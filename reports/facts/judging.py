"""Is a day's figure what was to be expected, or does it call for a look?"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from reports.facts.xmr import xmr

Verdict = Literal["above", "below", "usual", "unknown"]

HISTORY_DAYS = 28
USUAL_WEEKS = 4
FEWEST_WEEKS = 2


@dataclass(frozen=True)
class Judged:
    """A value against what was expected of it; `low` to `high` is where it usually lies.

    All but the verdict are null (None) where they cannot be known."""

    value: float | None
    expected: float | None
    low: float | None
    high: float | None
    verdict: Verdict

    @property
    def change_pct(self) -> float | None:
        """The difference from the expected, in per cent of it."""
        if self.value is None or not self.expected:
            return None
        return 100.0 * (self.value - self.expected) / self.expected


def usual_of_weekday(values: pd.Series) -> pd.Series:
    """For each day of a daily series, the median of the same weekday in the 4 weeks before; null
    where fewer than two of those weeks are known."""
    weeks = pd.concat([values.shift(7 * week) for week in range(1, USUAL_WEEKS + 1)], axis=1)
    return weeks.median(axis=1).where(weeks.notna().sum(axis=1) >= FEWEST_WEEKS)


def judged_against(values: pd.Series, expected: pd.Series) -> Judged:
    """Judges the last day of `values`, by the XmR limits of how far the 28 days before it lay
    from what was expected of them."""
    misses = (values - expected).dropna()
    value, expectation = _number(values.iloc[-1]), _number(expected.iloc[-1])
    if value is None or expectation is None:
        return Judged(value, expectation, None, None, "unknown")
    return _judged(value, expectation, misses.iloc[:-1].tail(HISTORY_DAYS).tolist())


def judged_by_step(values: pd.Series) -> Judged:
    """Judges the last day of a stock (a backlog) against the day before it, by the XmR limits of
    its daily changes."""
    steps = values.diff().dropna()
    value = _number(values.iloc[-1])
    before = _number(values.iloc[-2]) if len(values) > 1 else None
    if value is None or before is None:
        return Judged(value, before, None, None, "unknown")
    return _judged(value, before, steps.iloc[:-1].tail(HISTORY_DAYS).tolist())


def _judged(value: float, expected: float, history: Sequence[float]) -> Judged:
    limits = xmr(history)
    if limits is None:
        return Judged(value, expected, None, None, "unknown")
    low, high = max(0.0, expected + limits.lower), max(0.0, expected + limits.upper)
    verdict: Verdict = "above" if value > high else "below" if value < low else "usual"
    return Judged(value, expected, low, high, verdict)


def _number(value: float) -> float | None:
    return None if pd.isna(value) else float(value)
