"""What the simulator hands over is what the contract asks for."""

import hashlib
import json

import pyarrow.parquet as pq
import pytest
from simulated_drop import Drop

from contract import OPERATIONAL, RECORDS
from simulator.columns import schema


@pytest.mark.parametrize("record", RECORDS)
def test_every_record_has_the_columns_and_types_of_the_contract(month: Drop, record: str) -> None:
    files = sorted((month.folder / record).glob("*.parquet"))
    assert files
    for file in files:
        assert pq.read_schema(file).equals(schema(RECORDS[record])), file.name


@pytest.mark.parametrize("record", RECORDS)
def test_every_record_has_rows(month: Drop, record: str) -> None:
    assert month.number(f"select count(*) from {record}") > 0


def test_a_manifest_tells_rows_and_content_of_every_file(month: Drop) -> None:
    for file in month.folder.rglob("*.parquet"):
        manifest = json.loads(file.with_name(f"{file.name}.manifest.json").read_text())
        assert manifest["rows"] == pq.read_metadata(file).num_rows
        assert manifest["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()


def test_a_drop_holds_record_folders_only(month: Drop) -> None:
    assert {entry.name for entry in month.folder.iterdir()} == set(RECORDS)


def _faults(record: str) -> list[str]:
    """SQL conditions that no row may meet."""
    contract = RECORDS[record]
    faults = [f"{c.name} is null" for c in contract.columns if c.required]
    faults += [
        f"{c.name}::varchar not in ({', '.join(repr(code) for code in c.codes)})"
        for c in contract.columns
        if c.codes
    ]
    faults += [
        f"{c.name} not in (select {RECORDS[c.refers_to].key[0]} from {c.refers_to})"
        for c in contract.columns
        if c.refers_to
    ]
    faults += [f"{first} > {second}" for first, second in contract.time_order]
    if record == "applications":
        faults.append("not regexp_full_match(applicant_cnic, '[1-8][0-9]{12}')")
        faults.append("(applicant_cnic[13]::int % 2 = 1) <> (sex = 'male')")
    return faults


@pytest.mark.parametrize("record", RECORDS)
def test_good_rows_keep_every_rule(month: Drop, record: str) -> None:
    view = f"good_{record}" if record in OPERATIONAL else record
    faults = _faults(record)
    counts = ", ".join(f"count(*) filter (where {fault})" for fault in faults)
    found = dict(zip(faults, month.query(f"select {counts} from {view}")[0], strict=True))
    assert not any(found.values()), found


@pytest.mark.parametrize("record", OPERATIONAL)
def test_a_key_has_one_content_at_one_cursor(month: Drop, record: str) -> None:
    contract = RECORDS[record]
    identity = ", ".join([*contract.key, str(contract.cursor)])
    assert (
        month.number(
            f"select count(*) from (select {identity} from (select distinct * from {record}) "
            f"where {contract.key[0]} is not null group by {identity} having count(*) > 1)"
        )
        == 0
    )


def test_cursors_lie_within_the_days_asked_for(month: Drop) -> None:
    for record in OPERATIONAL:
        cursor = RECORDS[record].cursor
        first, last = month.query(f"select min({cursor}), max({cursor}) from {record}")[0]
        assert (
            month.number(
                f"select count(*) from {record} where {cursor} >= timestamptz "
                f"'2026-11-20 10:00:00+00' or {cursor} < timestamptz '2026-10-30 10:00:00+00'"
            )
            == 0
        ), (record, first, last)


def test_events_of_a_case_sort_by_id_as_they_happened(month: Drop) -> None:
    assert (
        month.number(
            "select count(*) from (select occurred_at, lag(occurred_at) over "
            "(partition by application_id order by event_id) as earlier from good_stage_events) "
            "where earlier > occurred_at"
        )
        == 0
    )


def test_the_network_is_whole(month: Drop) -> None:
    kinds = dict(month.query("select kind, count(*) from offices group by kind"))
    at_home = sum(kinds[kind] for kind in ("regional", "executive", "counter", "nadra_centre"))
    assert (at_home, kinds["mission"], kinds["headquarters"], kinds["print_site"]) == (
        232,
        93,
        1,
        6,
    )
