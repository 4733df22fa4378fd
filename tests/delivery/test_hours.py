"""When a briefing is due: the recipient's clock, days off, and the authority's night."""

from datetime import date, datetime, time, timedelta
from zoneinfo import available_timezones

import pytest
from briefed import SEVEN
from hypothesis import given
from hypothesis import strategies as st

from delivery.hours import (
    GRACE,
    USUAL_HOUR,
    day_sent,
    deadline,
    due_at,
    is_late,
    mornings,
    newest_morning,
    works_always,
)
from reports.kinds import KINDS

FRIDAY = date(2026, 11, 20)
PK = "Asia/Karachi"


@pytest.mark.parametrize(
    ("timezone", "hour", "utc"),
    [
        (PK, time(7), datetime(2026, 11, 20, 2, 0)),
        ("Europe/London", time(7), datetime(2026, 11, 20, 7, 0)),
        ("America/New_York", time(7, 30), datetime(2026, 11, 20, 12, 30)),
        # there the day begins before the authority's night is told of: half past two in Karachi
        ("Asia/Tokyo", time(6), datetime(2026, 11, 19, 21, 30)),
        ("Pacific/Auckland", time(7), datetime(2026, 11, 19, 21, 30)),
    ],
)
def test_the_hour_is_the_recipients(timezone: str, hour: time, utc: datetime) -> None:
    assert due_at(FRIDAY, hour, timezone, PK) == utc


@given(
    day=st.dates(date(2020, 1, 1), date(2035, 1, 1)),
    hour=st.times(),
    timezone=st.sampled_from(sorted(available_timezones())),
)
def test_nothing_is_due_before_its_day_is_told_of_nor_a_day_late(
    day: date, hour: time, timezone: str
) -> None:
    ready = due_at(day, time(0), PK, PK)
    assert ready <= due_at(day, hour, timezone, PK) <= ready + timedelta(hours=48)


def test_the_usual_one_is_late_from_half_past_seven() -> None:
    due = due_at(FRIDAY, USUAL_HOUR, PK, PK)
    assert due == SEVEN and deadline(FRIDAY, PK) == SEVEN + GRACE
    assert not is_late(due + GRACE, due)
    assert is_late(due + GRACE + timedelta(seconds=1), due)


def test_mornings_are_those_on_which_a_kind_comes_and_are_made_up_for_a_while() -> None:
    daily = list(mornings(KINDS["daily"], FRIDAY))
    assert (daily[0], daily[-1]) == (date(2026, 11, 13), date(2026, 11, 21))
    assert list(mornings(KINDS["weekly"], FRIDAY))[-1] == date(2026, 11, 16)
    assert list(mornings(KINDS["monthly"], FRIDAY)) == [date(2026, 10, 1), date(2026, 11, 1)]
    assert list(mornings(KINDS["incident"], FRIDAY)) == []
    assert newest_morning(KINDS["weekly"], FRIDAY) == date(2026, 11, 16)
    assert newest_morning(KINDS["incident"], FRIDAY) == FRIDAY


def test_a_day_off_drops_the_daily_one_and_puts_off_the_others() -> None:
    def is_off(place: str, day: date) -> bool:
        return place == "office:KAR-1" and day in (date(2026, 11, 1), date(2026, 11, 2))

    first = date(2026, 11, 1)
    assert day_sent(KINDS["daily"], first, "office:KAR-1", is_off) is None
    assert day_sent(KINDS["daily"], first, "all", is_off) == first
    assert day_sent(KINDS["monthly"], first, "office:KAR-1", is_off) == date(2026, 11, 3)
    assert day_sent(KINDS["monthly"], first, "all", works_always) == first
    # a place that never works gets it all the same
    assert day_sent(KINDS["monthly"], first, "all", lambda place, day: True) == first
