"""A print site runs out of laminate: what queues, machines, stock, boxes and shelves say of it."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from world import MODELS_AND_IDENTITIES, Dbt, Warehouse

# A Thursday, 11:00 in Karachi.
NOW = datetime(2025, 4, 10, 6)
SINCE = date(2020, 1, 1)
FIRST_DAY = date(2025, 4, 1)
STOCK = {1: 320, 2: 240, 3: 160, 4: 80, 5: 0, 6: 0, 7: 0, 8: 0, 9: 0}
"""Laminate on each evening of April: 80 a day are used until there is none on the 5th."""
LAST_PRINTED = date(2025, 4, 5)
DAILY = 8
"""Cases that come to the print queue each day; a job uses ten sheets."""

Row = dict[str, Any]


def at(day: int, clock: str) -> datetime:
    """A moment of April, UTC."""
    return datetime.fromisoformat(f"2025-04-{day:02} {clock}")


def references() -> dict[str, list[Row]]:
    offices = [
        {"office_code": code, "name": code, "kind": kind, "zone": "South", "city": code,
         "country_code": country, "latitude": 0.0, "longitude": 0.0, "timezone": timezone,
         "counters": 2}
        for code, kind, country, timezone in (
            ("KHI", "regional", "PK", "Asia/Karachi"),
            ("PS", "print_site", "PK", "Asia/Karachi"),
            ("LON", "mission", "GB", "Europe/London"),
        )
    ]  # fmt: skip
    hours = [
        {"office_code": code, "weekday": day, "opens_at": "08:00:00", "closes_at": "16:00:00",
         "valid_from": SINCE}
        for code in ("KHI", "PS") for day in range(1, 8)
    ]  # fmt: skip
    stages = [
        {"stage_code": code, "name": code, "sequence": n, "owner": owner, "clock": "runs",
         "is_terminal": code == "collected", "is_waiting_by_design": False}
        for n, (code, owner) in enumerate(
            (("approval", "office"), ("print_queue", "print_site"), ("printing", "print_site"),
             ("dispatched", "carrier"), ("collected", "applicant"))
        )
    ]  # fmt: skip
    machines = [
        {"machine_id": machine, "office_code": "PS", "kind": "printer", "model": "P",
         "rated_per_hour": 10.0, "commissioned_on": SINCE}
        for machine in ("M1", "M2")
    ]  # fmt: skip
    return {"offices": offices, "office_hours": hours, "stages": stages, "machines": machines}


def cases() -> Iterator[tuple[str, int, bool]]:
    """Case, the day it came to the print queue, and whether it was printed that day."""
    for day in range(1, 10):
        for number in range(DAILY):
            yield f"A{day}-{number}", day, day <= LAST_PRINTED.day


def printing() -> dict[str, list[Row]]:
    applications, events, jobs, deliveries = [], [], [], []
    for case, day, is_printed in cases():
        applications.append(
            {"application_id": case, "office_code": "KHI", "submitted_at": at(day, "03:30"),
             "tier": "normal", "category": "new", "channel": "counter",
             "updated_at": at(day, "03:30")}
        )  # fmt: skip
        steps = [
            ("approval", "completed", "03:40", "KHI"),
            ("print_queue", "entered", "04:00", "PS"),
        ]
        if is_printed:
            steps += [
                ("printing", "completed", "09:00", "PS"),
                ("dispatched", "entered", "12:00", "PS"),
            ]
            jobs.append(
                {"job_id": f"J-{case}", "application_id": case, "machine_id": "M1",
                 "queued_at": at(day, "04:00"), "started_at": at(day, "08:59"),
                 "finished_at": at(day, "09:00"), "outcome": "good",
                 "booklet_number_ref": f"ref-{case}", "updated_at": at(day, "09:00")}
            )  # fmt: skip
        if is_printed and day <= 3:
            deliveries.append(
                {"application_id": case, "office_code": "KHI", "box_id": f"B{day}",
                 "ready_at": at(day + 2, "05:00"),
                 "collected_at": at(day + 3, "05:00") if case.endswith(("-1", "-2")) else None,
                 "updated_at": at(day + 3, "05:00")}
            )  # fmt: skip
        events += [
            {"event_id": f"{case}-{n}", "application_id": case, "stage_code": stage,
             "event": event, "occurred_at": at(day, clock), "office_code": office,
             "recorded_at": at(day, clock)}
            for n, (stage, event, clock, office) in enumerate(steps)
        ]  # fmt: skip
    boxes = [
        {"box_id": f"B{day}", "from_office_code": "PS", "to_office_code": "KHI", "carrier": "C",
         "dispatched_at": at(day, "12:00"), "due_at": at(day + 1, "12:00"),
         "received_at": at(day + 2, "04:00") if day <= 3 else None, "updated_at": NOW}
        for day in range(1, 6)
    ]  # fmt: skip
    counts = [
        {"office_code": "PS", "item": item, "counted_at": at(day, "18:00"),
         "quantity": float(quantity), "unit": "piece", "received_quantity": 0.0,
         "on_order": 0.0, "recorded_at": at(day, "18:10")}
        for day, laminate in STOCK.items()
        for item, quantity in (
            ("laminate", laminate),
            # one booklet more is gone on the 3rd than was printed on
            ("booklets_36", 100 - DAILY * min(day, 5) - (1 if day >= 3 else 0)),
        )
    ]  # fmt: skip
    return {
        "applications": applications, "stage_events": events, "print_jobs": jobs,
        "deliveries": deliveries, "consignments": boxes, "consumables": counts,
    }  # fmt: skip


def readings() -> dict[str, list[Row]]:
    """M1 runs while it has laminate and is idle after; M2 went down on the 8th before midnight in
    Karachi (19:00 UTC), was mended at 01:00 and sends nothing from then on. The link is down."""
    machine: list[Row] = [
        {"machine_id": "M1", "read_at": moment, "recorded_at": moment,
         "state": "running" if moment.date() <= LAST_PRINTED and moment.hour == 8 else "idle",
         "produced_count": 2 if moment.date() <= LAST_PRINTED and moment.hour == 8 else 0}
        for moment in (
            at(1, "00:00") + n * timedelta(minutes=15) for n in range(9 * 96 + 6 * 4)
        )
    ]  # fmt: skip
    machine += [
        {"machine_id": "M2", "read_at": moment, "recorded_at": moment,
         "state": "down" if at(8, "18:00") <= moment < at(8, "20:00") else "idle",
         "fault_code": "F1" if moment == at(8, "18:00") else None}
        for moment in (at(8, "12:00") + n * timedelta(minutes=15) for n in range(33))
    ]  # fmt: skip
    link = [
        {"office_code": "KHI", "link": "nadra", "read_at": moment, "recorded_at": moment,
         "state": "down" if moment >= at(10, "05:00") else "up", "latency_ms": 40.0}
        for moment in (at(10, "00:00") + n * timedelta(minutes=30) for n in range(12))
    ]  # fmt: skip
    return {"machine_readings": machine, "link_readings": link}


def visits() -> dict[str, list[Row]]:
    def token(
        number: int, issued: str, called: str | None, closed: str | None, outcome: Any
    ) -> Row:
        return {
            "token_id": f"T{number}", "office_code": "KHI", "service": "application",
            "issued_at": at(10, issued), "called_at": at(10, called) if called else None,
            "closed_at": at(10, closed) if closed else None, "outcome": outcome,
            "updated_at": at(10, closed or called or issued),
        }  # fmt: skip

    return {
        "queue_tokens": [
            token(1, "03:00", "03:10", "03:20", "served"),
            token(2, "03:05", "03:50", "03:51", "no_show"),
            token(3, "03:29", None, "05:00", "left"),
            token(4, "05:40", "05:50", None, None),
            token(5, "05:45", None, None, None),
        ]
    }


@pytest.fixture(scope="module")
def warehouse(dbt: Dbt, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    built = Warehouse(tmp_path_factory.mktemp("operations"))
    built.prepare()
    landed = {**references(), **printing(), **readings(), **visits()}
    for number, (record, rows) in enumerate(landed.items(), start=1):
        built.land(record, rows, number, datetime(2025, 1, 1) if number <= 4 else NOW)
    built.begin(NOW, len(landed))
    dbt.run(built, "build", "--select", *MODELS_AND_IDENTITIES)
    return built


def test_every_rule_holds_in_its_nasty_case(warehouse: Warehouse, dbt: Dbt) -> None:
    dbt.run(warehouse, "test", "--select", "test_type:unit")


def test_a_stock_out_shows_in_consumables_before_printing_stops(warehouse: Warehouse) -> None:
    [(warned_on,)] = warehouse.rows(
        "select min(day) from reporting.rpt_consumables where item = 'laminate' and days_left < 5"
    )
    [(printed_until,)] = warehouse.rows(
        "select max(timezone('Asia/Karachi', timezone('UTC', hour))::date) from reporting.rpt_print"
    )
    assert (warned_on, printed_until) == (date(2025, 4, 2), LAST_PRINTED)
    [(reorder_on,)] = warehouse.rows(
        "select reorder_on from reporting.rpt_consumables"
        " where item = 'laminate' and day = '2025-04-02'"
    )
    assert reorder_on < warned_on


def test_the_print_queue_and_the_backlog_grow_from_the_day_it_stopped(warehouse: Warehouse) -> None:
    queue = warehouse.rows(
        "select day, waiting, planned from reporting.rpt_print_queue"
        " where site = 'PS' and tier = 'normal' order by day"
    )
    days = [FIRST_DAY + timedelta(n) for n in range(10)]
    waiting = [0] * 5 + [DAILY * n for n in range(1, 5)] + [DAILY * 4]
    # two printers of ten an hour, open for eight hours
    assert queue == [(day, number, 160) for day, number in zip(days, waiting, strict=True)]
    backlog = warehouse.rows(
        "select day, sum(closing) from reporting.rpt_backlog_daily"
        " where office_code = 'PS' and stage_code = 'print_queue' and day > '2025-04-05'"
        " group by day order by day"
    )
    assert [count for _, count in backlog] == waiting[5:]


def test_every_booklet_but_one_is_accounted_for(warehouse: Warehouse) -> None:
    rows = warehouse.rows(
        "select issued, good, in_stock, difference, duplicate_refs from reporting.rpt_booklets"
    )
    # the first count is on the evening of the 1st: what was issued before is not known
    assert rows == [(DAILY * 4 + 1, DAILY * 5, 100 - DAILY * 5 - 1, 1, 0)]


def test_a_machines_day_adds_up_and_silence_is_unknown(warehouse: Warehouse) -> None:
    rows = warehouse.rows(
        "select day, idle_minutes, down_minutes, unknown_minutes, failures, mttr_hours"
        " from reporting.rpt_machines where machine_id = 'M2' order by day"
    )
    assert rows == [
        # read from 17:00 local on; down for the hour before midnight and the one after
        (date(2025, 4, 8), 360, 60, 1020, 1, 2.0),
        (date(2025, 4, 9), 30, 60, 1350, 0, None),
        (date(2025, 4, 10), 0, 0, 11 * 60, 0, None),
    ]
    for day, passed in warehouse.rows(
        "select day, running_minutes + idle_minutes + down_minutes + maintenance_minutes"
        " + unknown_minutes from reporting.rpt_machines"
    ):
        assert passed == (11 * 60 if day == NOW.date() else 1440)


def test_equipment_effectiveness_is_availability_by_performance_by_quality(
    warehouse: Warehouse,
) -> None:
    [found] = warehouse.rows(
        "select availability_pct, performance_pct, quality_pct, oee_pct"
        " from reporting.rpt_machines where machine_id = 'M1' and day = '2025-04-02'"
    )
    # eight in the hour it runs, of the ten it could
    assert found == pytest.approx((100.0, 80.0, 100.0, 80.0))


def test_what_is_now(warehouse: Warehouse) -> None:
    machines = warehouse.rows(
        "select machine_id, state, since_at, fault_code from reporting.rpt_machine_now order by 1"
    )
    assert machines == [
        ("M1", "idle", at(5, "09:00"), None),
        ("M2", "unknown", at(8, "20:30"), None),
    ]
    links = warehouse.rows("select link, state, since_at from reporting.rpt_link_now")
    assert links == [("nadra", "down", at(10, "05:00"))]
    places = warehouse.rows(
        "select office_code, state, should_be_open, is_silent, waiting"
        " from reporting.rpt_place_now order by 1"
    )
    assert places == [
        ("KHI", "open", True, False, 2),
        # 07:00 in London, before its default hours
        ("LON", "closed", False, False, 0),
        ("PS", "silent", True, True, 0),
    ]


def test_the_queue_counts_whoever_took_a_ticket(warehouse: Warehouse) -> None:
    rows = warehouse.rows(
        "select slot_start, issued, served, left_count, no_show, still_waiting,"
        " in_centre_p50_seconds, wait_left_p50_seconds from reporting.rpt_queue order by 1"
    )
    assert rows == [
        (at(10, "03:00"), 3, 1, 1, 1, 0, Decimal(46 * 60), Decimal(91 * 60)),
        (at(10, "05:30"), 2, 0, 0, 0, 2, None, None),
    ]
    [(issued, within)] = warehouse.rows(
        "select issued, in_centre_within_60_min_pct from reporting.rpt_queue_daily"
        " where place_scope = 'country'"
    )
    assert (issued, within) == (5, pytest.approx(200 / 3))


def test_boxes_are_overdue_and_passports_stay_uncollected(warehouse: Warehouse) -> None:
    boxes = warehouse.rows(
        "select box_id, passports, overdue_days, is_overdue from reporting.rpt_boxes order by 1"
    )
    assert boxes == [
        ("B1", DAILY, 1, False), ("B2", DAILY, 1, False), ("B3", DAILY, 1, False),
        # due on the 5th and the 6th; the 10th is today
        ("B4", None, 5, True), ("B5", None, 4, True),
    ]  # fmt: skip
    legs = warehouse.rows("select leg, boxes, late_pct, is_small_number from reporting.rpt_legs")
    assert legs == [("PS→KHI", 3, 100.0, True)]
    days = warehouse.rows(
        "select extract(day from day), dispatched, received, in_transit, ready, collected,"
        " uncollected, uncollected_oldest_days from reporting.rpt_deliveries"
        " where place_scope = 'office:KHI' and day between '2025-04-03' and '2025-04-07' order by 1"
    )
    assert days == [
        (3, 8, 8, 16, 8, 0, 8, 0),
        (4, 8, 8, 16, 8, 2, 14, 1),
        (5, 8, 8, 16, 8, 2, 20, 2),
        (6, 0, 0, 16, 0, 2, 18, 3),
        (7, 0, 0, 16, 0, 0, 18, 4),
    ]
