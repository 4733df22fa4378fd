"""The private warehouse file: prepared from landing and ledger, then built by dbt.

Every function here expects its caller to hold the writer's lock. While dbt runs, this process
holds no connection to the file.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import pyarrow as pa
import sqlalchemy as sa

from config import Home, Settings
from contract import RECORDS, Record, Type, landed_columns
from orchestration.check_log import Check, record_checks
from orchestration.landing import files_relation, raw_files
from orchestration.ledger import tables
from orchestration.run_context import RunContext

DBT_PROJECT = Path(__file__).parents[1] / "dbt_project"
LEDGER_COPIES = (
    "batches",
    "batch_rules",
    "files",
    "coverage",
    "source_states",
    "record_counts",
    "hourly_rows",
    "generations",
    "checks",
)

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
# Runs that leave the tests of whole tables (tag nightly) to the night.
_QUICK_COMMANDS = {"hourly", "live"}
# Unit tests are about the code, not about the day's data; exposures are not built at all.
_NOT_BUILT = ("--exclude-resource-type", "unit_test", "--exclude-resource-type", "exposure")
_RESULT_EVENTS = {"LogModelResult", "LogSeedResult", "LogTestResult"}
_OUTCOMES = {"success": "passed", "pass": "passed", "warn": "warned", "skipped": "skipped"}


class WarehouseError(Exception):
    """The warehouse cannot be prepared or read; the message names file, cause and remedy."""


class BuildError(Exception):
    """dbt did not build everything; the message names each failed model or test."""


@dataclass(frozen=True)
class NodeResult:
    """What became of one model, seed or test. `outcome` is passed, failed, warned or skipped.

    `kind` is model, seed or test. `failures` counts the rows a test found.
    """

    unique_id: str
    name: str
    kind: str
    outcome: str
    seconds: float
    failures: int | None
    message: str
    index: int
    total: int

    def __str__(self) -> str:
        found = f", {self.failures} rows" if self.kind == "test" and self.failures else ""
        return (
            f"{self.index} of {self.total} {self.outcome} {self.kind} {self.name}"
            f" in {self.seconds:.1f} s{found}"
        )


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
    with closing(_connect(settings)) as connection:
        connection.execute("begin")
        for schema in ("raw", "ledger", "meta"):
            connection.execute(f"create schema if not exists {schema}")
        for record in RECORDS.values():
            connection.execute(_raw_view(record, raw_files(settings, store, record.name)))
        for name in LEDGER_COPIES:
            _copy(connection, store, tables.metadata.tables[name])
        _write_run(connection, settings, run)
        connection.execute("commit")


def build(
    settings: Settings,
    store: sa.Engine,
    run: RunContext,
    lock: int,
    select: Sequence[str] = (),
) -> Iterator[NodeResult]:
    """Build the prepared warehouse by dbt, in a process of its own; gives each result as it comes.

    `lock` is the descriptor of the writer's lock, which the child holds too. Without `select`
    everything is built, and only then is the warehouse complete. Hourly and live runs leave the
    tests tagged nightly out. Writes the results of the tests to the store. Raises BuildError after
    the last result where anything failed.
    """
    selection = [f"--select={' '.join(select)}"] if select else []
    tests = ["--exclude=tag:nightly"] if run.command.split()[-1] in _QUICK_COMMANDS else []
    results: list[NodeResult] = []
    for result in _dbt_build(settings.home.warehouse, settings, [*selection, *tests], lock):
        results.append(result)
        yield result
    record_checks(settings, store, run, _checks(settings, results))
    failed = [result for result in results if result.outcome == "failed"]
    if failed:
        raise BuildError(_failure(failed, settings.home))
    if not selection:
        with closing(_connect(settings)) as connection:
            connection.execute("update meta.run set is_complete = true")


def build_copy(
    settings: Settings, warehouse: Path, models: Sequence[str], lock: int
) -> Iterator[NodeResult]:
    """Build `models` and all that hangs on them in a copy of the warehouse, from scratch.

    Raises BuildError after the last result where anything failed.
    """
    selection = [f"--select={' '.join(f'{model}+' for model in models)}", "--full-refresh"]
    results: list[NodeResult] = []
    for result in _dbt_build(warehouse, settings, selection, lock):
        results.append(result)
        yield result
    failed = [result for result in results if result.outcome == "failed"]
    if failed:
        raise BuildError(_failure(failed, settings.home))


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


def parse_manifest(target: Path) -> Path:
    """The manifest of the dbt project in `target`, parsed anew where the project is newer.

    Raises BuildError with dbt's words where the project does not parse.
    """
    manifest = target / "manifest.json"
    sources = [
        file
        for folder in ("models", "macros", "tests", "seeds")
        for file in (DBT_PROJECT / folder).rglob("*")
    ]
    newest = max(file.stat().st_mtime for file in [DBT_PROJECT / "dbt_project.yml", *sources])
    if manifest.exists() and manifest.stat().st_mtime >= newest:
        return manifest
    target.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=target) as scratch:
        _dbt_offline("parse", Path(scratch), [], f"{DBT_PROJECT} does not parse")
        (Path(scratch) / manifest.name).replace(manifest)
    return manifest


def write_docs(home: Home) -> Path:
    """The project's documentation by dbt as one file without a tie to anything outside it.

    It tells of models, columns, tests and lineage, never of rows, so it is made anew only where
    the project is newer. Raises BuildError with dbt's words where that fails.
    """
    manifest = parse_manifest(DBT_PROJECT / "target")
    file = home.analyst_docs
    file.parent.mkdir(parents=True, exist_ok=True)
    if file.exists() and file.stat().st_mtime >= manifest.stat().st_mtime:
        return file
    with TemporaryDirectory(dir=file.parent) as scratch:
        shutil.copyfile(manifest, Path(scratch) / manifest.name)
        arguments = ["--static", "--empty-catalog", "--no-compile"]
        _dbt_offline(
            "docs generate", Path(scratch), arguments, f"no documentation of {DBT_PROJECT}"
        )
        (Path(scratch) / "static_index.html").replace(file)
    return file


def _dbt_offline(verb: str, target: Path, arguments: Sequence[str], failure: str) -> None:
    """Run dbt on the project alone, without a warehouse. Raises BuildError with its words."""
    done = subprocess.run(
        _dbt_command(verb, target, arguments),
        env={**os.environ, "PASSPORT_WAREHOUSE": ":memory:"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        words: list[str] = []
        for line in done.stdout.splitlines():
            _node_result(line, words)
        told = "\n".join([*words, done.stderr])
        raise BuildError(f"{failure}:\n{told}")


def _connect(settings: Settings) -> duckdb.DuckDBPyConnection:
    try:
        return duckdb.connect(
            settings.home.warehouse,
            config={
                "memory_limit": f"{settings.memory_limit_mb}MB",
                "threads": settings.threads,
            },
        )
    except duckdb.Error as error:
        raise WarehouseError(
            f"{settings.home.warehouse} cannot be opened ({error}): end what else has it open, or "
            "run `passport rebuild`, which makes it anew from landing"
        ) from error


def _raw_view(record: Record, files: Sequence[Path]) -> str:
    types = {column.name: _DUCKDB_TYPES[column.type] for column in landed_columns(record)}
    types |= _TECHNICAL_COLUMNS
    if files:
        columns = ", ".join(f'"{name}"' for name in types)
        body = f"select {columns} from {files_relation(files)} where rejected_by is null"
    else:
        columns = ", ".join(f'cast(null as {kind}) as "{name}"' for name, kind in types.items())
        body = f"select {columns} where false"
    return f'create or replace view raw."{record.name}" as {body}'


def _copy(connection: duckdb.DuckDBPyConnection, store: sa.Engine, table: sa.Table) -> None:
    with store.connect() as source:
        rows = source.execute(sa.select(table)).mappings().all()
    schema = pa.schema([(column.name, _arrow_type(column.type)) for column in table.columns])
    copied = pa.Table.from_pylist([dict(row) for row in rows], schema)
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


def _write_run(connection: duckdb.DuckDBPyConnection, settings: Settings, run: RunContext) -> None:
    connection.execute(
        """
        create or replace table meta.run as
        select
            $now_at::timestamp as now_at,
            $run_id as run_id,
            $authority_timezone as authority_timezone,
            $process_months::integer as process_months,
            (select coalesce(max(batch_id), 0) from ledger.batches) as newest_batch_id,
            false as is_complete
        """,
        {
            "now_at": run.now_utc,
            "run_id": run.run_id,
            "authority_timezone": settings.authority_timezone,
            "process_months": settings.process_months,
        },
    )


def _dbt_command(verb: str, target: Path, arguments: Sequence[str]) -> list[str]:
    return [
        str(Path(sys.executable).with_name("dbt")),
        *("--no-send-anonymous-usage-stats", "--no-use-colors", "--no-version-check"),
        *("--log-format", "json", "--log-level", "info", "--log-level-file", "none"),
        *verb.split(),
        *("--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT)),
        *("--target-path", str(target)),
        *arguments,
    ]


def _dbt_build(
    warehouse: Path, settings: Settings, arguments: Sequence[str], lock: int
) -> Iterator[NodeResult]:
    target = settings.home.dbt_target
    target.mkdir(parents=True, exist_ok=True)
    environment = {
        "PASSPORT_WAREHOUSE": str(warehouse),
        "PASSPORT_WAREHOUSE_MEMORY": f"{settings.memory_limit_mb}MB",
    }
    child = subprocess.Popen(
        _dbt_command("build", target, [*_NOT_BUILT, *arguments]),
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        pass_fds=[lock],
    )
    seen: set[str] = set()
    other_lines: list[str] = []
    try:
        assert child.stdout is not None
        for line in child.stdout:
            result = _node_result(line, other_lines)
            if result is not None:
                seen.add(result.unique_id)
                yield result
        code = child.wait()
    finally:
        if child.poll() is None:
            child.terminate()
            child.wait()
    yield from _unseen_results(target, seen, code)
    if code not in (0, 1):
        words = "\n".join(other_lines[-10:])
        raise BuildError(f"dbt ended with {code} before it had built everything:\n{words}")


def _node_result(line: str, other_lines: list[str]) -> NodeResult | None:
    try:
        event = json.loads(line)
        name, data = event["info"]["name"], event["data"]
    except (ValueError, KeyError, TypeError):
        other_lines.append(line.rstrip())
        return None
    if name not in _RESULT_EVENTS:
        if event["info"].get("level") in {"error", "warn"}:
            other_lines.append(event["info"]["msg"])
        return None
    node = data["node_info"]
    return NodeResult(
        unique_id=node["unique_id"],
        name=node["node_name"],
        kind=node["resource_type"],
        outcome=_OUTCOMES.get(str(node["node_status"]), "failed"),
        seconds=float(data.get("execution_time", 0)),
        failures=data.get("num_failures"),
        message=event["info"]["msg"],
        index=int(data.get("index", 0)),
        total=int(data.get("total", 0)),
    )


def _unseen_results(target: Path, seen: Collection[str], code: int) -> Iterator[NodeResult]:
    """Results that dbt told of only in its file: what it skipped, and errors without an event."""
    if code not in (0, 1):
        return
    written = json.loads((target / "run_results.json").read_text(encoding="utf-8"))
    for entry in written["results"]:
        if entry["unique_id"] not in seen and not entry["unique_id"].startswith("operation."):
            yield _written_result(entry, len(written["results"]))


def _written_result(entry: Mapping[str, Any], total: int) -> NodeResult:
    kind, _, name = entry["unique_id"].split(".", 2)
    return NodeResult(
        unique_id=entry["unique_id"],
        name=name,
        kind=kind,
        outcome=_OUTCOMES.get(entry["status"], "failed"),
        seconds=entry["execution_time"],
        failures=entry.get("failures"),
        message=entry.get("message") or "",
        index=total,
        total=total,
    )


def _failure(failed: Sequence[NodeResult], home: Home) -> str:
    words = _messages(home.dbt_target)
    lines = [
        f"{result.kind} {result.name}: {words.get(result.unique_id) or result.message}"
        for result in failed
    ]
    return (
        "the warehouse is not built, so nothing new is published:\n  "
        + "\n  ".join(lines)
        + "\nCorrect the model, the rule or the data and run again; the old publication serves"
    )


def _messages(target: Path) -> dict[str, str]:
    file = target / "run_results.json"
    if not file.exists():
        return {}
    written = json.loads(file.read_text(encoding="utf-8"))
    return {entry["unique_id"]: entry.get("message") or "" for entry in written["results"]}


def _checks(settings: Settings, results: Sequence[NodeResult]) -> list[Check]:
    tests = [result for result in results if result.kind == "test" and result.outcome != "skipped"]
    if not tests:
        return []
    nodes = json.loads((settings.home.dbt_target / "manifest.json").read_bytes())["nodes"]
    return [
        Check(
            check_name=test.name,
            layer=_tested_layer(nodes, test.unique_id),
            outcome=test.outcome,
            observed=f"{test.failures or 0} rows",
            expected="0 rows",
        )
        for test in tests
    ]


def tested_model(nodes: Mapping[str, Any], test: str) -> str | None:
    """The model a test is about, by unique ids of a manifest's `nodes`: the one it is written at,
    or the last of those it reads; None for a test of sources alone."""
    models = [node for node in nodes[test]["depends_on"]["nodes"] if node in nodes]
    attached: str | None = nodes[test].get("attached_node")
    return attached or (models[-1] if models else None)


def _tested_layer(nodes: Mapping[str, Any], test: str) -> str:
    return str(nodes[tested_model(nodes, test) or test]["fqn"][1])
