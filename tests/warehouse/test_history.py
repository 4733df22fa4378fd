"""Old periods keep their old truth: a place in another zone, a stage renamed, a new promise.

The first build ends on 10 March; the second, of a month later, knows what changed in between.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from world import NO_VIEWS, Dbt, Warehouse

SINCE = date(2020, 1, 1)
BEFORE, AFTER = datetime(2025, 3, 10, 6), datetime(2025, 4, 10, 6)
# Noon of a Thursday in Karachi: the place is in its new zone for all of that day.
MOVED_AT = datetime(2025, 3, 20, 7)
CHANGED_ON = date(2025, 3, 15)
TABLES = ("rpt_volumes", "rpt_turnaround", "rpt_promise", "rpt_stage_times", "rpt_process_variants")

Row = dict[str, Any]
Rows = list[tuple[Any, ...]]


def offices(moved: bool) -> list[Row]:
    return [
        {"office_code": code, "name": code, "kind": "regional", "zone": zone, "city": code,
         "country_code": "PK", "latitude": 0.0, "longitude": 0.0, "timezone": "Asia/Karachi",
         "counters": 2, "updated_at": MOVED_AT if moved else None}
        for code, zone in (("KHI", "North" if moved else "South"), ("HYD", "South"))
        if code == "KHI" or not moved
    ]  # fmt: skip


def stage(code: str, sequence: int, name: str | None = None, **more: Any) -> Row:
    ends = code in ("collected", "handed_over")
    return {"stage_code": code, "name": name or code, "sequence": sequence, "clock": "runs",
            "owner": "applicant" if ends else "office", "is_terminal": ends,
            "is_waiting_by_design": False, **more}  # fmt: skip


def promise(days: float, valid_from: date) -> Row:
    return {"service": "passport", "place_kind": "domestic", "promise": days,
            "unit": "calendar_days", "target_pct": 90.0, "valid_from": valid_from}  # fmt: skip


def cases(days: Iterable[date], last_stage: str) -> tuple[list[Row], list[Row]]:
    """One case a day at each place: submitted at 08:00 in Karachi, handed over the next day."""
    applications, events = [], []
    for day in days:
        for place in ("KHI", "HYD"):
            case = f"{place}-{day}"
            submitted = datetime(day.year, day.month, day.day, 3)
            applications.append(
                {"application_id": case, "office_code": place, "submitted_at": submitted,
                 "tier": "normal", "category": "new", "channel": "counter",
                 "updated_at": submitted}
            )  # fmt: skip
            events += [
                {"event_id": f"{case}-{code}", "application_id": case, "stage_code": code,
                 "event": "completed", "occurred_at": at, "office_code": place, "recorded_at": at}
                for code, at in (
                    ("approval", submitted + timedelta(hours=1)),
                    (last_stage, submitted + timedelta(days=1)),
                )
            ]  # fmt: skip
    return applications, events


def days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def figures(built: Warehouse) -> dict[str, Rows]:
    return {table: built.rows(f"select * from reporting.{table} order by all") for table in TABLES}


@pytest.fixture(scope="module")
def told(dbt: Dbt, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Rows], Warehouse]:
    """The figures of the first build, and the warehouse after the second."""
    built = Warehouse(tmp_path_factory.mktemp("history"))
    built.prepare()
    models = [f"+{table}" for table in TABLES]
    applications, events = cases(days(date(2025, 2, 1), date(2025, 3, 8)), "collected")
    first = {
        "offices": offices(moved=False),
        "stages": [stage("approval", 1), stage("collected", 2)],
        "service_levels": [promise(5.0, SINCE)],
        "applications": applications,
        "stage_events": events,
    }
    for number, (record, rows) in enumerate(first.items(), start=1):
        built.land(record, rows, number, BEFORE)
    built.begin(BEFORE, 10)
    dbt.run(built, "build", "--select", *models, "--exclude-resource-type", "test", "unit_test")
    before = figures(built)
    applications, events = cases(days(date(2025, 3, 9), date(2025, 4, 8)), "handed_over")
    late = {"application_id": "late", "office_code": "KHI", "tier": "normal", "category": "new",
            "channel": "counter", "submitted_at": datetime(2025, 2, 14, 3),
            "updated_at": datetime(2025, 3, 11)}  # fmt: skip
    second = {
        "offices": offices(moved=True),
        "stages": [
            stage("approval", 1, name="Approved"),
            stage("collected", 2, deleted_at=AFTER),
            stage("handed_over", 2),
        ],
        "service_levels": [promise(3.0, CHANGED_ON)],
        "applications": [*applications, late],
        "stage_events": events,
    }
    for number, (record, rows) in enumerate(second.items(), start=11):
        built.land(record, rows, number, AFTER)
    built.begin(AFTER, 20)
    dbt.run(built, "run", "--select", *models, *NO_VIEWS)
    return before, built


@pytest.mark.parametrize(
    ("zone", "since", "submitted"), [("South", 17, [2, 2, 2, 1, 1, 1]), ("North", 20, [1, 1, 1])]
)
def test_a_case_counts_for_the_zone_its_place_belonged_to(
    told: tuple[dict[str, Rows], Warehouse], zone: str, since: int, submitted: list[int]
) -> None:
    _, built = told
    found = built.rows(
        "select day, submitted, collected from reporting.rpt_volumes where tier = 'all'"
        " and place_scope = ? and day between '2025-03-17' and '2025-03-22' order by 1",
        [f"zone:{zone}"],
    )
    assert found == [(date(2025, 3, since + n), count, count) for n, count in enumerate(submitted)]


def test_days_before_the_change_stand_as_they_were_published(
    told: tuple[dict[str, Rows], Warehouse],
) -> None:
    """But the day of the late row: where its place counted then, it is counted now."""
    before, built = told
    kept = built.rows(
        "select * from reporting.rpt_turnaround where period_kind = 'day'"
        " and period_start < '2025-03-09' order by all"
    )
    old = [row for row in before["rpt_turnaround"] if row[0] == "day" and row[1] < date(2025, 3, 9)]
    assert kept == old != []
    changed = {
        (row[0], row[1])
        for row in set(before["rpt_volumes"])
        ^ set(built.rows("select * from reporting.rpt_volumes where day <= '2025-03-08'"))
        if row[0] <= date(2025, 3, 8) and row[2] == "all"
    }
    assert {scope for day, scope in changed if day == date(2025, 2, 14)} == {
        "country", "zone:South", "office:KHI",
    }  # fmt: skip


def test_a_stage_of_another_code_reopens_no_case(
    told: tuple[dict[str, Rows], Warehouse],
) -> None:
    _, built = told
    found = built.rows(
        "select outcome, count(*) from reporting.rpt_applications group by all order by all"
    )
    assert found == [("delivered", 2 * 67), (None, 1)]
    february = "month = '2025-02-01' and place_scope = 'country'"
    kept = built.rows(f"select * from reporting.rpt_stage_times where {february} order by all")
    assert kept == [
        row for row in told[0]["rpt_stage_times"] if row[:2] == (date(2025, 2, 1), "country")
    ]


def test_a_promise_holds_for_those_submitted_under_it(
    told: tuple[dict[str, Rows], Warehouse],
) -> None:
    _, built = told
    found = built.rows(
        "select submitted_at::date, promise_due_on - submitted_at::date"
        " from reporting.rpt_applications where office_code = 'HYD' order by 1"
    )
    assert found == [
        (day, 5 if day < CHANGED_ON else 3) for day in days(date(2025, 2, 1), date(2025, 4, 8))
    ]
