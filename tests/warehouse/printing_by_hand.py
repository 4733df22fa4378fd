"""Rows of a print site that runs out of laminate, and of the office LYR that waits for it."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

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
        {"office_code": code, "name": code, "kind": kind, "zone": "North", "city": code,
         "country_code": country, "latitude": 0.0, "longitude": 0.0, "timezone": timezone,
         "counters": 2}
        for code, kind, country, timezone in (
            ("LYR", "regional", "PK", "Asia/Karachi"),
            ("PS", "print_site", "PK", "Asia/Karachi"),
            ("BHX", "mission", "GB", "Europe/London"),
        )
    ]  # fmt: skip
    hours = [
        {"office_code": code, "weekday": day, "opens_at": "08:00:00", "closes_at": "16:00:00",
         "valid_from": SINCE}
        for code in ("LYR", "PS") for day in range(1, 8)
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
            {"application_id": case, "office_code": "LYR", "submitted_at": at(day, "03:30"),
             "tier": "normal", "category": "new", "channel": "counter",
             "updated_at": at(day, "03:30")}
        )  # fmt: skip
        steps = [
            ("approval", "completed", "03:40", "LYR"),
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
                {"application_id": case, "office_code": "LYR", "box_id": f"B{day}",
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
        {"box_id": f"B{day}", "from_office_code": "PS", "to_office_code": "LYR", "carrier": "C",
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
        {"office_code": "LYR", "link": "nadra", "read_at": moment, "recorded_at": moment,
         "state": "down" if moment >= at(10, "05:00") else "up", "latency_ms": 40.0}
        for moment in (at(10, "00:00") + n * timedelta(minutes=30) for n in range(12))
    ]  # fmt: skip
    return {"machine_readings": machine, "link_readings": link}


def visits() -> dict[str, list[Row]]:
    def token(
        number: int, issued: str, called: str | None, closed: str | None, outcome: Any
    ) -> Row:
        return {
            "token_id": f"T{number}", "office_code": "LYR", "service": "application",
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


def rows() -> dict[str, list[Row]]:
    """All rows by record."""
    return {**references(), **printing(), **readings(), **visits()}
