"""A simulated file drop, and questions to its records."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from contract import RECORDS, Record, Type

NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)


@dataclass(frozen=True)
class Drop:
    """Its folder, the lines of its truth file, and a query on its records by name."""

    folder: Path
    truth: list[dict[str, Any]]
    query: Callable[[str], list[tuple[Any, ...]]]

    def number(self, sql: str) -> Any:
        """The single value of a query."""
        return self.query(sql)[0][0]


def open_drop(folder: Path, truth: Path | None = None) -> Drop:
    """A drop whose records are views. `good_<record>` is what the systems hold at last: the newest
    row of each key, without the dirty ones; `truth` holds the disturbed rows told."""
    lines = [] if truth is None else [json.loads(line) for line in truth.read_text().splitlines()]
    connection = duckdb.connect()
    connection.execute("set timezone = 'UTC'")
    _truth_table(connection, lines)
    for record in RECORDS.values():
        files = f"read_parquet('{folder}/{record.name}/*.parquet')"
        connection.execute(f"create view {record.name} as select * from {files}")
        if record.cursor is None:
            continue
        dirty = [t for t in lines if t["kind"] == "dirty" and t["record"] == record.name]
        _dirty_keys(connection, record, dirty)
        same = " and ".join(f"d.{name} is not distinct from r.{name}" for name in record.key)
        connection.execute(
            f"create table good_{record.name} as select distinct on ({', '.join(record.key)}) r.* "
            f"from {record.name} r anti join dirty_{record.name} d on {same} "
            f"order by {record.cursor} desc"
        )
    return Drop(folder, lines, lambda sql: connection.execute(sql).fetchall())


def key_text(record: Record) -> str:
    """SQL of the key of a row as one text, as in the table `truth`."""
    parts = [
        f"epoch_us({name})" if record.column(name).type is Type.TIMESTAMP else name
        for name in record.key
    ]
    return "concat_ws('|', " + ", ".join(f"coalesce({p}::varchar, '')" for p in parts) + ")"


def _truth_table(connection: duckdb.DuckDBPyConnection, lines: list[dict[str, Any]]) -> None:
    connection.execute(
        "create table truth (record varchar, kind varchar, key varchar, cursor timestamptz)"
    )
    rows = []
    for line in lines:
        if line["kind"] == "scenario":
            continue
        record = RECORDS[line["record"]]
        parts = [
            str(round(datetime.fromisoformat(value).timestamp() * 1e6))
            if record.column(name).type is Type.TIMESTAMP
            else value or ""
            for name, value in ((name, line["key"][name]) for name in record.key)
        ]
        rows.append((record.name, line["kind"], "|".join(parts), line["cursor"]))
    if rows:
        connection.executemany("insert into truth values (?, ?, ?, ?)", rows)


def _dirty_keys(
    connection: duckdb.DuckDBPyConnection, record: Record, dirty: list[dict[str, Any]]
) -> None:
    columns = ", ".join(
        f"{name} {'timestamptz' if record.column(name).type is Type.TIMESTAMP else 'varchar'}"
        for name in record.key
    )
    connection.execute(f"create table dirty_{record.name} ({columns})")
    if dirty:
        connection.executemany(
            f"insert into dirty_{record.name} values ({', '.join('?' * len(record.key))})",
            [[line["key"][name] for name in record.key] for line in dirty],
        )


def differences(one: Path, other: Path, record: str) -> int:
    """How many rows of the record only one of two drops holds."""
    both = [f"select * from read_parquet('{drop}/{record}/*.parquet')" for drop in (one, other)]
    found = duckdb.sql(
        f"select (select count(*) from ({both[0]} except all {both[1]})) "
        f"+ (select count(*) from ({both[1]} except all {both[0]}))"
    ).fetchone()
    assert found is not None
    return int(found[0])
