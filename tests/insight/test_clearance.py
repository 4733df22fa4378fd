"""When a backlog clears, by arithmetic that anyone can redo."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from insight.clearance import Capacity, WhatIf, clearances, clears_on, under

TODAY = date(2024, 5, 20)


def test_a_backlog_clears_when_more_leaves_than_comes() -> None:
    assert clears_on(100, [10], [30], TODAY) == date(2024, 5, 25)
    assert clears_on(100, [30], [30], TODAY) is None
    assert clears_on(100, [30], [20], TODAY) is None
    assert clears_on(0, [30], [20], TODAY) == TODAY


def test_what_is_always_in_progress_need_not_clear() -> None:
    assert clears_on(100, [10], [30], TODAY, in_progress=60) == date(2024, 5, 22)


def test_the_last_week_comes_again() -> None:
    # a Sunday without output every seventh day: six days of 10 a week
    assert clears_on(90, [0.0], [10, 10, 10, 10, 10, 10, 0], TODAY) == date(2024, 5, 30)


def test_nothing_told_is_refused() -> None:
    with pytest.raises(ValueError, match="one day at least"):
        clears_on(1, [], [1.0], TODAY)


def test_the_three_dates_of_a_print_queue() -> None:
    capacity = Capacity(machines=10, per_hour=5, hours=16, share=0.5)
    assert capacity.per_day == 400
    dates = clearances(1000, [350.0], [300.0], capacity, WhatIf(machines=10, intake_pct=80), TODAY)
    assert dates.at_present_rate is None
    assert dates.at_capacity == date(2024, 6, 9)
    assert dates.what_if == date(2024, 5, 22)


def test_a_day_has_24_hours_and_no_site_fewer_than_no_machines() -> None:
    capacity = Capacity(machines=2, per_hour=10, hours=20)
    assert under(capacity, WhatIf(hours=9)).per_day == 480
    assert under(capacity, WhatIf(machines=-5)).per_day == 0


@settings(max_examples=25, deadline=None)
@given(
    backlog=st.floats(0, 1e6),
    intake=st.floats(0, 1e4),
    output=st.floats(0, 1e4),
    more=st.floats(0, 1e4),
)
def test_more_output_never_clears_later(
    backlog: float, intake: float, output: float, more: float
) -> None:
    before = clears_on(backlog, [intake], [output], TODAY) or date.max
    after = clears_on(backlog, [intake], [output + more], TODAY) or date.max
    assert after <= before
