"""The truth file tells of every disturbed row, and the gate would let the batches in."""

from collections import Counter

import pytest
from simulated_drop import Drop, key_text

from contract import OPERATIONAL, RECORDS
from simulator.dirt import BREAKS

KINDS = {"late", "corrected", "duplicated", "dirty"}


def test_all_kinds_of_disturbance_are_there(month: Drop) -> None:
    assert {line["kind"] for line in month.truth} == KINDS


def test_disturbed_rows_are_far_from_holding_a_batch(month: Drop) -> None:
    by_record = Counter(line["record"] for line in month.truth if line["kind"] == "dirty")
    for record in OPERATIONAL:
        rows = month.number(f"select count(*) from {record}")
        if rows >= 2000:
            assert by_record[record] / rows < 0.005, record


@pytest.mark.parametrize("record", OPERATIONAL)
def test_every_line_tells_of_one_row_by_key_and_cursor(month: Drop, record: str) -> None:
    """Of a row sent twice there are two."""
    contract = RECORDS[record]
    matches = month.query(
        f"select kind, found, count(*) from (select kind, t.key, t.cursor, count(r.k) as found "
        f"from truth t left join (select {key_text(contract)} as k, {contract.cursor} as c "
        f"from {record}) r on r.k = t.key and r.c = t.cursor where t.record = '{record}' "
        "group by all) group by all"
    )
    told = Counter(line["kind"] for line in month.truth if line["record"] == record)
    expected = {(kind, 2 if kind == "duplicated" else 1, count) for kind, count in told.items()}
    assert set(matches) == expected


# Records whose rows come once, unless they are corrected.
TOLD_ONCE = ("stage_events", "machine_readings", "link_readings", "consumables")


def test_rows_that_come_again_with_other_content_are_exactly_those_told(month: Drop) -> None:
    told = Counter(line["record"] for line in month.truth if line["kind"] == "corrected")
    assert told["stage_events"] and told["link_readings"]
    for record in TOLD_ONCE:
        contract = RECORDS[record]
        again = month.number(
            f"select count(*) - count(distinct {key_text(contract)}) "
            f"from (select distinct * from {record}) where {contract.key[0]} is not null"
        )
        assert again == told[record], record


@pytest.mark.parametrize("record", OPERATIONAL)
def test_rows_sent_twice_are_exactly_those_told(month: Drop, record: str) -> None:
    told = sum(line["kind"] == "duplicated" and line["record"] == record for line in month.truth)
    rows = month.number(f"select count(*) from {record}")
    once = month.number(f"select count(*) from (select distinct * from {record})")
    assert rows - once == told


@pytest.mark.parametrize("record", OPERATIONAL)
def test_every_dirty_row_breaks_the_one_rule_told(month: Drop, record: str) -> None:
    contract = RECORDS[record]
    unknown = {
        c.name: f"{c.name} not in (select {RECORDS[c.refers_to].key[0]} from {c.refers_to})"
        for c in contract.columns
        if c.refers_to
    }
    codes = {
        c.name: f"{c.name}::varchar not in ({', '.join(repr(code) for code in c.codes)})"
        for c in contract.columns
        if c.codes
    }
    nulls = {c.name: f"{c.name} is null" for c in contract.columns if c.required}
    order = [f"{first} > {second}" for first, second in contract.time_order]
    rules = [*unknown.values(), *codes.values(), *nulls.values(), *order]
    if record == "applications":
        rules.append("not regexp_full_match(applicant_cnic, '[1-8][0-9]{12}')")
    broken = " + ".join(f"coalesce(({rule})::int, 0)" for rule in rules)
    told = sum(line["kind"] == "dirty" and line["record"] == record for line in month.truth)
    assert month.query(
        f"select count(*), coalesce(min({broken}), 1), coalesce(max({broken}), 1) "
        f"from {record} where {broken} > 0"
    ) == [(told, 1, 1)]


def test_every_way_to_break_a_row_occurs_somewhere(month: Drop) -> None:
    told = {line["rule"] for line in month.truth if line["kind"] == "dirty"}
    assert told == {fault.kind for breaks in BREAKS.values() for fault in breaks}


def test_corrected_rows_come_again_later_with_other_content(month: Drop) -> None:
    corrected = [line for line in month.truth if line["kind"] == "corrected"]
    assert corrected
    for line in corrected[:50]:
        contract = RECORDS[line["record"]]
        same = " and ".join(
            f"{name}::varchar = (timestamptz '{value}')::varchar"
            if name.endswith(("_at", "_from"))
            else f"{name} = '{value}'"
            for name, value in line["key"].items()
        )
        older = month.number(
            f"select count(*) from {line['record']} where {same} "
            f"and {contract.cursor} < timestamptz '{line['cursor']}'"
        )
        assert older >= 1, line["record"]


def test_late_events_reach_the_system_an_hour_or_more_after_they_happened(month: Drop) -> None:
    late = [line for line in month.truth if line["kind"] == "late"]
    told = {line["key"]["event_id"] for line in late if line["record"] == "stage_events"}
    # What the systems held when the world began was told then.
    seen = month.query(
        "select event_id from good_stage_events where recorded_at > occurred_at + interval 1 hour"
        " and recorded_at > '2026-10-30 10:00:00+00'"
        " and event_id in (select event_id from stage_events group by 1 having count(*) = 1)"
    )
    assert seen
    assert {event_id for (event_id,) in seen} <= told
    assert month.number(
        "select min(recorded_at - occurred_at) > interval 0 second from good_stage_events"
    )
