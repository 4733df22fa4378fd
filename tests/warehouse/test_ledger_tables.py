"""What the tables of the ledger say of one night: who is fresh, late, held, silent or absent."""

from collections.abc import Iterator
from contextlib import closing
from datetime import date, datetime, timedelta
from typing import Any

import duckdb
import pytest
from world import Dbt, Warehouse

# A Wednesday, 14:00 in Karachi.
NOW = datetime(2026, 11, 18, 9)
HELD, RELEASED = 90, 91
TABLES = ("rpt_places", "rpt_freshness", "rpt_quarantine", "rpt_reconciliation", "rpt_load")


def batch(batch_id: int, record: str, verdict: str, cursor_max: datetime | None) -> dict[str, Any]:
    held = 5 if verdict == "held" else 0
    return {
        "batch_id": batch_id, "record": record, "run_id": "r", "source_name": "s",
        "cursor_max": cursor_max, "rows_read": 10, "rows_admitted": 8 - held,
        "rows_repeated": 1, "rows_quarantined": 2, "rows_held": held, "verdict": verdict,
        "reasons": "", "loaded_at": NOW,
    }  # fmt: skip


def insert(warehouse: Warehouse, table: str, *rows: dict[str, Any]) -> None:
    with closing(duckdb.connect(str(warehouse.path))) as db:
        for row in rows:
            marks = ", ".join("?" for _ in row)
            db.execute(
                f"insert into ledger.{table} ({', '.join(row)}) values ({marks})",
                list(row.values()),
            )


def land_places(warehouse: Warehouse) -> None:
    offices = [
        {"office_code": code, "name": code, "kind": kind, "city": code, "country_code": country,
         "latitude": 1.0, "longitude": 2.0, "timezone": zone, "counters": 2}
        for code, kind, country, zone in (
            ("KHI", "regional", "PK", "Asia/Karachi"),
            ("LHE", "regional", "PK", "Asia/Karachi"),
            ("NYC", "mission", "US", "America/New_York"),
        )
    ]  # fmt: skip
    hours = [
        {"office_code": office["office_code"], "weekday": day, "opens_at": "09:00:00",
         "closes_at": "17:00:00", "valid_from": date(2020, 1, 1)}
        for office in offices for day in range(1, 6)
    ]  # fmt: skip
    warehouse.land("offices", offices, 1, NOW)
    warehouse.land("office_hours", hours, 2, NOW)


def land_rows(warehouse: Warehouse) -> None:
    def link(office: str, minutes_ago: int) -> dict[str, Any]:
        at = NOW - timedelta(minutes=minutes_ago)
        return {"office_code": office, "link": "nadra", "state": "up", "read_at": at,
                "recorded_at": at}  # fmt: skip

    def token(office: str, at: datetime, application: str | None = None) -> dict[str, Any]:
        return {"token_id": f"{office}{at}", "office_code": office, "service": "application",
                "issued_at": at, "updated_at": at, "application_id": application}  # fmt: skip

    warehouse.land("link_readings", [link("KHI", 20), link("LHE", 100), link("NYC", 300)], 3, NOW)
    warehouse.land(
        "queue_tokens",
        [
            token("KHI", NOW - timedelta(minutes=10), "unknown"),
            # three days ago, of which a Monday and a Tuesday were open at both places
            token("LHE", NOW - timedelta(days=5)),
            # yesterday afternoon there: closed ever since, for it is night
            token("NYC", NOW - timedelta(hours=12)),
        ],
        4,
        NOW,
    )
    stage = {
        "stage_code": "entry",
        "name": "Entry",
        "sequence": 1,
        "owner": "office",
        "clock": "runs",
        "is_terminal": False,
        "is_waiting_by_design": False,
    }
    event = {
        "event_id": "e",
        "application_id": "unknown",
        "stage_code": "entry",
        "event": "entered",
        "occurred_at": NOW,
        "office_code": "KHI",
        "recorded_at": NOW,
    }
    warehouse.land("stages", [stage], 2, NOW)
    warehouse.land("stage_events", [event], 5, NOW)


