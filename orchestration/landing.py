"""Landing: readings become immutable Parquet batches, each row judged by its row rules.

A part of a source is staged in DuckDB's memory (cast and judged in one scan), freed of exact
repeats, then written, fsynced and renamed. A file counts only once the ledger names it.
"""

import hashlib
import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import sqlalchemy as sa

from config import Home, Settings
from contract import RECORDS, Record, landed_columns
from expectations.rules import KNOWN_CODES, Rule, first_broken
from operations import sync, write_synced
from orchestration.casting import casts, uncast_json
from orchestration.ledger import tables
from orchestration.ledger.loads import RuleCount
from orchestration.sources import CursorWindow, Reading

BATCH_ROWS_MAX = 5_000_000

TECHNICAL_COLUMNS = (
    "batch_id",
    "batch_row",
    "source_file",
    "source_row",
    "rejected_by",
    "uncast",
    "observed_at",
)


@dataclass(frozen=True)
class Chunk:
    """At most `BATCH_ROWS_MAX` rows of a part, staged in DuckDB: cast, judged, without repeats.

    `rows` counts what was read, `kept` what is left to land. `repeated` counts rows left out as
    exact repeats, of them `repeated_inside` of a row of the same part and `repeated_rejected`
    of quarantined rows. `conflicts` counts rows whose key has other contents at the same cursor.
    `without_cursor` says that some rows have none.
    """

    table: str
    part: str
    first_row: int
    rows: int
    rejected: int
    repeated: int
    repeated_rejected: int
    repeated_inside: int
    conflicts: int
    outside_window: int
    cursor_min: datetime | None
    cursor_max: datetime | None
    without_cursor: bool

    def may_meet(self, low: datetime | None, high: datetime | None, without: bool) -> bool:
        """Whether rows with cursors from `low` to `high`, or without one, may be among its rows."""
        if without and self.without_cursor:
            return True
        if low is None or high is None or self.cursor_min is None or self.cursor_max is None:
            return False
        return self.cursor_min <= high and low <= self.cursor_max

    @property
    def kept(self) -> int:
        return self.rows - self.repeated


@dataclass(frozen=True)
class LandedFile:
    """A written file of the landing; `path` is relative to the landing folder."""

    path: str
    rows: int
    sha256: str


@contextmanager
def workbench(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """A private DuckDB in memory within the settings' limits; spills only inside the home."""
    spill = settings.home.path / "tmp"
    spill.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="gate-", dir=spill))
    connection = duckdb.connect()
    try:
        connection.execute(f"set memory_limit = '{settings.memory_limit_mb}MB'")
        connection.execute(f"set threads = {settings.threads}")
        connection.execute(f"set temp_directory = {sql_text(str(folder))}")
        connection.execute("set TimeZone = 'UTC'")
        connection.execute("set autoinstall_known_extensions = false")
        yield connection
    finally:
        connection.close()
        shutil.rmtree(folder, ignore_errors=True)


