"""Small numbers of a table that everybody may read, hidden so that no total gives them away.

A count from 1 to 9 is hidden. Totals stay: so as many other counts are hidden, the smallest first,
as it takes until nobody who reads the rest can narrow a hidden small count down to fewer than ten
values, though no count is below zero.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog

SMALL = 10

Counts = NDArray[np.int64]
Mask = NDArray[np.bool_]


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
        row, column = weak
        others = [
            (table[place], place)
            for place in np.ndindex(table.shape)
            if not mask[place] and (place[0] == row or place[1] == column)
        ] or [(table[place], place) for place in np.ndindex(table.shape) if not mask[place]]
        if not others:
            break
        # Zeros hide nothing: they come last.
        mask[min(others, key=lambda other: (other[0] == 0, other[0], other[1]))[1]] = True
    return mask


def ranges(table: Counts, mask: Mask, place: tuple[int, int]) -> tuple[float, float]:
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


def _told_by_totals(table: Counts, mask: Mask, small: Mask) -> tuple[int, int] | None:
    """A small count that the totals narrow down to fewer than ten values; None where there is
    none."""
    for row, column in np.argwhere(small):
        least, most = ranges(table, mask, (int(row), int(column)))
        if most - least < SMALL - 0.5:
            return int(row), int(column)
    return None
