"""The private warehouse file: prepared from landing and ledger, then built by dbt.

Every function here expects its caller to hold the writer's lock. While dbt runs, this process
holds no connection to the file.
"""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import sqlalchemy as sa

from config import Home, Settings
from contract import RECORDS, Record, Type, landed_columns
from orchestration import insight_tables
from orchestration.check_log import Check, record_checks
from orchestration.dbt_process import BuildError, DbtProcess, NodeResult
from orchestration.generation_files import OWN_FORMAT, has_table
from orchestration.landing import batch_of, files_relation, raw_files
from orchestration.ledger import tables
from orchestration.run_context import RunContext

# What models read of the ledger; other tables grow with every hour and file.
LEDGER_COPIES = ("batches", "batch_rules", "source_states", "record_counts")

_DUCKDB_TYPES = {
    Type.TEXT: "varchar",
    Type.INTEGER: "bigint",
    Type.NUMBER: "double",
    Type.BOOLEAN: "boolean",
    Type.DATE: "date",
    Type.CLOCK_TIME: "varchar",
    Type.TIMESTAMP: "timestamp",
}
_TECHNICAL_COLUMNS = {"batch_id": "bigint", "batch_row": "bigint", "observed_at": "timestamp"}
# Of how many events a full build derives all cases at once within the limit of memory.
_EVENTS_PER_MB = 2000
# Unit tests are about the code, not about the day's data; exposures are not built at all.
_NOT_BUILT = ("--exclude-resource-type", "unit_test", "--exclude-resource-type", "exposure")
# A look builds what findings of the moment are read from. Seeds, and the views of staging, which
# know no now, stay as they are; what it builds is tested before it is published.
LOOK = (
    *_NOT_BUILT,
    *("--exclude-resource-type", "test", "--exclude-resource-type", "seed"),
    *("--select", "+tag:live", "--exclude", "path:models/staging"),
)


class WarehouseError(Exception):
    """The warehouse cannot be prepared or read; the message names file, cause and remedy."""


@dataclass(frozen=True)
class BuiltRun:
    """The run whose build the warehouse file holds; times are UTC without zone."""

    run_id: str
    now_at: datetime
    authority_timezone: str
    process_months: int
    newest_batch_id: int
    is_complete: bool


def prepare(settings: Settings, store: sa.Engine, run: RunContext) -> None:
    """Write into the warehouse file what dbt reads: raw views, ledger copies and `meta.run`.

    The file counts as half built from here on, until a whole build has passed.
    """
    file = settings.home.warehouse
    file.parent.mkdir(parents=True, exist_ok=True)
    with closing(connect(settings)) as connection:
        connection.execute("begin")
        for schema in ("raw", "ledger", "meta"):
            connection.execute(f"create schema if not exists {schema}")
        built_until, builds = _built_until(connection)
        for record in RECORDS.values():
            files = raw_files(settings, store, record.name)
            connection.execute(_raw_view(record, files, built_until))
        for name in LEDGER_COPIES:
            _copy(connection, store, tables.metadata.tables[name])
        _write_run(connection, settings, run, builds + 1)
        insight_tables.prepare(connection)
        connection.execute("commit")


def build(
    settings: Settings,
    store: sa.Engine,
    run: RunContext,
    dbt: DbtProcess,
    select: Sequence[str] = (),
) -> Iterator[NodeResult]:
    """Build the prepared warehouse by dbt; gives each result as it comes.

    Without `select` everything is built, and only then is the warehouse complete. Quick
    runs leave the tests tagged nightly out. Writes the results of the tests to the store. Raises
    BuildError after the last result where anything failed.
    """
    selection = [f"--select={' '.join(select)}"] if select else []
    tests = ["--exclude=tag:nightly"] if run.is_quick else []
    results: list[NodeResult] = []
    for result in dbt.build([*_NOT_BUILT, *selection, *tests]):
        results.append(result)
        yield result
    record_checks(settings, store, run, _checks(results))
    _raise_for(results)
    if not selection:
        with closing(connect(settings)) as connection:
            connection.execute("update meta.run set is_complete = true")


def build_for_a_look(dbt: DbtProcess) -> None:
    """Build in the prepared warehouse what the findings of the moment are read from: links,
    machines, queues, arrivals, staff, stock and what is received. Raises BuildError.
    """
    _raise_for(list(dbt.build([*LOOK])))


def build_copy(settings: Settings, dbt: DbtProcess, models: Sequence[str]) -> Iterator[NodeResult]:
    """Build `models` and all that hangs on them from scratch; `dbt` works on a copy.

    Raises BuildError after the last result where anything failed.
    """
    selection = [f"--select={' '.join(f'{model}+' for model in models)}", "--full-refresh"]
    results: list[NodeResult] = []
    for result in dbt.build([*_NOT_BUILT, *selection]):
        results.append(result)
        yield result
    _raise_for(results)


def remove(home: Home) -> None:
    """Take the warehouse file away, so that the next build derives all from landing."""
    shutil.rmtree(home.warehouse.parent, ignore_errors=True)


def built_run(home: Home) -> BuiltRun | None:
    """What the warehouse file says of its last build; None where there is no file."""
    if not home.warehouse.exists():
        return None
    try:
        with closing(duckdb.connect(home.warehouse, read_only=True)) as connection:
            row = connection.execute(
                "select run_id, now_at, authority_timezone, process_months, newest_batch_id,"
                " is_complete"
                " from meta.run"
            ).fetchone()
    except duckdb.CatalogException:
        return None
    except duckdb.Error as error:
        raise WarehouseError(
            f"{home.warehouse} cannot be read ({error}): `passport rebuild` makes it anew from "
            "landing"
        ) from error
    return BuiltRun(*row) if row else None


