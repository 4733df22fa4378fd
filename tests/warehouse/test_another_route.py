"""A thousand random cases of a year, worked out a second time without SQL, agree to the last digit.

The other route knows no calendar table and no cumulative clock: it lists the openings of a place as
pairs of moments, cuts a case's stays out of them, and counts local midnights one by one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import groupby, pairwise
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from world import Dbt, Warehouse

SEED = 20251231
CASES = 1000
NOW = datetime(2026, 1, 31, 6, 30)
AUTHORITY = ZoneInfo("Asia/Karachi")
SINCE = date(2020, 1, 1)
FIRST_DAY, LAST_DAY = date(2024, 12, 25), date(2026, 8, 31)

# kind, country, zone, whether it works on holidays
OFFICES = {
    "KHI": ("regional", "PK", "Asia/Karachi", False),
    "ALL": ("nadra_centre", "PK", "Asia/Karachi", True),
    "DEF": ("regional", "PK", "Asia/Karachi", False),
    "LON": ("mission", "GB", "Europe/London", False),
    "NYC": ("mission", "US", "America/New_York", False),
    "RUH": ("mission", "SA", "Asia/Riyadh", False),
}
# place, weekdays, opens, closes, valid from, valid to
HOURS: list[tuple[str, Sequence[int], str, str, date, date | None]] = [
    ("KHI", range(1, 5), "09:00:00", "14:00:00", SINCE, None),
    ("KHI", [5], "09:00:00", "12:30:00", SINCE, None),
    ("KHI", range(1, 6), "10:00:00", "16:00:00", date(2025, 3, 1), date(2025, 3, 30)),
    ("ALL", range(1, 8), "00:00:00", "24:00:00", SINCE, None),
    ("LON", range(1, 6), "09:00:00", "12:00:00", SINCE, None),
    ("LON", range(1, 6), "13:00:00", "17:00:00", SINCE, None),
    ("NYC", range(1, 6), "08:30:00", "17:45:00", SINCE, None),
    ("NYC", range(1, 7), "10:00:00", "13:00:00", date(2025, 8, 4), None),
    ("RUH", (7, 1, 2, 3, 4), "20:00:00", "02:00:00", SINCE, None),
]
# country, day, place, whether it takes the holiday back
HOLIDAYS = [
    ("PK", date(2025, 3, 31), None, False),
    ("PK", date(2025, 4, 1), None, False),
    ("PK", date(2025, 8, 14), None, False),
    ("PK", date(2025, 8, 14), "DEF", True),
    ("GB", date(2025, 3, 31), None, False),
    ("US", date(2025, 11, 27), None, False),
    ("SA", date(2025, 9, 23), "RUH", False),
]
# kind of place, tier, promise, unit, valid from, valid to
PROMISES = [
    ("domestic", None, 10, "working_days", SINCE, date(2025, 6, 30)),
    ("domestic", None, 21, "working_days", date(2025, 7, 1), None),
    ("domestic", "urgent", 5, "working_days", SINCE, None),
    ("mission", None, 30, "calendar_days", SINCE, None),
    ("mission", "urgent", 7, "calendar_days", SINCE, None),
]
# stage, owner, whether its clock stands, whether it ends the case
STAGES = [
    ("entry", "office", False, False),
    ("approval", "office", False, False),
    ("documents", "applicant", True, False),
    ("print", "print_site", False, False),
    ("box", "carrier", False, False),
    ("collected", "applicant", True, True),
]
STOPPED = {stage for stage, _, is_stopped, _ in STAGES if is_stopped}
PATHS = (
    ("entry", "approval", "print", "box", "collected"),
    ("entry", "documents", "entry", "approval", "print", "box", "collected"),
    ("entry", "approval", "documents", "documents", "approval", "documents", "print", "collected"),
)


@dataclass(frozen=True)
class Event:
    """What happened to a case, in order."""

    at: datetime
    office: str
    stage: str
    event: str


@dataclass(frozen=True)
class Case:
    """One application as the sources tell it; times are UTC."""

    name: str
    office: str
    tier: str
    submitted_at: datetime
    cancelled_at: datetime | None
    ready_at: datetime | None
    events: tuple[Event, ...]


@dataclass(frozen=True)
class Figures:
    """What the warehouse says of a case."""

    turnaround: timedelta | None
    working: timedelta | None
    due_on: date | None
    age_days: int | None


# ── the world ────────────────────────────────────────────────────────────────────────────────────


def random_case(random: Random, number: int) -> Case:
    office = random.choice(tuple(OFFICES))
    start = datetime(2025, 1, 1) + timedelta(seconds=random.randrange(365 * 86400))
    submitted_at = random.choice(
        (start, start.replace(minute=0, second=0), start + timedelta(microseconds=1))
    )
    at = submitted_at - timedelta(hours=random.choice((0, 0, 0, 0, 5)))
    events: list[Event] = []
    path = random.choice(PATHS)
    for stage in path[: random.choice((1, 3, len(path), len(path), len(path)))]:
        for event in random.choice((("completed",), ("entered", "completed"))):
            at += timedelta(
                seconds=random.choice((0, 90, 7200, 86400, 5 * 86400)) * random.random(),
                hours=random.choice((0, 0, 24)),
            )
            place = office if random.random() < 0.7 else random.choice(tuple(OFFICES))
            events.append(Event(at, place, stage, event))
    seen = tuple(event for event in events if event.at <= NOW)
    ready_at = at - timedelta(hours=30) if len(events) > 8 and random.random() < 0.5 else None
    cancelled_at = at - timedelta(days=2) if random.random() < 0.1 else None
    return Case(
        f"A{number:04}",
        office,
        random.choice(("normal", "urgent")),
        submitted_at,
        cancelled_at if cancelled_at and submitted_at < cancelled_at <= NOW else None,
        ready_at if ready_at and submitted_at < ready_at <= NOW else None,
        seen,
    )


def land(warehouse: Warehouse, cases: Sequence[Case]) -> None:
    records: dict[str, list[dict[str, Any]]] = {
        "offices": [
            {"office_code": code, "name": code, "kind": kind, "city": code, "country_code": country,
             "latitude": 0.0, "longitude": 0.0, "timezone": zone, "counters": 1,
             "works_holidays": works_holidays}
            for code, (kind, country, zone, works_holidays) in OFFICES.items()
        ],
        "office_hours": [
            {"office_code": office, "weekday": day, "opens_at": opens, "closes_at": closes,
             "valid_from": valid_from, "valid_to": valid_to}
            for office, days, opens, closes, valid_from, valid_to in HOURS for day in days
        ],
        "holidays": [
            {"country_code": country, "holiday_date": day, "office_code": office, "name": "A day",
             "is_working_day": is_working_day}
            for country, day, office, is_working_day in HOLIDAYS
        ],
        "stages": [
            {"stage_code": stage, "name": stage, "sequence": number, "owner": owner,
             "clock": "stopped" if is_stopped else "runs", "is_terminal": is_terminal,
             "is_waiting_by_design": False}
            for number, (stage, owner, is_stopped, is_terminal) in enumerate(STAGES)
        ],
        "service_levels": [
            {"service": "passport", "place_kind": kind, "tier": tier, "promise": float(promise),
             "unit": unit, "target_pct": 90.0, "valid_from": valid_from, "valid_to": valid_to}
            for kind, tier, promise, unit, valid_from, valid_to in PROMISES
        ],
        "applications": [
            {"application_id": case.name, "office_code": case.office, "tier": case.tier,
             "submitted_at": case.submitted_at, "cancelled_at": case.cancelled_at,
             "category": "new", "channel": "counter", "updated_at": NOW}
            for case in cases
        ],
        "stage_events": [
            {"event_id": f"{case.name}-{number:02}", "application_id": case.name,
             "stage_code": event.stage, "event": event.event, "occurred_at": event.at,
             "office_code": event.office, "recorded_at": event.at}
            for case in cases for number, event in enumerate(case.events)
        ],
        "deliveries": [
            {"application_id": case.name, "office_code": case.office, "ready_at": case.ready_at,
             "updated_at": NOW}
            for case in cases if case.ready_at
        ],
    }  # fmt: skip
    for batch_id, (record, rows) in enumerate(records.items(), start=1):
        for first in range(0, len(rows), 500):
            warehouse.land(record, rows[first : first + 500], batch_id, NOW)
    warehouse.begin(NOW, len(records))


# ── the other route ──────────────────────────────────────────────────────────────────────────────


def days() -> Iterator[date]:
    return (FIRST_DAY + timedelta(n) for n in range((LAST_DAY - FIRST_DAY).days))


def clock(text: str) -> timedelta:
    hour, minute, second = map(int, text.split(":"))
    return timedelta(hours=hour, minutes=minute, seconds=second)


def moment(office: str, day: date, since_midnight: timedelta) -> datetime:
    """The UTC moment when the wall clock of a place shows a time, perhaps of the next day."""
    zone = ZoneInfo(OFFICES[office][2])
    wall = (datetime.combine(day, time()) + since_midnight).replace(tzinfo=zone)
    return wall.astimezone(UTC).replace(tzinfo=None)


def local_day(at: datetime, zone: ZoneInfo) -> date:
    return at.replace(tzinfo=UTC).astimezone(zone).date()


def is_closed_by_holiday(office: str, day: date) -> bool:
    _, country, _, works_holidays = OFFICES[office]
    ruling = {
        place is not None: taken_back
        for of_country, on, place, taken_back in HOLIDAYS
        if of_country == country and on == day and place in (None, office)
    }
    # what is said of the place beats what is said of the country
    return bool(ruling) and not works_holidays and not ruling[max(ruling)]


def clock_times(office: str, day: date) -> list[tuple[str, str]]:
    if not any(row[0] == office for row in HOURS):
        return [("08:30:00", "16:30:00")] if day.isoweekday() <= 5 else []
    valid = [
        row for row in HOURS if row[0] == office and row[4] <= day and (not row[5] or day <= row[5])
    ]
    newest = max((row[4] for row in valid), default=None)
    return [
        (opens, closes)
        for _, weekdays, opens, closes, valid_from, _ in valid
        if valid_from == newest and day.isoweekday() in weekdays
    ]


@cache
def openings(office: str) -> dict[date, list[tuple[datetime, datetime]]]:
    """The openings of a place by the local date on which they begin, as pairs of UTC moments."""
    found = {}
    for day in days():
        if is_closed_by_holiday(office, day):
            continue
        pairs = []
        for opens, closes in clock_times(office, day):
            end = clock(closes) if clock(closes) > clock(opens) else clock(closes) + timedelta(1)
            pairs.append((moment(office, day, clock(opens)), moment(office, day, end)))
        if pairs:
            found[day] = pairs
    return found


def open_time(office: str, from_at: datetime, until_at: datetime) -> timedelta:
    """How long a place is open between two moments."""
    near = (from_at.date() + timedelta(n - 2) for n in range((until_at - from_at).days + 6))
    cut = (
        min(closes, until_at) - max(opens, from_at)
        for day in near
        for opens, closes in openings(office).get(day, [])
    )
    return sum((part for part in cut if part > timedelta(0)), timedelta(0))


def whole_days(office: str, from_at: datetime, until_at: datetime, only_working: bool) -> int:
    """Local days of a place that lie whole between two moments."""
    day = local_day(from_at, ZoneInfo(OFFICES[office][2]))
    counted = 0
    while moment(office, day, timedelta(1)) <= until_at:
        if moment(office, day, timedelta(0)) >= from_at:
            counted += not only_working or day in openings(office)
        day += timedelta(1)
    return counted


def promise_of(case: Case) -> tuple[int, str]:
    place_kind = "mission" if OFFICES[case.office][0] == "mission" else "domestic"
    day = local_day(case.submitted_at, ZoneInfo(OFFICES[case.office][2]))
    fitting = [
        (tier is not None, promise, unit)
        for kind, tier, promise, unit, valid_from, valid_to in PROMISES
        if kind == place_kind
        and tier in (None, case.tier)
        and valid_from <= day
        and (valid_to is None or day <= valid_to)
    ]
    _, promise, unit = max(fitting)
    return promise, unit


def due_on(case: Case, stopped_until: datetime) -> date:
    """The Nth day after the submission, and one more for each whole day the clock stood still."""
    promise, unit = promise_of(case)
    working = unit == "working_days"
    followers = [*(event.at for event in case.events[1:]), stopped_until]
    left = promise
    numbered = list(zip(case.events, followers, strict=bool(case.events)))
    for is_stopped, run in groupby(numbered, lambda pair: pair[0].stage in STOPPED):
        spans = list(run)
        from_at = max(spans[0][0].at, case.submitted_at)
        until_at = min(spans[-1][1], stopped_until)
        if is_stopped and from_at < until_at:
            left += whole_days(case.office, from_at, until_at, working)
    day = local_day(case.submitted_at, ZoneInfo(OFFICES[case.office][2]))
    while left:
        day += timedelta(1)
        left -= not working or day in openings(case.office)
    return day


def by_the_other_route(case: Case) -> Figures:
    completed_at = next(
        (e.at for e in case.events if e.stage == "collected" and e.event == "completed"), None
    )
    cancelled_at = case.cancelled_at
    if completed_at and cancelled_at and cancelled_at >= completed_at:
        cancelled_at = None
    met_at = case.ready_at or completed_at
    if cancelled_at and met_at and cancelled_at < met_at:
        met_at = None
    ended_at = cancelled_at or completed_at
    age = local_day(NOW, AUTHORITY) - local_day(case.submitted_at, AUTHORITY)
    figures = Figures(
        turnaround=None,
        working=None,
        due_on=due_on(case, met_at or ended_at or NOW),
        age_days=None if ended_at else age.days,
    )
    if met_at is None:
        return figures
    first = Event(case.submitted_at, case.office, "not_started", "submitted")
    last = Event(max([met_at, *(event.at for event in case.events)]), case.office, "", "end")
    working = timedelta(0)
    held = [first, *case.events, last]
    # what happened before the submission says where the case lay when it was submitted
    if case.events and case.events[0].at < case.submitted_at:
        held = held[1:]
    for stay, following in pairwise(held):
        from_at = max(stay.at, case.submitted_at)
        until_at = min(following.at, met_at)
        if stay.stage not in STOPPED and from_at < until_at:
            working += open_time(stay.office, from_at, until_at)
    return replace(figures, turnaround=met_at - case.submitted_at, working=working)


def as_built(warehouse: Warehouse) -> dict[str, Figures]:
    rows = warehouse.rows(
        "select application_id, turnaround_seconds, turnaround_working_minutes, promise_due_on,"
        " age_days from reporting.rpt_applications"
    )
    return {
        name: Figures(
            None if turnaround is None else timedelta(microseconds=int(turnaround * 10**6)),
            None if working is None else timedelta(microseconds=round(working * 60 * 10**6)),
            due,
            age,
        )
        for name, turnaround, working, due, age in rows
    }


def rounded(figures: Figures) -> Figures:
    """Working time to the second: minutes are kept to six decimals."""
    if figures.working is None:
        return figures
    return replace(figures, working=timedelta(seconds=round(figures.working.total_seconds())))


def test_a_thousand_cases_agree_with_another_route(dbt: Dbt, tmp_path: Any) -> None:
    random = Random(SEED)
    cases = [random_case(random, number) for number in range(CASES)]
    warehouse = Warehouse(tmp_path)
    warehouse.prepare()
    land(warehouse, cases)
    dbt.run(warehouse, "seed")
    dbt.run(warehouse, "run", "--select", "+rpt_applications")
    built = as_built(warehouse)
    expected = {case.name: by_the_other_route(case) for case in cases}
    differing = {
        name: (rounded(built[name]), rounded(figures))
        for name, figures in expected.items()
        if rounded(built[name]) != rounded(figures)
    }
    assert not differing, dict(list(differing.items())[:3])
    # the world holds what it is meant to try
    assert sum(figures.working is not None for figures in expected.values()) > CASES / 3
    assert sum(figures.age_days is not None for figures in expected.values()) > CASES / 10
    assert len({figures.due_on for figures in expected.values()}) > 100
