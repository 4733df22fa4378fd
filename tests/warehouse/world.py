"""A small warehouse for tests: landed rows in, dbt's tables out.

`Warehouse` prepares the file as a run does (raw, ledger and meta tables); `Dbt` runs dbt in a
process of its own, since the file has one writer at a time. It is closed in between.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from contract import RECORDS, Type, landed_columns
from orchestration import insight_tables
from orchestration.dbt_process import NO_WAREHOUSE
from orchestration.generation_files import has_table

PROJECT = Path(__file__).parents[2] / "dbt_project"
Row = Mapping[str, Any]

# What a test builds: every seed, model and identity. The tests of columns run in production.
MODELS_AND_IDENTITIES = (
    "resource_type:seed",
    "resource_type:model",
    "test_type:singular",
    "--indirect-selection",
    "empty",
)

# What a later build of the same warehouse changes: views stand as they are.
NO_VIEWS = ("--exclude", "config.materialized:view")

SQL_TYPES = {
    Type.TEXT: "VARCHAR",
    Type.INTEGER: "BIGINT",
    Type.NUMBER: "DOUBLE",
    Type.BOOLEAN: "BOOLEAN",
    Type.DATE: "DATE",
    Type.CLOCK_TIME: "VARCHAR",
    Type.TIMESTAMP: "TIMESTAMP",
}

LEDGER = {
    "batches": "batch_id BIGINT, record VARCHAR, run_id VARCHAR, source_name VARCHAR,"
    " window_from TIMESTAMP, window_until TIMESTAMP, cursor_min TIMESTAMP, cursor_max TIMESTAMP,"
    " rows_read BIGINT, rows_admitted BIGINT, rows_repeated BIGINT, rows_quarantined BIGINT,"
    " rows_held BIGINT, verdict VARCHAR, reasons VARCHAR, path VARCHAR, sha256 VARCHAR,"
    " releases_batch_id BIGINT, loaded_at TIMESTAMP",
    "batch_rules": "batch_id BIGINT, record VARCHAR, rule VARCHAR, rows BIGINT,"
    " oldest_at TIMESTAMP, example_position VARCHAR, released_rows BIGINT",
    "source_states": "record VARCHAR, source_name VARCHAR, state VARCHAR, reason VARCHAR,"
    " checked_at TIMESTAMP, unknown_columns VARCHAR",
    "record_counts": "record VARCHAR, day DATE, source_rows BIGINT, landed_rows BIGINT",
}


class DbtError(Exception):
    """dbt ended with an error; the message holds the end of its output."""


def columns_of(record: str) -> dict[str, str]:
    """The columns of a raw table with their DuckDB types, in landing order."""
    columns = {c.name: SQL_TYPES[c.type] for c in landed_columns(RECORDS[record])}
    return columns | {"observed_at": "TIMESTAMP", "batch_id": "BIGINT", "batch_row": "BIGINT"}


@dataclass(frozen=True)
class Warehouse:
    """One warehouse file under `folder`."""

    folder: Path

    @property
    def path(self) -> Path:
        return self.folder / "warehouse.duckdb"

    def prepare(self) -> None:
        """Every raw and ledger table, empty; `meta.run`."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with closing(duckdb.connect(str(self.path))) as db:
            for schema in ("raw", "ledger", "meta"):
                db.execute(f"create schema if not exists {schema}")
            for record in RECORDS:
                columns = ", ".join(f"{n} {t}" for n, t in columns_of(record).items())
                db.execute(f"create table raw.{record} ({columns})")
            for table, columns in LEDGER.items():
                db.execute(f"create table ledger.{table} ({columns})")
            insight_tables.prepare(db)

    def land(self, record: str, rows: Iterable[Row], batch_id: int, observed_at: datetime) -> None:
        """One batch of a record; columns a row does not name are null."""
        with closing(duckdb.connect(str(self.path))) as db:
            columns = columns_of(record)
            values: list[Any] = []
            for number, row in enumerate(rows, start=1):
                unknown = set(row) - set(columns)
                if unknown:
                    raise ValueError(f"{record} has no column {sorted(unknown)}")
                technical = {"observed_at": observed_at, "batch_id": batch_id, "batch_row": number}
                values += {**dict.fromkeys(columns), **row, **technical}.values()
            marks = f"({', '.join('?' for _ in columns)})"
            all_marks = ", ".join([marks] * (len(values) // len(columns)))
            db.execute(f"insert into raw.{record} values {all_marks}", values)

    def land_query(self, record: str, select: str, batch_id: int, observed_at: datetime) -> None:
        """One batch of a record from a query; columns it does not give are null."""
        with closing(duckdb.connect(str(self.path))) as db:
            db.execute("set timezone = 'UTC'")
            given = {row[0] for row in db.execute(f"describe {select}").fetchall()}
            kept = [c for c in columns_of(record) if c in given]
            db.execute(
                f"insert into raw.{record} by name select {', '.join(kept)},"
                f" timestamp '{observed_at:%Y-%m-%d %H:%M:%S}' as observed_at,"
                f" {batch_id} as batch_id, row_number() over () as batch_row from ({select})"
            )

    def begin(
        self,
        now_at: datetime,
        newest_batch_id: int,
        authority_timezone: str = "Asia/Karachi",
        full_build_parts: int = 1,
        is_quick: bool = False,
    ) -> None:
        """Says what the run in progress is."""
        with closing(duckdb.connect(str(self.path))) as db:
            is_built = has_table(db, "model_marks", schema="meta")
            builds = "(select max(build_number) from meta.model_marks)" if is_built else "0"
            db.execute(
                "create or replace table meta.run as select ?::timestamp as now_at,"
                " 'test' as run_id, ? as authority_timezone, 12 as process_months,"
                " ?::integer as full_build_parts, ?::boolean as is_quick,"
                f" ?::bigint as newest_batch_id, {builds} + 1 as build_number",
                [now_at, authority_timezone, full_build_parts, is_quick, newest_batch_id],
            )

    @contextmanager
    def kept_open(self) -> Iterator["Warehouse"]:
        """The warehouse for many reads: DuckDB opens the file once for all of them."""
        with closing(duckdb.connect(str(self.path), read_only=True)):
            yield self

    def rows(self, query: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """What a query on the built tables gives."""
        with closing(duckdb.connect(str(self.path), read_only=True)) as db:
            db.execute("set timezone = 'UTC'")
            return db.execute(query, list(parameters)).fetchall()


class Dbt:
    """One dbt process for many runs; `close` ends it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.errors = (folder / "dbt.stderr").open("w")
        self.process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("dbt_child.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.errors,
            env={**os.environ, "DBT_SEND_ANONYMOUS_USAGE_STATS": "false"},
            text=True,
        )

    def parse(self, folder: Path) -> None:
        """Reads for all runs to come what `folder` has of the parsed project."""
        self._ask(str(NO_WAREHOUSE), folder, "parse")

    def run(self, warehouse: Warehouse, *arguments: str) -> None:
        """Runs dbt on the file; DbtError with what it said when it fails."""
        self._ask(str(warehouse.path), self.folder, *arguments)

    def _ask(self, warehouse: str, target: Path, *arguments: str) -> None:
        request = [
            *arguments, "--log-level", "none", "--log-level-file", "none", "--threads", "1",
            "--target-path", str(target), "--project-dir", str(PROJECT),
            "--profiles-dir", str(PROJECT),
        ]  # fmt: skip
        assert self.process.stdin and self.process.stdout
        line = json.dumps({"warehouse": warehouse, "arguments": request})
        print(line, file=self.process.stdin, flush=True)
        answer = self.process.stdout.readline()
        if not answer:
            raise DbtError((self.folder / "dbt.stderr").read_text()[-4000:])
        if error := json.loads(answer)["error"]:
            raise DbtError(error)

    def close(self) -> None:
        """Ends the process."""
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait(timeout=30)
        self.errors.close()
