"""Cases whose figures are worked out by hand: odd calendars, clocks that stand, visits, ends."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from cases_by_hand import A_HOLIDAY, NOW, utc
from world import Warehouse


def one(by_hand: Warehouse, case: str, columns: str) -> tuple[Any, ...]:
    query = f"select {columns} from reporting.rpt_applications where application_id = ?"
    (row,) = by_hand.rows(query, [case])
    return row


@pytest.mark.parametrize(
    ("case", "minutes"),
    [
        ("weekend", 30 + 60),
        ("ramadan", 360 + 60),
        ("summer_time", 60 + 60),
        ("lunch", 30 + 15),
        ("move", 60 + 120),
        ("night", 60 + 60),
        ("holiday", 0),
        ("taken_back", 300),
        ("works_holidays", 720),
        ("default_hours", 90),
        ("stopped", 240 + 60 + 150 + 60),
    ],
)
def test_working_time_is_the_opening_time_of_the_holders(
    by_hand: Warehouse, case: str, minutes: int
) -> None:
    assert one(by_hand, case, "turnaround_working_minutes") == (minutes,)


def test_turnaround_is_exact_to_the_microsecond(by_hand: Warehouse) -> None:
    assert one(by_hand, "move", "turnaround_seconds") == (Decimal("14400.000001"),)


@pytest.mark.parametrize(
    ("case", "due_on", "state"),
    [
        ("weekend", date(2025, 1, 24), "kept"),
        ("default_hours", date(2025, 1, 20), "kept"),
        ("night", date(2025, 1, 27), "kept"),
        ("stopped", date(2025, 1, 22), "kept"),
        # urgent: due on Monday 7 April, moved on by Monday to Wednesday, on which the clock stood
        ("standing", date(2025, 4, 10), "open_within"),
        ("late", date(2025, 4, 3), "open_beyond"),
        ("refused", date(2025, 1, 20), "kept"),
        ("cancelled", date(2025, 4, 14), "cancelled"),
        ("not_started", date(2025, 4, 16), "open_within"),
    ],
)
def test_a_promise_is_due_and_kept(by_hand: Warehouse, case: str, due_on: date, state: str) -> None:
    assert one(by_hand, case, "promise_due_on, promise_state") == (due_on, state)


@pytest.mark.parametrize(
    ("case", "outcome", "is_open", "stage", "owner"),
    [
        ("weekend", "delivered", False, "collected", "applicant"),
        ("refused", "refused", False, "refused", "office"),
        ("cancelled", "cancelled", False, "approval", "office"),
        ("not_started", None, True, "not_started", "office"),
        ("standing", None, True, "documents", "applicant"),
    ],
)
def test_a_case_is_where_its_latest_event_says(
    by_hand: Warehouse, case: str, outcome: str | None, is_open: bool, stage: str, owner: str
) -> None:
    found = one(by_hand, case, "outcome, is_open, current_stage_code, current_owner")
    assert found == (outcome, is_open, stage, owner)


def test_a_standing_clock_is_counted_until_now(by_hand: Warehouse) -> None:
    stood = NOW - utc("04-04 05:00")
    found = one(by_hand, "standing", "clock_stopped_minutes")
    assert found == (stood / timedelta(minutes=1),)
    assert one(by_hand, "stopped", "clock_stopped_minutes") == (3 * 24 * 60,)


def test_visits_begin_and_end_as_defined(by_hand: Warehouse) -> None:
    rows = by_hand.rows(
        "select stage_code, visit_number, waiting_seconds, work_seconds, total_seconds"
        " from marts.fct_stage_visits where application_id = 'visits' order by 1, 2"
    )
    assert rows == [
        # completed without an entry: its total is the time since the case's previous event
        ("approval", 1, None, None, 30 * 60),
        # started without an entry, returned without a completion
        ("approval", 2, None, None, 90 * 60),
        ("data_entry", 1, 10 * 60, 20 * 60, 30 * 60),
        # entered again, never started
        ("data_entry", 2, None, None, 60 * 60),
    ]


def test_rework_is_what_was_completed_again_or_returned(by_hand: Warehouse) -> None:
    assert one(by_hand, "visits", "rework_count, event_count") == (1 + 2, 10)
    assert one(by_hand, "visits", "variant_text") == ("data_entry→approval→data_entry",)


def test_an_event_without_its_application_waits(by_hand: Warehouse) -> None:
    rows = by_hand.rows(
        "select application_id from marts.fct_stage_events where not is_application_known"
    )
    assert rows == [("unknown",)]
    assert not by_hand.rows(
        "select * from reporting.rpt_applications where application_id = 'unknown'"
    )


def test_the_backlog_follows_a_case_from_day_to_day(by_hand: Warehouse) -> None:
    rows = by_hand.rows(
        "select day, stage_code, opening, entered, left_count, closing, beyond_promise, oldest_days"
        " from reporting.rpt_backlog_daily where office_code = 'KHI' and tier = 'urgent'"
        " and stage_code = 'data_entry' and day between '2025-04-01' and '2025-04-05' order by 1"
    )
    assert rows == [
        (date(2025, 4, 1), "data_entry", 0, 1, 0, 1, 0, 0),
        (date(2025, 4, 2), "data_entry", 1, 0, 0, 1, 0, 1),
        # the late case lapses at the end of this day, the standing one comes
        (date(2025, 4, 3), "data_entry", 1, 1, 0, 2, 1, 2),
        (date(2025, 4, 4), "data_entry", 2, 0, 1, 1, 1, 3),
        (date(2025, 4, 5), "data_entry", 1, 0, 0, 1, 1, 4),
    ]


def test_what_lies_ahead_of_now_is_not_counted_yet(by_hand: Warehouse) -> None:
    assert one(by_hand, "ahead", "is_open, promise_state") == (True, "open_within")
    rows = by_hand.rows(
        "select day, stage_code, opening, entered, left_count, closing"
        " from reporting.rpt_backlog_daily where office_code = 'LON' and tier = 'urgent'"
    )
    assert rows == [(date(2025, 4, 10), "data_entry", 0, 1, 0, 1)]


def test_a_scope_and_all_tiers_add_up_days(by_hand: Warehouse) -> None:
    rows = by_hand.rows(
        "select place_scope, tier, completed from reporting.rpt_turnaround"
        " where period_kind = 'month' and period_start = '2025-01-01' order by 1, 2"
    )
    assert rows == [
        ("country", "all", 10), ("country", "normal", 9), ("country", "urgent", 1),
        ("missions", "all", 2), ("missions", "normal", 2),
        ("office:ALL", "all", 1), ("office:ALL", "normal", 1),
        ("office:DEF", "all", 1), ("office:DEF", "urgent", 1),
        ("office:KHI", "all", 6), ("office:KHI", "normal", 6),
        ("office:LON", "all", 1), ("office:LON", "normal", 1),
        ("office:NGT", "all", 1), ("office:NGT", "normal", 1),
        ("zone:South", "all", 8), ("zone:South", "normal", 7), ("zone:South", "urgent", 1),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("day", "office", "submitted", "expected"),
    [
        (A_HOLIDAY, "MUL", 1, 2),
        (A_HOLIDAY, "QTA", 1, 4),
        (A_HOLIDAY + timedelta(days=7), "MUL", 4, 4),
        (A_HOLIDAY + timedelta(days=4), "MUL", 2, 2),
        (A_HOLIDAY + timedelta(days=1), "MUL", 0, 0),
        (date(2025, 2, 1), "MUL", 2, None),
    ],
)
def test_a_day_is_expected_to_bring_what_days_of_its_kind_brought(
    by_hand: Warehouse, day: date, office: str, submitted: int, expected: float | None
) -> None:
    """A holiday that closes the place is no usual Wednesday, nor does it tell of the next one."""
    rows = by_hand.rows(
        "select submitted, expected_submitted from reporting.rpt_volumes"
        " where day = ? and place_scope = ? and tier = 'all'",
        [day, f"office:{office}"],
    )
    assert rows == [(submitted, expected)]


def test_every_case_with_a_promise_is_due_once(by_hand: Warehouse) -> None:
    rows = by_hand.rows(
        "select period_start, due, kept, missed, open_within, open_beyond, kept_pct, target_pct"
        " from reporting.rpt_promise where period_kind = 'month' and tier = 'all'"
        " and place_scope in (if(period_start < '2025-04-01', 'country', 'zone:South'), 'missions')"
        " and (place_scope <> 'missions' or period_start = '2025-04-01') order by all"
    )
    assert rows == [
        # eight cases at home of target 90, two abroad of target 80
        (date(2025, 1, 1), 10, 10, 0, 0, 0, 100.0, 88.0),
        (date(2025, 3, 1), 1, 1, 0, 0, 0, 100.0, 90.0),
        # the mission's of March, and the one whose end lies ahead
        (date(2025, 4, 1), 2, 1, 0, 1, 0, 50.0, 80.0),
        # at home one stands, one is new, two are late; one was cancelled
        (date(2025, 4, 1), 4, 0, 0, 2, 2, 0.0, 90.0),
    ]


def test_stage_times_tell_waiting_work_and_total_of_ended_visits(by_hand: Warehouse) -> None:
    rows = by_hand.rows(
        "select stage_code, visits, waiting_mean_seconds, work_p50_seconds, total_mean_seconds,"
        " total_p90_seconds, is_small_number from reporting.rpt_stage_times"
        " where place_scope = 'office:KHI' and month = '2025-04-01' order by 1"
    )
    assert rows == [
        # twice in one case; the third ended when its case was cancelled
        ("approval", 3, None, None, 31200, Decimal("70200"), True),
        ("data_entry", 2, 600, 1200, 2700, Decimal("3420"), True),
    ]


def test_moves_lead_from_one_completed_stage_to_the_next(by_hand: Warehouse) -> None:
    rows = by_hand.rows(
        "select from_stage_code, to_stage_code, moves, cases, p50_seconds, sum_seconds"
        " from reporting.rpt_process_moves where place_scope = 'office:KHI' order by 1, 2"
    )
    assert rows == [
        ("approval", "data_entry", 1, 1, 7200, 7200),
        ("data_entry", "approval", 1, 1, 1800, 1800),
        # completed abroad, submitted here
        ("data_entry", "collected", 1, 1, Decimal("7200.000001"), Decimal("7200.000001")),
    ]


def test_variants_are_the_ways_cases_took(by_hand: Warehouse) -> None:
    rows = by_hand.rows(
        "select stages_text, cases, share_pct, is_conforming from reporting.rpt_process_variants"
        " where place_scope = 'office:KHI' order by cases desc, 1"
    )
    assert rows == [
        ("collected", 5, 62.5, True),
        ("data_entry→approval→data_entry", 1, 12.5, False),
        ("data_entry→collected", 1, 12.5, True),
        ("refused", 1, 12.5, True),
    ]


def test_staff_are_compared_by_the_work_their_mix_takes(by_hand: Warehouse) -> None:
    rows = by_hand.rows(
        "select staff_id, cases, hours_at_desk, rework_pct, round(expected_cases, 9),"
        " round(ratio_to_expected, 9), is_small_number from reporting.rpt_staff"
        " where period_kind = 'day' and period_start = '2025-04-01' order by 1"
    )
    # each of the three completions takes 20 minutes; the second shift's end was not sent
    assert rows == [
        ("S1", 2, 5.0, 50.0, round(5 / 3, 9), 1.2, True),
        ("S2", 1, 4.0, 100.0, round(4 / 3, 9), 0.75, True),
    ]


def test_staffing_counts_who_is_there_at_each_half_hour(by_hand: Warehouse) -> None:
    rows = by_hand.rows(
        "select slot_start, counters, desks_open, planned_staff, present_staff, required_staff"
        " from reporting.rpt_staffing where office_code = 'KHI' order by 1"
    )
    assert rows == [
        (utc("04-01 04:00") + timedelta(minutes=30 * n), 2, 1, 2, 1 if n < 2 else 2, None)
        for n in range(10)
    ]


def test_a_complaint_knows_the_stage_then_and_is_late_now(by_hand: Warehouse) -> None:
    rows = by_hand.rows(
        "select complaint_id, stage_code, age_days, due_at, is_open, is_late"
        " from reporting.rpt_complaint_cases order by 1"
    )
    assert rows == [
        ("open", "data_entry", 9, utc("04-04 19:00"), True, True),
        # opened at midnight of 2 April in Karachi
        ("resolved", None, 2, utc("04-05 19:00"), False, False),
    ]
    rows = by_hand.rows(
        "select month, category, channel, opened, acknowledged, resolved, open_now, p50_days,"
        " kept_pct, per_10000_applications from reporting.rpt_complaints"
        " where place_scope = 'office:KHI'"
    )
    assert rows == [(date(2025, 4, 1), "no_status", "web", 2, 1, 1, 1, 2.0, 50.0, 4000.0)]


def test_an_audit_case_is_listed_for_each_of_its_reasons(by_hand: Warehouse) -> None:
    rows = by_hand.rows(
        "select application_id, reason, detail, fee_difference_pkr from reporting.rpt_audit_cases"
        " order by 1, 2"
    )
    assert rows == [
        ("late", "late_urgent_fee", "due 2025-04-03, still open", 3000),
        ("late", "out_of_district", "Lahore at Karachi", None),
        ("late", "suspect", None, None),
        ("visits", "priority", "hajj", None),
    ]


def test_incidents_are_there_and_empty_until_a_run_publishes(by_hand: Warehouse) -> None:
    assert by_hand.rows("select count(*) from reporting.rpt_incidents") == [(0,)]