def sql_text(text: str) -> str:
    """`text` as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def version_cursor(record: Record) -> str | None:
    """The column that orders the versions of a key; None where a row carries none."""
    if record.cursor:
        return record.cursor
    return "updated_at" if any(c.name == "updated_at" for c in record.columns) else None


def chunks_of(reading: Reading) -> Iterator[Iterator[pa.RecordBatch]]:
    """The batches of a reading in runs of at most `BATCH_ROWS_MAX` rows.

    Each run must be used up before the next is asked for.
    """
    source = iter(reading.batches)
    rest = next(source, None)

    def run() -> Iterator[pa.RecordBatch]:
        nonlocal rest
        room = BATCH_ROWS_MAX
        while rest is not None and room:
            batch = rest.slice(0, room)
            rest = rest.slice(room) if rest.num_rows > room else next(source, None)
            room -= batch.num_rows
            yield batch

    while rest is not None:
        yield run()


def stage(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    reading: Reading,
    batches: Iterator[pa.RecordBatch],
    rules: tuple[Rule, ...],
) -> int:
    """Cast and judge `batches` in one scan into `table`; gives the number of rows.

    `table` has the landed columns, `uncast`, `source_row`, `rejected_by`, and `identity`, a hash
    of key and version cursor. Raises what the reading raises.
    """
    broken_off: list[Exception] = []

    def watched() -> Iterator[pa.RecordBatch]:
        try:
            yield from batches
        except Exception as error:
            broken_off.append(error)
            raise

    made = casts(reading.record, reading.schema)
    values = ", ".join(f'{cast.value} as "{cast.column.name}"' for cast in made)
    incoming = pa.RecordBatchReader.from_batches(reading.schema, watched())
    connection.register("incoming", incoming)
    try:
        connection.execute(
            f"""
            create table {table} as
            with typed as (
                select {values}, {uncast_json(made)} as uncast, r.source_row from incoming as r
            )
            select
                *,
                {first_broken(rules)} as rejected_by,
                {identity_hash(reading.record)} as identity
            from typed
            """
        )
    except duckdb.Error:
        # DuckDB wraps what the source raised; its own words are lost in that.
        if broken_off:
            raise broken_off[0] from None
        raise
    finally:
        connection.unregister("incoming")
    return _count(connection, f"select count(*) from {table}")


def identity_hash(record: Record) -> str:
    """The SQL by which rows of the same key and version are found."""
    return f"hash({_identity_columns(record)})"


def _identity_columns(record: Record) -> str:
    cursor = version_cursor(record)
    names = [*record.key, *([cursor] if cursor and cursor not in record.key else [])]
    return ", ".join(f'"{name}"' for name in names)


def cast_outcomes(
    connection: duckdb.DuckDBPyConnection, table: str, record: Record
) -> dict[str, tuple[int, int]]:
    """For each column in which a value could not be cast: rows cast, rows not cast."""
    failed = connection.execute(
        f"""
        select name, count(*) from (
            select unnest(json_keys(uncast)) as name from {table} where uncast is not null
        ) group by name
        """
    ).fetchall()
    return {
        name: (_count(connection, f'select count("{name}") from {table}'), rows)
        for name, rows in failed
    }


def column_total(connection: duckdb.DuckDBPyConnection, table: str, column: str) -> float:
    """The sum of a number column over all staged rows."""
    row = connection.execute(f'select coalesce(sum("{column}"), 0) from {table}').fetchone()
    return float(row[0]) if row else 0.0


def keep_window(
    connection: duckdb.DuckDBPyConnection, table: str, cursor: str, window: CursorWindow
) -> None:
    """Leave in `table` the rows of `window` and those without a cursor."""
    outside = _outside(cursor, window)
    if outside:
        connection.execute(f"delete from {table} where {outside}")


def _outside(cursor: str, window: CursorWindow) -> str:
    limits = []
    if window.start is not None:
        limits.append(f"\"{cursor}\" < TIMESTAMP '{window.start}'")
    if window.until is not None:
        limits.append(f"\"{cursor}\" >= TIMESTAMP '{window.until}'")
    return " or ".join(limits)


def cursor_range(
    connection: duckdb.DuckDBPyConnection, table: str, cursor: str
) -> tuple[datetime | None, datetime | None, bool]:
    """The least and greatest cursor of staged rows, and whether some have none."""
    row = connection.execute(
        f'select min("{cursor}"), max("{cursor}"), count(*) > count("{cursor}") from {table}'
    ).fetchone()
    assert row is not None
    return row[0], row[1], bool(row[2])


def settle(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    part: str,
    first_row: int,
    record: Record,
    window: CursorWindow,
    earlier: Sequence[str],
    landed: Sequence[str],
    later_is_change: bool = False,
) -> Chunk:
    """Take exact repeats out of `table` and count what came in.

    `earlier` and `landed` are relations (SQL) with the landed columns, `source_file`,
    `rejected_by` and `uncast`: chunks of this run, and landed files. `later_is_change` says that
    other contents than the landed ones are no conflict where a row carries no version cursor.
    """
    rows, rejected, cursor_min, cursor_max, without, outside = _facts(
        connection, table, record, window
    )
    connection.execute("create or replace temp table repeats (source_row BIGINT, inside BOOLEAN)")
    conflicts = _mark_repeats_inside(connection, table, record)
    for relation in earlier:
        conflicts += _mark_repeats_of(connection, table, part, record, relation)
    for relation in landed:
        conflicts += _mark_repeats_of(connection, table, None, record, relation, later_is_change)
    repeated, inside, repeated_rejected = connection.execute(
        f"""
        select count(*), count(*) filter (inside), count(rejected_by)
        from {table} join (
            select source_row, bool_or(inside) as inside from repeats group by source_row
        ) using (source_row)
        """
    ).fetchone() or (0, 0, 0)
    if repeated:
        connection.execute(
            f"delete from {table} where source_row in (select source_row from repeats)"
        )
    return Chunk(
        table=table,
        part=part,
        first_row=first_row,
        rows=rows,
        rejected=rejected,
        repeated=repeated,
        repeated_rejected=repeated_rejected,
        repeated_inside=inside,
        conflicts=conflicts,
        outside_window=outside,
        cursor_min=cursor_min,
        cursor_max=cursor_max,
        without_cursor=without,
    )


def _facts(
    connection: duckdb.DuckDBPyConnection, table: str, record: Record, window: CursorWindow
) -> tuple[Any, ...]:
    cursor = f'"{record.cursor}"' if record.cursor else "null::TIMESTAMP"
    outside = (_outside(record.cursor, window) if record.cursor else "") or "false"
    return connection.execute(
        f"""
        select
            count(*), count(rejected_by), min({cursor}), max({cursor}),
            count(*) > count({cursor}), count(*) filter ({outside})
        from {table}
        """
    ).fetchone() or (0, 0, None, None, False, 0)


def _contents(record: Record) -> list[str]:
    return [*(column.name for column in landed_columns(record)), "uncast", "rejected_by"]


def _mark_repeats_inside(connection: duckdb.DuckDBPyConnection, table: str, record: Record) -> int:
    connection.execute(
        f"""
        create or replace temp table twice as
        select identity from {table} group by identity having count(*) > 1
        """
    )
    if not _count(connection, "select count(*) from twice"):
        return 0
    contents = ", ".join(f'"{name}"' for name in _contents(record))
    connection.execute(
        f"""
        insert into repeats
        select source_row, true
        from {table}
        where identity in (select identity from twice)
        qualify row_number() over (partition by {contents} order by source_row) > 1
        """
    )
    return _count(
        connection,
        f"""
        select coalesce(sum(versions), 0) from (
            select count(*) as versions
            from {table}
            where
                identity in (select identity from twice)
                and rejected_by is null
                and source_row not in (select source_row from repeats)
            group by {_identity_columns(record)}
            having count(*) > 1
        )
        """,
    )


def _mark_repeats_of(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    part: str | None,
    record: Record,
    relation: str,
    later_is_change: bool = False,
) -> int:
    """Mark the rows of `table` that equal a row of `relation`; gives the number of conflicts.

    `part` is given for chunks of this run: a row of the same part is repeated inside it.
    """
    cursor = version_cursor(record)
    same = " and ".join(f't."{name}" is not distinct from l."{name}"' for name in _contents(record))
    of_part = f"l.source_file = {sql_text(part)}" if part else "false"
    names = [*record.key, *([cursor] if cursor else [])]
    identical = " and ".join(f't."{name}" is not distinct from l."{name}"' for name in names)
    near = "true"
    if cursor:
        near = f"""
            (l."{cursor}" is null or l."{cursor}" between
                (select min("{cursor}") from {table}) and (select max("{cursor}") from {table}))
        """
    connection.execute(
        f"""
        create or replace temp table met as
        select
            t.source_row,
            bool_or({same}) as same,
            bool_or({same} and {of_part}) as inside,
            bool_or(t.rejected_by is null and l.rejected_by is null) as both_good,
            bool_or({f't."{cursor}" is not null' if cursor else "false"}) as versioned
        from {table} as t
        join (
            select *, {identity_hash(record)} as identity from {relation}
        ) as l on t.identity = l.identity and {identical}
        where {near} and t.source_row not in (select source_row from repeats)
        group by t.source_row
        """
    )
    connection.execute("insert into repeats select source_row, inside from met where same")
    versioned = "versioned" if later_is_change else "true"
    return _count(
        connection, f"select count(*) from met where not same and both_good and {versioned}"
    )


def staged_relation(chunk: Chunk) -> str:
    """A staged chunk as a relation that `settle` can look for repeats in."""
    return f"(select *, {sql_text(chunk.part)} as source_file from {chunk.table})"


def files_relation(paths: Sequence[Path]) -> str:
    """Landed files as a relation, for repeats to be looked for in and for `raw` to stand on."""
    listed = ", ".join(sql_text(str(path)) for path in paths)
    return f"read_parquet([{listed}])"


def rule_counts(
    connection: duckdb.DuckDBPyConnection, record: Record, relation: str
) -> tuple[RuleCount, ...]:
    """The quarantined rows of `relation`, which has `source_file`, by rule."""
    cursor = f'"{record.cursor}"' if record.cursor else "null::TIMESTAMP"
    found = connection.execute(
        f"""
        select
            rejected_by, count(*), min({cursor}),
            arg_min(source_file || ', row ' || source_row, (source_file, source_row))
        from {relation} where rejected_by is not null group by rejected_by order by rejected_by
        """
    ).fetchall()
    return tuple(RuleCount(*row) for row in found)


def hourly_counts(
    connection: duckdb.DuckDBPyConnection, record: Record, relation: str
) -> dict[datetime, int]:
    """Good rows of `relation` by the UTC hour of their cursor."""
    if record.cursor is None:
        return {}
    found = connection.execute(
        f"""
        select date_trunc('hour', "{record.cursor}") as hour, count(*)
        from {relation} where rejected_by is null group by hour
        """
    ).fetchall()
    return dict(found)


def write_batch(
    connection: duckdb.DuckDBPyConnection,
    home: Home,
    record: Record,
    batch_id: int,
    chunks: Sequence[Chunk],
    observed_at: datetime,
    about: Mapping[str, Any],
) -> LandedFile:
    """Write the kept rows of `chunks` as one landing file with its manifest, durably.

    `about` goes into the manifest beside rows and SHA-256 (cursor window, source).
    """
    names = ", ".join(f'"{column.name}"' for column in landed_columns(record))
    selects = []
    before = 0
    for chunk in chunks:
        selects.append(
            f"""
            select
                {names}, {batch_id}::BIGINT as batch_id,
                source_row - {chunk.first_row} + 1 + {before}::BIGINT as batch_row,
                {sql_text(chunk.part)} as source_file, source_row, rejected_by, uncast,
                TIMESTAMP '{observed_at}' as observed_at
            from {chunk.table}
            """
        )
        before += chunk.rows
    return write_rows(connection, home, record, batch_id, " union all ".join(selects), about)


def write_rows(
    connection: duckdb.DuckDBPyConnection,
    home: Home,
    record: Record,
    batch_id: int,
    select: str,
    about: Mapping[str, Any],
) -> LandedFile:
    """Write what `select` gives (all columns of a landing file) durably as batch `batch_id`."""
    folder = home.landing / record.name
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{batch_id:012d}.parquet"
    temporary = path.with_suffix(".parquet.tmp")
    connection.execute(
        f"copy ({select}) to {sql_text(str(temporary))}"
        " (format parquet, parquet_version v2, compression zstd)"
    )
    rows = _count(connection, f"select count(*) from read_parquet({sql_text(str(temporary))})")
    sync(temporary)
    sha256 = _sha256(temporary)
    manifest = path.with_suffix(".manifest.json")
    text = json.dumps({"rows": rows, "sha256": sha256, **about}, default=str, sort_keys=True)
    write_synced(manifest, f"{text}\n".encode())
    temporary.rename(path)
    sync(folder)
    return LandedFile(str(path.relative_to(home.landing)), rows, sha256)


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def remove_batch_file(home: Home, landed: LandedFile) -> None:
    """Remove a written file that will not be registered."""
    path = home.landing / landed.path
    path.unlink(missing_ok=True)
    path.with_suffix(".manifest.json").unlink(missing_ok=True)


def raw_files(settings: Settings, store: sa.Engine, record: str) -> list[Path]:
    """The landing files of the admitted batches of `record`, by rising batch id."""
    batches = tables.batches
    query = (
        sa.select(batches.c.path)
        .where(batches.c.record == record, batches.c.verdict == "admitted")
        .where(batches.c.path.is_not(None))
        .order_by(batches.c.batch_id)
    )
    with store.connect() as connection:
        paths: list[str] = list(connection.scalars(query))
    return [settings.home.landing / path for path in paths]


def batch_of(file: Path) -> int:
    """The batch whose landing file this is, by its name."""
    return int(file.stem)


def remove_orphans(settings: Settings, store: sa.Engine) -> int:
    """Remove files of the landing that no batch names (of a killed run); gives their number.

    Only the one writer may call this, before it reads.
    """
    with store.connect() as connection:
        named: set[str] = set(
            connection.scalars(
                sa.select(tables.batches.c.path).where(tables.batches.c.path.is_not(None))
            )
        )
    removed = 0
    landing = settings.home.landing
    for path in landing.glob("*/*") if landing.is_dir() else ():
        data = path.name.removesuffix(".tmp").removesuffix(".manifest.json")
        data = data if data.endswith(".parquet") else f"{data}.parquet"
        if path.name.endswith(".tmp") or f"{path.parent.name}/{data}" not in named:
            path.unlink()
            removed += 1
    for path in (settings.home.path / "tmp").glob("gate-*"):
        shutil.rmtree(path, ignore_errors=True)
    return removed


def prepare_known_codes(
    connection: duckdb.DuckDBPyConnection, settings: Settings, store: sa.Engine
) -> set[str]:
    """Make the tables that row rules look codes up in; gives the reference records with rows."""
    known = set()
    for reference, table in KNOWN_CODES.items():
        key = RECORDS[reference].key[0]
        paths = raw_files(settings, store, reference)
        source = f"{files_relation(paths)} where rejected_by is null" if paths else None
        select = (
            f'select distinct "{key}" as code from {source}'
            if source
            else ("select null::VARCHAR as code where false")
        )
        connection.execute(f"create or replace table {table} as {select}")
        if _count(connection, f"select count(*) from {table}"):
            known.add(reference)
    return known


def _count(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    row = connection.execute(query).fetchone()
    return int(row[0]) if row else 0
