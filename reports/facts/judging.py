"""Is a day's figure what was to be expected, or does it call for a look?"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from reports.facts.xmr import xmr

Verdict = Literal["above", "below", "usual", "unknown"]

HISTORY_DAYS = 28
USUAL_WEEKS = 4
FEWEST_WEEKS = 2
# A range never gets narrower than chance alone makes it: three standard deviations.
DEVIATIONS = 3.0


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


def spread(distances: pd.Series) -> float:
    """How much further places lie apart than chance alone puts them: the factor, at least 1, by
    which limits of chance widen. `distances` are standard deviations from the share of all; the
    outermost tenth on either side counts as no further than the rest (Spiegelhalter 2005)."""
    known = distances.dropna()
    if known.empty:
        return 1.0
    inner = known.clip(float(known.quantile(0.1)), float(known.quantile(0.9)))
    return max(1.0, math.sqrt(float((inner**2).mean())))


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


def judged_share(share_pct: pd.Series, cases: pd.Series, apart: int) -> Judged:
    """Judges the last share (per cent of `cases`) against the one `apart` days before it, by what
    chance makes of shares of so few cases (a p-chart)."""
    value = _number(share_pct.iloc[-1])
    before = _number(share_pct.shift(apart).iloc[-1])
    if value is None or before is None:
        return Judged(value, before, None, None, "unknown")
    here, there = float(cases.iloc[-1]), float(cases.shift(apart).iloc[-1])
    pooled = (value * here + before * there) / (here + there) / 100.0
    reach = 100.0 * DEVIATIONS * math.sqrt(pooled * (1 - pooled) * (1 / here + 1 / there))
    return _placed(value, before, max(0.0, before - reach), min(100.0, before + reach))


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
    chance = DEVIATIONS * math.sqrt(max(expected, 1.0))
    low = max(0.0, expected + min(limits.lower, -chance))
    high = max(0.0, expected + max(limits.upper, chance))
    return _placed(value, expected, low, high)


def _placed(value: float, expected: float, low: float, high: float) -> Judged:
    verdict: Verdict = "above" if value > high else "below" if value < low else "usual"
    return Judged(value, expected, low, high, verdict)


def _number(value: float) -> float | None:
    return None if pd.isna(value) else float(value)
