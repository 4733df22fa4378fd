"""XmR limits: is a change real, or the usual noise?"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean

# Wheeler's constant: 3 standard deviations from the mean moving range of two neighbours.
LIMIT_FACTOR = 2.66
RUN_LENGTH = 8
FEWEST_POINTS = 8


@dataclass(frozen=True)
class Xmr:
    """Centre and natural limits of a series, in its own unit; `signals` has one flag a point."""

    centre: float
    lower: float
    upper: float
    signals: tuple[bool, ...]


def xmr(
    values: Sequence[float], floor: float | None = None, ceiling: float | None = None
) -> Xmr | None:
    """The natural limits of `values`, in order of time; None for fewer than eight points.

    A point is a signal beyond a limit, or from the eighth in a row on one side of the centre.
    `floor` and `ceiling` cut limits off where the measure cannot go (0 and 100 %).
    """
    if len(values) < FEWEST_POINTS:
        return None
    centre = fmean(values)
    reach = LIMIT_FACTOR * fmean(abs(after - before) for before, after in pairwise(values))
    lower = centre - reach if floor is None else max(floor, centre - reach)
    upper = centre + reach if ceiling is None else min(ceiling, centre + reach)
    outside = [value < lower or value > upper for value in values]
    in_run = _long_runs([(value > centre) - (value < centre) for value in values])
    return Xmr(centre, lower, upper, tuple(a or b for a, b in zip(outside, in_run, strict=True)))


def _long_runs(sides: Sequence[int]) -> list[bool]:
    flags, length, previous = [], 0, 0
    for side in sides:
        length = length + 1 if side and side == previous else 1
        previous = side
        flags.append(side != 0 and length >= RUN_LENGTH)
    return flags