def connect(settings: Settings) -> duckdb.DuckDBPyConnection:
    """The warehouse file, to be written. Raises WarehouseError where it cannot be opened."""
    try:
        return duckdb.connect(
            settings.home.warehouse,
            config={
                "memory_limit": f"{settings.memory_limit_mb}MB",
                "threads": settings.threads,
                **OWN_FORMAT,
            },
        )
    except duckdb.Error as error:
        raise WarehouseError(
            f"{settings.home.warehouse} cannot be opened ({error}): end what else has it open, or "
            "run `passport rebuild`, which makes it anew from landing"
        ) from error


def _built_until(connection: duckdb.DuckDBPyConnection) -> tuple[int, int]:
    """The newest batch that every model has built, and how many builds there were."""
    if not has_table(connection, "model_marks", schema="meta"):
        return 0, 0
    try:
        rows = connection.execute(
            "select coalesce(min(newest_batch_id), 0), coalesce(max(build_number), 0)"
            " from meta.model_marks"
        ).fetchall()
    except duckdb.BinderException as error:
        raise WarehouseError(
            "the warehouse was built by an older version, whose marks have no build number:"
            " `passport rebuild` makes it anew from landing"
        ) from error
    ((batch, builds),) = rows
    return batch, builds


def _raw_view(record: Record, files: Sequence[Path], built_until: int) -> str:
    """The rows of all files. Those that every model has built say so, so that who asks for newer
    batches opens none of them, however many hours of files there are."""
    types = {column.name: _DUCKDB_TYPES[column.type] for column in landed_columns(record)}
    types |= _TECHNICAL_COLUMNS
    if files:
        columns = ", ".join(f'"{name}"' for name in types)
        built = [file for file in files if batch_of(file) <= built_until]
        new = [file for file in files if batch_of(file) > built_until]
        body = " union all ".join(
            f"select {columns} from {files_relation(some)} where rejected_by is null{bound}"
            for some, bound in ((built, f" and batch_id <= {built_until}"), (new, ""))
            if some
        )
    else:
        columns = ", ".join(f'cast(null as {kind}) as "{name}"' for name, kind in types.items())
        body = f"select {columns} where false"
    return f'create or replace view raw."{record.name}" as {body}'


def _copy(connection: duckdb.DuckDBPyConnection, store: sa.Engine, table: sa.Table) -> None:
    with store.connect() as source:
        rows = source.execute(sa.select(table)).all()
    schema = pa.schema([(column.name, _arrow_type(column.type)) for column in table.columns])
    columns = [[row[place] for row in rows] for place in range(len(schema))]
    copied = pa.Table.from_arrays(
        [pa.array(values, kind) for values, kind in zip(columns, schema.types, strict=True)],
        schema=schema,
    )
    connection.register("copied", copied)
    connection.execute(f'create or replace table ledger."{table.name}" as select * from copied')
    connection.unregister("copied")


def _arrow_type(kind: Any) -> pa.DataType:
    if isinstance(kind, sa.Boolean):
        return pa.bool_()
    if isinstance(kind, sa.Integer):
        return pa.int64()
    if isinstance(kind, sa.DateTime):
        return pa.timestamp("us")
    if isinstance(kind, sa.Date):
        return pa.date32()
    return pa.string()


def _write_run(
    connection: duckdb.DuckDBPyConnection, settings: Settings, run: RunContext, build_number: int
) -> None:
    connection.execute(
        """
        create or replace table meta.run as
        select
            $now_at::timestamp as now_at,
            $run_id as run_id,
            $authority_timezone as authority_timezone,
            $process_months::integer as process_months,
            (
                select greatest(1, ceil(sum(rows_admitted) / $events_at_a_time))::integer
                from ledger.batches
                where record = 'stage_events'
            ) as full_build_parts,
            (select coalesce(max(batch_id), 0) from ledger.batches) as newest_batch_id,
            $build_number::bigint as build_number,
            $is_quick as is_quick,
            false as is_complete
        """,
        {
            "now_at": run.now_utc,
            "run_id": run.run_id,
            "authority_timezone": settings.authority_timezone,
            "process_months": settings.process_months,
            "build_number": build_number,
            "is_quick": run.is_quick,
            "events_at_a_time": settings.memory_limit_mb * _EVENTS_PER_MB,
        },
    )


def _raise_for(results: Sequence[NodeResult]) -> None:
    failed = [result for result in results if result.outcome == "failed"]
    if failed:
        raise BuildError(_failure(failed))


def _failure(failed: Sequence[NodeResult]) -> str:
    lines = [f"{result.kind} {result.name}: {result.message}" for result in failed]
    return (
        "the warehouse is not built, so nothing new is published:\n  "
        + "\n  ".join(lines)
        + "\nCorrect the model, the rule or the data and run again; the old publication serves"
    )


def _checks(results: Sequence[NodeResult]) -> list[Check]:
    return [
        Check(
            check_name=test.name,
            layer=test.layer,
            outcome=test.outcome,
            observed=f"{test.failures} rows",
            expected="0 rows",
        )
        for test in results
        if test.kind == "test" and test.outcome != "skipped"
    ]
