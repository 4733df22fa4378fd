"""Nobody who reads a published table can tell a small count from it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.suppression import SMALL, hidden, ranges

COUNTS = st.integers(2, 4).flatmap(
    lambda wide: st.lists(
        st.lists(st.one_of(st.integers(0, 12), st.integers(0, 400)), min_size=wide, max_size=wide),
        min_size=2,
        max_size=5,
    )
)


@settings(max_examples=30, deadline=None)
@given(COUNTS)
def test_no_small_count_can_be_worked_out_from_totals(counts: list[list[int]]) -> None:
    table, mask = np.array(counts), hidden(counts)
    small = (table > 0) & (table < SMALL)
    assert mask[small].all()
    for row, column in np.argwhere(small):
        least, most = ranges(table, mask, (int(row), int(column)))
        assert least <= table[row, column] <= most
        assert most - least >= SMALL - 0.5 or mask.all()


def test_one_small_count_takes_others_with_it_and_no_more_than_it_must() -> None:
    counts = [[3, 200, 300], [150, 40, 500], [600, 70, 80]]
    assert hidden(counts).tolist() == [
        [True, True, False],
        [True, True, False],
        [False, False, False],
    ]


def test_what_is_large_is_not_hidden() -> None:
    assert not hidden([[0, 10], [11, 0]]).any()
    with pytest.raises(ValueError, match="nothing below zero"):
        hidden([[-1, 3]])
