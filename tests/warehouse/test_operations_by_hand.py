"""A print site runs out of laminate: what queues, machines, stock, boxes and shelves say of it."""

import shutil
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from printing_by_hand import DAILY, FIRST_DAY, LAST_PRINTED, NOW, at
from world import Dbt, Warehouse


def test_every_rule_holds_in_its_nasty_case(by_hand: Warehouse, dbt: Dbt, tmp_path: Path) -> None:
    copied = Warehouse(tmp_path)
    shutil.copy(by_hand.path, copied.path)
    dbt.run(copied, "test", "--select", "test_type:unit")


def test_a_stock_out_shows_in_consumables_before_printing_stops(by_hand: Warehouse) -> None:
    [(warned_on,)] = by_hand.rows(
        "select min(day) from reporting.rpt_consumables where item = 'laminate' and days_left < 5"
    )
    [(printed_until,)] = by_hand.rows(
        "select max(timezone('Asia/Karachi', timezone('UTC', hour))::date) from reporting.rpt_print"
    )
    assert (warned_on, printed_until) == (date(2025, 4, 2), LAST_PRINTED)
    [(reorder_on,)] = by_hand.rows(
        "select reorder_on from reporting.rpt_consumables"
        " where item = 'laminate' and day = '2025-04-02'"
    )
    assert reorder_on < warned_on


def test_the_print_queue_and_the_backlog_grow_from_the_day_it_stopped(by_hand: Warehouse) -> None:
    queue = by_hand.rows(
        "select day, waiting, planned from reporting.rpt_print_queue"
        " where site = 'PS' and tier = 'normal' and day >= '2025-04-01' order by day"
    )
    days = [FIRST_DAY + timedelta(n) for n in range(10)]
    waiting = [0] * 5 + [DAILY * n for n in range(1, 5)] + [DAILY * 4]
    # two printers of ten an hour, open for eight hours
    assert queue == [(day, number, 160) for day, number in zip(days, waiting, strict=True)]
    backlog = by_hand.rows(
        "select day, sum(closing) from reporting.rpt_backlog_daily"
        " where office_code = 'PS' and stage_code = 'print_queue' and day > '2025-04-05'"
        " group by day order by day"
    )
    assert [count for _, count in backlog] == waiting[5:]


def test_every_booklet_but_one_is_accounted_for(by_hand: Warehouse) -> None:
    rows = by_hand.rows(
        "select issued, good, in_stock, difference, duplicate_refs from reporting.rpt_booklets"
    )
    # the first count is on the evening of the 1st: what was issued before is not known
    assert rows == [(DAILY * 4 + 1, DAILY * 5, 100 - DAILY * 5 - 1, 1, 0)]


def test_a_machines_day_adds_up_and_silence_is_unknown(by_hand: Warehouse) -> None:
    rows = by_hand.rows(
        "select day, idle_minutes, down_minutes, unknown_minutes, failures, mttr_hours"
        " from reporting.rpt_machines where machine_id = 'M2' order by day"
    )
    assert rows == [
        # read from 17:00 local on; down for the hour before midnight and the one after
        (date(2025, 4, 8), 360, 60, 1020, 1, 2.0),
        (date(2025, 4, 9), 30, 60, 1350, 0, None),
        (date(2025, 4, 10), 0, 0, 11 * 60, 0, None),
    ]
    for day, passed in by_hand.rows(
        "select day, running_minutes + idle_minutes + down_minutes + maintenance_minutes"
        " + unknown_minutes from reporting.rpt_machines"
    ):
        assert passed == (11 * 60 if day == NOW.date() else 1440)


def test_equipment_effectiveness_is_availability_by_performance_by_quality(
    by_hand: Warehouse,
) -> None:
    [found] = by_hand.rows(
        "select availability_pct, performance_pct, quality_pct, oee_pct"
        " from reporting.rpt_machines where machine_id = 'M1' and day = '2025-04-02'"
    )
    # eight in the hour it runs, of the ten it could
    assert found == pytest.approx((100.0, 80.0, 100.0, 80.0))


def test_what_is_now(by_hand: Warehouse) -> None:
    machines = by_hand.rows(
        "select machine_id, state, since_at, fault_code from reporting.rpt_machine_now order by 1"
    )
    assert machines == [
        ("M1", "idle", at(5, "09:00"), None),
        ("M2", "unknown", at(8, "20:30"), None),
    ]
    links = by_hand.rows("select link, state, since_at from reporting.rpt_link_now")
    assert links == [("nadra", "down", at(10, "05:00"))]
    places = by_hand.rows(
        "select office_code, state, should_be_open, is_silent, waiting"
        " from reporting.rpt_place_now where office_code in ('LYR', 'BHX', 'PS') order by 1 desc"
    )
    assert places == [
        ("PS", "silent", True, True, 0),
        ("LYR", "open", True, False, 2),
        # 07:00 in Birmingham, before its default hours
        ("BHX", "closed", False, False, 0),
    ]


def test_the_queue_counts_whoever_took_a_ticket(by_hand: Warehouse) -> None:
    rows = by_hand.rows(
        "select slot_start, issued, served, left_count, no_show, still_waiting,"
        " in_centre_p50_seconds, wait_left_p50_seconds from reporting.rpt_queue order by 1"
    )
    assert rows == [
        (at(10, "03:00"), 3, 1, 1, 1, 0, Decimal(46 * 60), Decimal(91 * 60)),
        (at(10, "05:30"), 2, 0, 0, 0, 2, None, None),
    ]
    [(issued, within)] = by_hand.rows(
        "select issued, in_centre_within_60_min_pct from reporting.rpt_queue_daily"
        " where place_scope = 'country'"
    )
    assert (issued, within) == (5, pytest.approx(200 / 3))


def test_boxes_are_overdue_and_passports_stay_uncollected(by_hand: Warehouse) -> None:
    boxes = by_hand.rows(
        "select box_id, passports, overdue_days, is_overdue from reporting.rpt_boxes order by 1"
    )
    assert boxes == [
        ("B1", DAILY, 1, False), ("B2", DAILY, 1, False), ("B3", DAILY, 1, False),
        # due on the 5th and the 6th; the 10th is today
        ("B4", None, 5, True), ("B5", None, 4, True),
    ]  # fmt: skip
    legs = by_hand.rows("select leg, boxes, late_pct, is_small_number from reporting.rpt_legs")
    assert legs == [("PS→LYR", 3, 100.0, True)]
    days = by_hand.rows(
        "select extract(day from day), dispatched, received, in_transit, ready, collected,"
        " uncollected, uncollected_oldest_days from reporting.rpt_deliveries"
        " where place_scope = 'office:LYR' and day between '2025-04-03' and '2025-04-07' order by 1"
    )
    assert days == [
        (3, 8, 8, 16, 8, 0, 8, 0),
        (4, 8, 8, 16, 8, 2, 14, 1),
        (5, 8, 8, 16, 8, 2, 20, 2),
        (6, 0, 0, 16, 0, 2, 18, 3),
        (7, 0, 0, 16, 0, 0, 18, 4),
    ]
