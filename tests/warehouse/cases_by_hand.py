"""Rows of cases with odd calendars, clocks that stand, visits and ends of every kind."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

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
Row = dict[str, Any]
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
    # the clock of the place that says it is collected is an hour fast
    "ahead": (
        "LON", "urgent", "04-10 04:00",
        [("data_entry", "entered", "04-10 05:00", "LON"),
         ("collected", "completed", "04-10 07:00", "LON")],
    ),
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


def rows() -> dict[str, list[Row]]:
    """All rows by record."""
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
    planned = {"office_code": "KHI", "planned_from": utc("04-01 04:00"),
               "planned_until": utc("04-01 09:00"), "updated_at": NOW}  # fmt: skip
    about = {"office_code": "KHI", "channel": "web", "category": "no_status", "updated_at": NOW}
    return {
        **REFERENCES,
        "applications": applications + [r for o in ("MUL", "QTA") for r in submissions(o)],
        "stage_events": [*events, orphan],
        "staff_shifts": [planned | shift for shift in SHIFTS],
        "complaints": [about | complaint for complaint in COMPLAINTS],
    }
