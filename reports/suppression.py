"""Small numbers of a table that everybody may read, hidden so that no total gives them away.

A count from 1 to 9 is hidden. Totals stay: so as many other counts are hidden, those that are
missed least first, as it takes until nobody who reads the rest can narrow a hidden small count down
to fewer than ten values, though no count is below zero.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog

SMALL = 10

Counts = NDArray[np.int64]
Mask = NDArray[np.bool_]
Place = tuple[int, ...]


def hidden(counts: Sequence[Sequence[int]]) -> Mask:
    """Which counts of a table, whose rows, columns and whole have published totals, are hidden.

    Raises ValueError for counts below zero. Where nothing else is left to hide, all are.
    """
    table = np.asarray(counts, dtype=np.int64)
    if table.ndim != 2 or (table < 0).any():
        raise ValueError("a table of counts has rows of equal length and nothing below zero")
    small = (table > 0) & (table < SMALL)
    mask = small.copy()
    while (weak := _told_by_totals(table, mask, small)) is not None:
        others = _cheapest_corners(table, mask, weak) or _smallest_other(table, mask)
        if not others:
            break
        for place in others:
            mask[place] = True
    return mask


def _cheapest_corners(table: Counts, mask: Mask, weak: Place) -> list[Place]:
    """The other corners of the rectangle that hides a count at the least loss of counts that are
    shown: along its sides so much can be moved about that the count has ten values at least."""
    row, column = weak
    found: list[tuple[int, list[Place]]] = []
    for other_row, other_column in np.ndindex(table.shape):
        if other_row == row or other_column == column:
            continue
        beside: Place = (row, other_column)
        below: Place = (other_row, column)
        across: Place = (other_row, other_column)
        reach = min(table[weak], table[across]) + min(table[beside], table[below])
        new = [place for place in (beside, below, across) if not mask[place]]
        if new and reach >= SMALL:
            found.append((int(sum(table[place] for place in new)), new))
    return min(found, default=(0, []))[1]


def _smallest_other(table: Counts, mask: Mask) -> list[Place]:
    """The smallest count that is shown; zeros, which hide nothing, come last."""
    shown = [(table[place] == 0, table[place], place) for place in np.ndindex(table.shape)
             if not mask[place]]  # fmt: skip
    return [min(shown)[2]] if shown else []


def ranges(table: Counts, mask: Mask, place: Place) -> tuple[float, float]:
    """The least and the most that a hidden count can be to who knows the totals and the rest."""
    places = [tuple(found) for found in np.argwhere(mask)]
    rows, columns = table.shape
    lines = np.zeros((rows + columns, len(places)))
    for n, (row, column) in enumerate(places):
        lines[row, n] = lines[rows + column, n] = 1.0
    known = np.where(mask, table, 0)
    sums = np.concatenate([known.sum(axis=1), known.sum(axis=0)])
    wanted = np.array([1.0 if found == place else 0.0 for found in places])
    least, most = (
        linprog(sign * wanted, A_eq=lines, b_eq=sums, bounds=(0, None), method="highs").fun * sign
        for sign in (1.0, -1.0)
    )
    return float(least), float(most)


def _told_by_totals(table: Counts, mask: Mask, small: Mask) -> Place | None:
    """A small count that the totals narrow down to fewer than ten values; None where there is
    none."""
    for row, column in np.argwhere(small):
        least, most = ranges(table, mask, (int(row), int(column)))
        if most - least < SMALL - 0.5:
            return int(row), int(column)
    return None