@pytest.fixture(scope="module")
def night(dbt: Dbt, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    warehouse = Warehouse(tmp_path_factory.mktemp("night"))
    warehouse.prepare()
    land_places(warehouse)
    land_rows(warehouse)
    insert(
        warehouse,
        "batches",
        batch(3, "link_readings", "admitted", NOW),
        batch(4, "queue_tokens", "admitted", NOW),
        batch(5, "stage_events", "admitted", NOW),
        batch(HELD, "stage_events", "held", NOW),
        batch(RELEASED, "print_jobs", "released", NOW),
    )
    insert(
        warehouse,
        "source_states",
        *(
            {"record": record, "source_name": "s", "state": state, "reason": reason,
             "checked_at": NOW}
            for record, state, reason in (
                ("offices", "ok", ""),
                ("link_readings", "ok", ""),
                ("queue_tokens", "failed", "connection refused"),
                ("complaints", "absent", ""),
            )
        ),
    )  # fmt: skip
    insert(
        warehouse,
        "batch_rules",
        *(
            {"batch_id": batch_id, "record": record, "rule": rule, "rows": rows,
             "oldest_at": NOW, "example_position": f"f{batch_id}:7", "released_rows": released}
            for batch_id, record, rule, rows, released in (
                (3, "link_readings", "unknown code", 3, 1),
                (4, "queue_tokens", "null key", 2, 2),
                (HELD, "stage_events", "null key", 2, 0),
            )
        ),
    )  # fmt: skip
    insert(
        warehouse,
        "record_counts",
        {"record": "queue_tokens", "day": NOW.date(), "source_rows": 9, "landed_rows": 7},
    )
    warehouse.begin(NOW, RELEASED)
    dbt.run(
        warehouse, "build", "--select", *(f"+{table}" for table in TABLES),
        "--indirect-selection", "cautious", "--exclude", "test_type:generic", "test_type:unit",
    )  # fmt: skip
    with warehouse.kept_open():
        yield warehouse


def test_a_place_is_open_by_its_own_clock(night: Warehouse) -> None:
    rows = night.rows("select office_code, is_open_now from reporting.rpt_places order by 1")
    assert rows == [("KHI", True), ("LHE", True), ("NYC", False)]


def test_a_place_tells_its_days_off(night: Warehouse) -> None:
    [(days,)] = night.rows("select days_off from reporting.rpt_places where office_code = 'NYC'")
    near = [day for day in days.split() if "2026-11-14" <= day <= "2026-11-28"]
    assert near == ["2026-11-14", "2026-11-15", "2026-11-21", "2026-11-22", "2026-11-28"]


@pytest.mark.parametrize(
    ("record", "office_code", "state"),
    [
        ("link_readings", "KHI", "fresh"),
        ("link_readings", "LHE", "late"),
        ("link_readings", "NYC", "silent"),
        ("link_readings", "all", "fresh"),
        ("queue_tokens", "LHE", "silent"),
        # closed since its last token: a night is no silence
        ("queue_tokens", "NYC", "fresh"),
        ("stage_events", "all", "held"),
        ("stage_events", "KHI", "held"),
        ("complaints", "all", "absent"),
        ("offices", "all", "fresh"),
        # loaded once, and nothing has ever come
        ("print_jobs", "all", "silent"),
    ],
)
def test_freshness_knows_its_states(
    record: str, office_code: str, state: str, night: Warehouse
) -> None:
    query = "select state from reporting.rpt_freshness where record = ? and office_code = ?"
    assert night.rows(query, [record, office_code]) == [(state,)]


def test_every_record_has_a_line_of_its_own(night: Warehouse) -> None:
    query = "select count(*) from reporting.rpt_freshness where office_code = 'all'"
    assert night.rows(query) == [(19,)]


def test_rows_without_their_application_are_counted_as_waiting(night: Warehouse) -> None:
    rows = night.rows(
        "select record, office_code, waiting_for_parent from reporting.rpt_freshness"
        " where waiting_for_parent > 0 order by all"
    )
    assert rows == [
        ("queue_tokens", "KHI", 1),
        ("queue_tokens", "all", 1),
        ("stage_events", "KHI", 1),
        ("stage_events", "all", 1),
    ]


def test_a_source_says_what_it_complained_of(night: Warehouse) -> None:
    query = (
        "select lag_minutes, newest_loaded_at, source_reason from reporting.rpt_freshness"
        " where record = 'queue_tokens' and office_code = 'all'"
    )
    assert night.rows(query) == [(10, NOW, "connection refused")]


def test_quarantine_holds_only_what_is_still_out_of_admitted_batches(night: Warehouse) -> None:
    rows = night.rows("select record, rule, rows, example_position from reporting.rpt_quarantine")
    assert rows == [("link_readings", "unknown code", 2, "f3:7")]


def test_reconciliation_tells_the_missing_rows(night: Warehouse) -> None:
    rows = night.rows("select record, day, difference from reporting.rpt_reconciliation")
    assert rows == [("queue_tokens", NOW.date(), 2)]


def test_every_batch_is_told_whatever_became_of_it(night: Warehouse) -> None:
    rows = night.rows("select batch_id, verdict, rows_held from reporting.rpt_load order by 1")
    assert [row for row in rows if row[1] != "admitted"] == [
        (HELD, "held", 5),
        (RELEASED, "released", 0),
    ]
