"""Which briefings there are, what each covers, and who sees it."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config import Role
from reports.broker import Scope
from reports.kinds import KINDS, Period, UnknownKindError, kind_named

MORNINGS = st.dates(date(2023, 1, 1), date(2032, 12, 31))


@pytest.mark.parametrize(
    ("name", "morning", "since", "until"),
    [
        ("daily", "2026-11-23", "2026-11-22", "2026-11-22"),
        ("weekly", "2026-11-23", "2026-11-16", "2026-11-22"),  # a Monday
        ("weekly", "2026-11-22", "2026-11-09", "2026-11-15"),  # the Sunday before: not over yet
        ("monthly", "2026-03-01", "2026-02-01", "2026-02-28"),
        ("bulletin", "2026-01-17", "2025-12-01", "2025-12-31"),
    ],
)
def test_a_briefing_covers_what_was_last_over(
    name: str, morning: str, since: str, until: str
) -> None:
    period = KINDS[name].period(date.fromisoformat(morning))
    assert period == Period(date.fromisoformat(since), date.fromisoformat(until))


@given(MORNINGS)
def test_due_mornings_leave_no_day_out_and_none_twice(morning: date) -> None:
    for name in ("daily", "weekly", "monthly", "bulletin"):
        kind = KINDS[name]
        here = kind.period(morning)
        assert here is not None
        assert here.until < morning
        following = morning + timedelta(days=1)
        there = kind.period(following)
        assert there is not None
        if kind.is_due(following):
            assert there.since == here.until + timedelta(days=1)
        else:
            assert there == here


def test_an_incident_is_never_due_and_has_times_of_its_own() -> None:
    assert KINDS["incident"].period(date(2026, 11, 23)) is None
    assert not KINDS["incident"].is_due(date(2026, 11, 23))


def test_a_kind_takes_its_scopes_and_no_other() -> None:
    assert all(KINDS["daily"].takes(Scope(name)) for name in ("all", "missions", "zone:A: B"))
    assert not KINDS["daily"].takes(Scope("site:S1"))
    assert not KINDS["bulletin"].takes(Scope("office:A"))


def test_readers_are_roles_that_there_are_and_only_the_bulletin_waits_for_a_release() -> None:
    for kind in KINDS.values():
        assert Role.management in kind.roles
        assert bool(kind.released_by) == (kind.name == "bulletin")
        assert kind.released_by <= kind.roles


def test_an_unknown_name_is_told_what_there_is() -> None:
    with pytest.raises(UnknownKindError, match="daily, weekly, monthly, incident, bulletin"):
        kind_named("yearly")
