"""Cases whose figures are worked out by hand: odd calendars, clocks that stand, visits, ends."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from world import MODELS_AND_IDENTITIES, Dbt, Warehouse

NOW = datetime(2025, 4, 10, 6)
SINCE = date(2020, 1, 1)
STAGES = (
    ("data_entry", "office", "runs", False),
    ("approval", "office", "runs", False),
    ("print", "print_site", "runs", False),
    ("documents", "applicant", "stopped", False),
    ("collected", "applicant", "stopped", True),
    ("refused", "office", "runs", True),
)
Event = tuple[str, str, str, str]
# A Wednesday that closes one place, and another not, since it works on holidays.
A_HOLIDAY = date(2025, 3, 26)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(f"2025-{text}")


def hours(office: str, days: Iterable[int], opens: str, closes: str, **more: Any) -> list[Any]:
    row = {"office_code": office, "opens_at": opens, "closes_at": closes, "valid_from": SINCE}
    return [row | {"weekday": day} | more for day in days]


REFERENCES: dict[str, list[dict[str, Any]]] = {
    "offices": [
        {
            "office_code": code, "name": code, "kind": kind, "zone": zone, "city": code,
            "country_code": country, "latitude": 0.0, "longitude": 0.0, "timezone": timezone,
            "counters": 2, "works_holidays": works_holidays, "district": "Karachi",
        }
        for code, kind, zone, country, timezone, works_holidays in (
            ("KHI", "regional", "South", "PK", "Asia/Karachi", None),
            ("DEF", "regional", "South", "PK", "Asia/Karachi", None),
            ("ALL", "nadra_centre", "South", "PK", "Asia/Karachi", True),
            ("LON", "mission", None, "GB", "Europe/London", None),
            ("NGT", "mission", None, "SA", "Asia/Riyadh", None),
            ("MUL", "regional", "East", "PK", "Asia/Karachi", None),
            ("QTA", "regional", "West", "PK", "Asia/Karachi", True),
        )
    ],
    "office_hours": [
        *hours("KHI", range(1, 5), "09:00:00", "14:00:00"),
        *hours("KHI", [5], "09:00:00", "12:30:00"),
        *hours("KHI", range(1, 5), "10:00:00", "16:00:00",
               valid_from=date(2025, 3, 1), valid_to=date(2025, 3, 30)),
        *hours("ALL", range(1, 8), "00:00:00", "24:00:00"),
        *hours("LON", range(1, 6), "09:00:00", "12:00:00"),
        *hours("LON", range(1, 6), "13:00:00", "17:00:00"),
        *hours("NGT", (7, 1, 2, 3, 4), "20:00:00", "02:00:00"),
    ],
    "holidays": [
        {"country_code": "PK", "holiday_date": date(2025, 1, 8), "name": "A day"},
        {"country_code": "PK", "holiday_date": date(2025, 1, 9), "name": "A day",
         "is_working_day": True},
        {"country_code": "GB", "holiday_date": date(2025, 3, 31), "name": "A day"},
        {"country_code": "PK", "office_code": "MUL", "holiday_date": A_HOLIDAY, "name": "A day"},
        {"country_code": "PK", "office_code": "QTA", "holiday_date": A_HOLIDAY, "name": "A day"},
    ],
    "stages": [
        {"stage_code": code, "name": code, "sequence": n, "owner": owner, "clock": clock,
         "is_terminal": is_terminal, "is_waiting_by_design": False}
        for n, (code, owner, clock, is_terminal) in enumerate(STAGES)
    ],
    "service_levels": [
        {"service": "passport", "place_kind": "domestic", "promise": 5.0, "unit": "working_days",
         "target_pct": 90.0, "valid_from": SINCE},
        {"service": "passport", "place_kind": "domestic", "tier": "urgent", "promise": 2.0,
         "unit": "working_days", "target_pct": 90.0, "valid_from": SINCE},
        {"service": "passport", "place_kind": "mission", "promise": 7.0, "unit": "calendar_days",
         "target_pct": 80.0, "valid_from": SINCE},
        {"service": "complaint", "place_kind": "domestic", "promise": 3.0, "unit": "calendar_days",
         "target_pct": 90.0, "valid_from": SINCE},
    ],
    "staff": [
        {"staff_id": staff_id, "office_code": "KHI", "role": "officer", "joined_on": SINCE}
        for staff_id in ("S1", "S2")
    ],
}  # fmt: skip

# case: place, tier, submitted, then its events as (stage, event, occurred, place)
CASES: dict[str, tuple[str, str, str, list[Event]]] = {
    "weekend": ("KHI", "normal", "01-17 07:00", [("collected", "completed", "01-20 05:00", "KHI")]),
    "ramadan": ("KHI", "normal", "03-03 04:00", [("collected", "completed", "03-04 06:00", "KHI")]),
    "summer_time": (
        "LON", "normal", "03-28 16:00", [("collected", "completed", "04-01 09:00", "LON")],
    ),
    "lunch": ("LON", "normal", "01-13 11:30", [("collected", "completed", "01-13 13:15", "LON")]),
    "move": (
        "KHI", "normal", "01-20 08:00",
        [("data_entry", "completed", "01-20 10:00", "LON"),
         ("collected", "completed", "01-20 12:00:00.000001", "LON")],
    ),
    "night": ("NGT", "normal", "01-19 22:00", [("collected", "completed", "01-20 18:00", "NGT")]),
    "holiday": ("KHI", "normal", "01-08 00:00", [("collected", "completed", "01-08 12:00", "KHI")]),
    "taken_back": (
        "KHI", "normal", "01-09 00:00", [("collected", "completed", "01-09 12:00", "KHI")],
    ),
    "works_holidays": (
        "ALL", "normal", "01-08 00:00", [("collected", "completed", "01-08 12:00", "ALL")],
    ),
    "default_hours": (
        "DEF", "urgent", "01-16 03:00", [("collected", "completed", "01-16 05:00", "DEF")],
    ),
    "stopped": (
        "KHI", "normal", "01-13 05:00",
        [("data_entry", "entered", "01-13 05:00", "KHI"),
         ("documents", "entered", "01-14 05:00", "KHI"),
         ("data_entry", "entered", "01-17 05:00", "KHI"),
         ("collected", "completed", "01-20 05:00", "KHI")],
    ),
    "standing": (
        "KHI", "urgent", "04-03 05:00",
        [("data_entry", "entered", "04-03 05:00", "KHI"),
         ("documents", "entered", "04-04 05:00", "KHI")],
    ),
    "late": ("KHI", "urgent", "04-01 05:00", [("data_entry", "entered", "04-01 06:00", "KHI")]),
    "refused": (
        "KHI", "normal", "01-13 05:00", [("refused", "completed", "01-14 05:00", "KHI")],
    ),
    "cancelled": ("KHI", "normal", "04-07 05:00", [("approval", "entered", "04-07 06:00", "KHI")]),
    "not_started": ("KHI", "normal", "04-09 05:00", []),
    "visits": (
        "KHI", "normal", "04-01 05:00",
        [("data_entry", "entered", "04-01 05:00", "KHI"),
         ("data_entry", "started", "04-01 05:10", "KHI"),
         ("data_entry", "deferred", "04-01 05:15", "KHI"),
         ("data_entry", "completed", "04-01 05:30", "KHI"),
         ("approval", "completed", "04-01 06:00", "KHI"),
         ("data_entry", "entered", "04-01 07:00", "KHI"),
         ("data_entry", "completed", "04-01 08:00", "KHI"),
         ("approval", "started", "04-01 09:00", "KHI"),
         ("approval", "returned", "04-01 09:30", "KHI"),
         ("approval", "returned", "04-01 09:40", "KHI")],
    ),
}  # fmt: skip

# what else the sources say of a case, and who completed which event
MORE: dict[str, dict[str, Any]] = {
    "late": {"fee_pkr": 7500.0, "is_suspect": True, "home_district": "Lahore"},
    "visits": {"fee_pkr": 4500.0, "home_district": "karachi", "priority_reason": "hajj"},
}
DONE_BY = {"visits-3": "S1", "visits-4": "S2", "visits-6": "S1"}

SHIFTS = [
    {"staff_id": "S1", "started_at": utc("04-01 04:00"), "ended_at": utc("04-01 09:00"),
     "desk": "D1"},
    {"staff_id": "S2", "started_at": utc("04-01 05:00"), "desk": "D1"},
]  # fmt: skip

COMPLAINTS = [
    {"complaint_id": "open", "application_id": "visits", "opened_at": utc("04-01 07:30")},
    {"complaint_id": "resolved", "opened_at": utc("04-01 19:00"),
     "acknowledged_at": utc("04-02 19:00"), "resolved_at": utc("04-03 19:00")},
]  # fmt: skip


def submissions(office: str) -> list[dict[str, Any]]:
    """Four on every Wednesday from 5 February on but one on the holiday, two on days of rest; all
    cancelled at once, so that no promise is due."""
    days = (date(2025, 2, 1) + timedelta(days=n) for n in range(67))
    counts = {3: 4, 6: 2, 7: 2}
    return [
        {
            "application_id": f"{office}-{day}-{n}", "office_code": office, "tier": "normal",
            "submitted_at": datetime(day.year, day.month, day.day, 6), "category": "new",
            "channel": "online", "updated_at": NOW,
            "cancelled_at": datetime(day.year, day.month, day.day, 7),
        }
        for day in days
        for n in range(1 if day == A_HOLIDAY else counts.get(day.isoweekday(), 0))
    ]  # fmt: skip


@pytest.fixture(scope="module")
def warehouse(dbt: Dbt, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    folder = tmp_path_factory.mktemp("by_hand")
    built = Warehouse(folder)
    built.prepare()
    for number, (record, rows) in enumerate(REFERENCES.items(), start=1):
        built.land(record, rows, number, NOW)
    applications, events = [], []
    for case, (office, tier, submitted, happened) in CASES.items():
        applications.append(
            {
                "application_id": case, "office_code": office, "submitted_at": utc(submitted),
                "tier": tier, "category": "new", "channel": "counter", "updated_at": NOW,
                "cancelled_at": utc("04-08 06:00") if case == "cancelled" else None,
                **MORE.get(case, {}),
            }
        )  # fmt: skip
        events += [
            {
                "event_id": f"{case}-{n}", "application_id": case, "stage_code": stage,
                "event": event, "occurred_at": utc(occurred), "office_code": place,
                "recorded_at": utc(occurred), "staff_id": DONE_BY.get(f"{case}-{n}"),
            }
            for n, (stage, event, occurred, place) in enumerate(happened)
        ]  # fmt: skip
    orphan = events[0] | {"event_id": "orphan", "application_id": "unknown"}
    applications += [row for office in ("MUL", "QTA") for row in submissions(office)]
    built.land("applications", applications, 11, NOW)
    built.land("stage_events", [*events, orphan], 12, NOW)
    planned = {"office_code": "KHI", "planned_from": utc("04-01 04:00"),
               "planned_until": utc("04-01 09:00"), "updated_at": NOW}  # fmt: skip
    built.land("staff_shifts", [planned | shift for shift in SHIFTS], 13, NOW)
    about = {"office_code": "KHI", "channel": "web", "category": "no_status", "updated_at": NOW}
    built.land("complaints", [about | complaint for complaint in COMPLAINTS], 14, NOW)
    built.begin(NOW, 14)
    dbt.run(built, "build", "--select", *MODELS_AND_IDENTITIES)
    return built


def one(warehouse: Warehouse, case: str, columns: str) -> tuple[Any, ...]:
    query = f"select {columns} from reporting.rpt_applications where application_id = ?"
    (row,) = warehouse.rows(query, [case])
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
    warehouse: Warehouse, case: str, minutes: int
) -> None:
    assert one(warehouse, case, "turnaround_working_minutes") == (minutes,)


def test_turnaround_is_exact_to_the_microsecond(warehouse: Warehouse) -> None:
    assert one(warehouse, "move", "turnaround_seconds") == (Decimal("14400.000001"),)


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
def test_a_promise_is_due_and_kept(
    warehouse: Warehouse, case: str, due_on: date, state: str
) -> None:
    assert one(warehouse, case, "promise_due_on, promise_state") == (due_on, state)


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
    warehouse: Warehouse, case: str, outcome: str | None, is_open: bool, stage: str, owner: str
) -> None:
    found = one(warehouse, case, "outcome, is_open, current_stage_code, current_owner")
    assert found == (outcome, is_open, stage, owner)


def test_a_standing_clock_is_counted_until_now(warehouse: Warehouse) -> None:
    stood = NOW - utc("04-04 05:00")
    found = one(warehouse, "standing", "clock_stopped_minutes")
    assert found == (stood / timedelta(minutes=1),)
    assert one(warehouse, "stopped", "clock_stopped_minutes") == (3 * 24 * 60,)


def test_visits_begin_and_end_as_defined(warehouse: Warehouse) -> None:
    rows = warehouse.rows(
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


def test_rework_is_what_was_completed_again_or_returned(warehouse: Warehouse) -> None:
    assert one(warehouse, "visits", "rework_count, event_count") == (1 + 2, 10)
    assert one(warehouse, "visits", "variant_text") == ("data_entry→approval→data_entry",)


def test_an_event_without_its_application_waits(warehouse: Warehouse) -> None:
    rows = warehouse.rows(
        "select application_id from marts.fct_stage_events where not is_application_known"
    )
    assert rows == [("unknown",)]
    assert not warehouse.rows(
        "select * from reporting.rpt_applications where application_id = 'unknown'"
    )


def test_the_backlog_follows_a_case_from_day_to_day(warehouse: Warehouse) -> None:
    rows = warehouse.rows(
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


def test_a_scope_and_all_tiers_add_up_days(warehouse: Warehouse) -> None:
    rows = warehouse.rows(
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
    warehouse: Warehouse, day: date, office: str, submitted: int, expected: float | None
) -> None:
    """A holiday that closes the place is no usual Wednesday, nor does it tell of the next one."""
    rows = warehouse.rows(
        "select submitted, expected_submitted from reporting.rpt_volumes"
        " where day = ? and place_scope = ? and tier = 'all'",
        [day, f"office:{office}"],
    )
    assert rows == [(submitted, expected)]


def test_every_case_with_a_promise_is_due_once(warehouse: Warehouse) -> None:
    rows = warehouse.rows(
        "select period_start, due, kept, missed, open_within, open_beyond, kept_pct, target_pct"
        " from reporting.rpt_promise"
        " where period_kind = 'month' and place_scope = 'country' and tier = 'all' order by 1"
    )
    assert rows == [
        # eight cases at home of target 90, two abroad of target 80
        (date(2025, 1, 1), 10, 10, 0, 0, 0, 100.0, 88.0),
        (date(2025, 3, 1), 1, 1, 0, 0, 0, 100.0, 90.0),
        # the mission's of March; at home one stands, one is new, two are late; one was cancelled
        (date(2025, 4, 1), 5, 1, 0, 2, 2, 20.0, 88.0),
    ]


def test_stage_times_tell_waiting_work_and_total_of_ended_visits(warehouse: Warehouse) -> None:
    rows = warehouse.rows(
        "select stage_code, visits, waiting_mean_seconds, work_p50_seconds, total_mean_seconds,"
        " total_p90_seconds, is_small_number from reporting.rpt_stage_times"
        " where place_scope = 'office:KHI' and month = '2025-04-01' order by 1"
    )
    assert rows == [
        # twice in one case; the third ended when its case was cancelled
        ("approval", 3, None, None, 31200, Decimal("70200"), True),
        ("data_entry", 2, 600, 1200, 2700, Decimal("3420"), True),
    ]


def test_moves_lead_from_one_completed_stage_to_the_next(warehouse: Warehouse) -> None:
    rows = warehouse.rows(
        "select from_stage_code, to_stage_code, moves, cases, p50_seconds, sum_seconds"
        " from reporting.rpt_process_moves where place_scope = 'office:KHI' order by 1, 2"
    )
    assert rows == [
        ("approval", "data_entry", 1, 1, 7200, 7200),
        ("data_entry", "approval", 1, 1, 1800, 1800),
        # completed abroad, submitted here
        ("data_entry", "collected", 1, 1, Decimal("7200.000001"), Decimal("7200.000001")),
    ]


def test_variants_are_the_ways_cases_took(warehouse: Warehouse) -> None:
    rows = warehouse.rows(
        "select stages_text, cases, share_pct, is_conforming from reporting.rpt_process_variants"
        " where place_scope = 'office:KHI' order by cases desc, 1"
    )
    assert rows == [
        ("collected", 5, 62.5, True),
        ("data_entry→approval→data_entry", 1, 12.5, False),
        ("data_entry→collected", 1, 12.5, True),
        ("refused", 1, 12.5, True),
    ]


def test_staff_are_compared_by_the_work_their_mix_takes(warehouse: Warehouse) -> None:
    rows = warehouse.rows(
        "select staff_id, cases, hours_at_desk, rework_pct, round(expected_cases, 9),"
        " round(ratio_to_expected, 9), is_small_number from reporting.rpt_staff"
        " where period_kind = 'day' and period_start = '2025-04-01' order by 1"
    )
    # each of the three completions takes 20 minutes; the second shift's end was not sent
    assert rows == [
        ("S1", 2, 5.0, 50.0, round(5 / 3, 9), 1.2, True),
        ("S2", 1, 4.0, 100.0, round(4 / 3, 9), 0.75, True),
    ]


def test_staffing_counts_who_is_there_at_each_half_hour(warehouse: Warehouse) -> None:
    rows = warehouse.rows(
        "select slot_start, counters, desks_open, planned_staff, present_staff, required_staff"
        " from reporting.rpt_staffing where office_code = 'KHI' order by 1"
    )
    assert rows == [
        (utc("04-01 04:00") + timedelta(minutes=30 * n), 2, 1, 2, 1 if n < 2 else 2, None)
        for n in range(10)
    ]


def test_a_complaint_knows_the_stage_then_and_is_late_now(warehouse: Warehouse) -> None:
    rows = warehouse.rows(
        "select complaint_id, stage_code, age_days, due_at, is_open, is_late"
        " from reporting.rpt_complaint_cases order by 1"
    )
    assert rows == [
        ("open", "data_entry", 9, utc("04-04 19:00"), True, True),
        # opened at midnight of 2 April in Karachi
        ("resolved", None, 2, utc("04-05 19:00"), False, False),
    ]
    rows = warehouse.rows(
        "select month, category, channel, opened, acknowledged, resolved, open_now, p50_days,"
        " kept_pct, per_10000_applications from reporting.rpt_complaints"
        " where place_scope = 'office:KHI'"
    )
    assert rows == [(date(2025, 4, 1), "no_status", "web", 2, 1, 1, 1, 2.0, 50.0, 4000.0)]


def test_an_audit_case_is_listed_for_each_of_its_reasons(warehouse: Warehouse) -> None:
    rows = warehouse.rows(
        "select application_id, reason, detail, fee_difference_pkr from reporting.rpt_audit_cases"
        " order by 1, 2"
    )
    assert rows == [
        ("late", "late_urgent_fee", "due 2025-04-03, still open", 3000),
        ("late", "out_of_district", "Lahore at Karachi", None),
        ("late", "suspect", None, None),
        ("visits", "priority", "hajj", None),
    ]


@pytest.mark.parametrize("table", ["arrivals", "rush", "incidents"])
def test_tables_of_later_pieces_are_there_and_empty(warehouse: Warehouse, table: str) -> None:
    assert warehouse.rows(f"select count(*) from reporting.rpt_{table}") == [(0,)]
