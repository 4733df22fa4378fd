"""The files of a generation: `marts.duckdb`, and one for each settled month.

A month whose cases ended some days ago seldom changes any more. Where nothing of it changed since
the generation before, its file is that generation's (a hard link), so that a publication costs
what is open or recent. The table `settled_months` in `marts.duckdb` lists what these files hold;
`reports.broker` reads all of them as one.
"""

import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb

from config import Settings
from orchestration.generations import MARTS_FILE
from orchestration.landing import sql_text
from orchestration.published_tables import FROM_THE_STORE, PUBLISHED_TABLES, PublishedTable

# A month stays open this long after its last day: most corrections come within days.
SETTLES_AFTER = timedelta(days=7)

SETTLING_TABLES = tuple(table for table in PUBLISHED_TABLES.values() if table.settled_by)


@dataclass(frozen=True)
class Contents:
    """What a relation holds whatever the order of its rows: its columns, rows, sum of hashes.

    Doubles count to six decimals, since sums of doubles depend on the order of threads.
    """

    columns: str
    rows: int
    total: int


@dataclass(frozen=True)
class SettledMonth:
    """The rows of one month, in a file of their own; `contents` by table."""

    first_day: date
    contents: Mapping[str, Contents]
    is_linked: bool

    @property
    def file_name(self) -> str:
        return f"{self.catalog}.duckdb"

    @property
    def catalog(self) -> str:
        """The name its file is attached by."""
        return f"month_{self.first_day:%Y_%m}"


def first_open_day(today: date) -> date:
    """Where the open rows begin on the authority's day `today`: always the first of a month."""
    return (today - SETTLES_AFTER).replace(day=1)


@contextmanager
def new_file(settings: Settings, file: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection to a file being made, with the warehouse attached as `warehouse`, read-only.

    All that follows here works on such a connection, where nothing else is said. What was written
    is in the file itself when the connection closes.
    """
    with closing(duckdb.connect(file)) as connection:
        connection.execute(f"set memory_limit = '{settings.memory_limit_mb}MB'")
        connection.execute(f"set threads = {settings.threads}")
        connection.execute("set timezone = 'UTC'")
        source = sql_text(str(settings.home.warehouse))
        connection.execute(f"attach {source} as warehouse (read_only)")
        yield connection
        connection.execute("detach warehouse")
        connection.execute("checkpoint")


def warehouse_tables(connection: duckdb.DuckDBPyConnection, schema: str) -> list[str]:
    """The names of the warehouse's tables in a schema, sorted."""
    rows = connection.execute(
        "select table_name from duckdb_tables()"
        " where database_name = 'warehouse' and schema_name = $schema order by table_name",
        {"schema": schema},
    ).fetchall()
    return [name for (name,) in rows]


def columns_of(connection: duckdb.DuckDBPyConnection, relation: str) -> dict[str, str]:
    """The columns of a relation and their types."""
    rows = connection.execute(f"describe {relation}").fetchall()
    return {name: kind for name, kind, *_ in rows}


def zoned(columns: Mapping[str, str]) -> str:
    """What selects these columns, timestamps with their zone."""
    return ", ".join(
        f'"{name}"::timestamptz as "{name}"' if kind == "TIMESTAMP" else f'"{name}"'
        for name, kind in columns.items()
    )


def write_files(
    connection: duckdb.DuckDBPyConnection, open_from: date, folder: Path, published: Path
) -> list[SettledMonth]:
    """Copy every allowed reporting table that is there into the files of `folder`.

    Rows of the months before `open_from` go into the months' files, or are linked from a
    generation in `published`. Gives the months in order; new ones stay attached.
    """
    present = warehouse_tables(connection, "reporting")
    for table in PUBLISHED_TABLES.values():
        if table.name in present and table.name not in FROM_THE_STORE:
            # open rows are written at every publication: they come as the warehouse has them
            order = () if table.settled_by else table.ordered_by
            _copy(connection, table, "main", _open_rows(table, open_from), order)
    settling = [table for table in SETTLING_TABLES if table.name in present]
    months = _months(connection, settling, open_from, folder, published)
    _list_months(connection, months)
    return months


def fingerprint(connection: duckdb.DuckDBPyConnection, months: Sequence[SettledMonth]) -> str:
    """SHA-256 of the content that depends on the data alone, however files and rows divide it."""
    digest = hashlib.sha256()
    for table in PUBLISHED_TABLES.values():
        if not table.of_the_run and has_table(connection, table.name):
            held = contents_of(connection, table.name)
            parts = [held, *(month.contents[table.name] for month in months if table.settled_by)]
            rows, total = sum(part.rows for part in parts), sum(part.total for part in parts)
            digest.update(f"{table.name}({held.columns})={rows}:{total};".encode())
    return digest.hexdigest()


def contents_of(connection: duckdb.DuckDBPyConnection, relation: str) -> Contents:
    """Measure a relation in one scan."""
    columns = dict(sorted(columns_of(connection, relation).items()))
    ((rows, total),) = connection.execute(
        f"select count(*), coalesce({hashed(columns)}, 0) from {relation}"
    ).fetchall()
    return Contents(", ".join(columns), rows, total)


def hashed(columns: Mapping[str, str]) -> str:
    """The sum of hashes of rows with these columns, an aggregate: see `Contents`."""
    values = ", ".join(
        f'round("{name}", 6)' if kind in ("DOUBLE", "FLOAT") else f'"{name}"'
        for name, kind in columns.items()
    )
    return f"sum(hash({values}))"


def settled_rows(
    connection: duckdb.DuckDBPyConnection, table: PublishedTable, open_from: date
) -> dict[date, int]:
    """How many settled rows the warehouse has of each month (its first day)."""
    month = f"cast(date_trunc('month', {table.settled_by}) as date)"
    found = connection.execute(
        f"select {month}, count(*) from warehouse.reporting.{table.name}"
        f" where {table.settled_by} < date '{open_from}' group by all"
    ).fetchall()
    return dict(found)


def note_published(connection: duckdb.DuckDBPyConnection, generation: str) -> None:
    """Let the warehouse's logs of changed months begin anew at `generation`, all or none.

    The connection's own file is the warehouse.
    """
    connection.execute("begin")
    for table in SETTLING_TABLES:
        log = f"changed_months__{table.name}"
        if has_table(connection, log, schema="meta"):
            connection.execute(f"delete from meta.{log}")
            connection.execute(f"insert into meta.{log} (generation) values ($1)", [generation])
    connection.execute("commit")


def _months(
    connection: duckdb.DuckDBPyConnection,
    tables: Sequence[PublishedTable],
    open_from: date,
    folder: Path,
    published: Path,
) -> list[SettledMonth]:
    first_days = {month for table in tables for month in settled_rows(connection, table, open_from)}
    base, unchanged = _unchanged_months(connection, tables, published)
    months = []
    for first_day in sorted(first_days):
        month = unchanged.get(first_day)
        if month is not None:
            os.link(base / month.file_name, folder / month.file_name)
        else:
            month = _write_month(connection, tables, first_day, folder)
        months.append(month)
    return months


def _write_month(
    connection: duckdb.DuckDBPyConnection,
    tables: Sequence[PublishedTable],
    first_day: date,
    folder: Path,
) -> SettledMonth:
    month = SettledMonth(first_day, {}, is_linked=False)
    file = sql_text(str(folder / month.file_name))
    connection.execute(f"attach {file} as {month.catalog}")
    next_month = (first_day + timedelta(days=31)).replace(day=1)
    contents = {}
    for table in tables:
        date_of = table.settled_by
        rows = f"{date_of} >= date '{first_day}' and {date_of} < date '{next_month}'"
        _copy(connection, table, f"{month.catalog}.main", rows, table.ordered_by)
        contents[table.name] = contents_of(connection, f"{month.catalog}.main.{table.name}")
    return SettledMonth(first_day, contents, is_linked=False)


def _copy(
    connection: duckdb.DuckDBPyConnection,
    table: PublishedTable,
    schema: str,
    rows: str,
    ordered_by: Sequence[str],
) -> None:
    """Copy the `rows` of a reporting table (a condition) in the order given."""
    source = f"warehouse.reporting.{table.name}"
    columns = columns_of(connection, source)
    keys = ", ".join(f'"{name}"' for name in ordered_by if name in columns)
    connection.execute(
        f"create table {schema}.{table.name} as select {zoned(columns)} from {source}"
        f" where {rows}{f' order by {keys}' if keys else ''}"
    )


def _open_rows(table: PublishedTable, open_from: date) -> str:
    if not table.settled_by:
        return "true"
    return f"({table.settled_by} is null or {table.settled_by} >= date '{open_from}')"


def _unchanged_months(
    connection: duckdb.DuckDBPyConnection, tables: Sequence[PublishedTable], published: Path
) -> tuple[Path, dict[date, SettledMonth]]:
    """The folder of the generation since which every change is known, and its months without."""
    bases: set[str | None] = set()
    changed: set[date | None] = set()
    for table in tables:
        name = f"changed_months__{table.name}"
        if not has_table(connection, name, "warehouse", "meta"):
            return published, {}
        log = f"from warehouse.meta.{name}"
        bases |= set(connection.execute(f"select max(generation) {log}").fetchone() or ())
        found = connection.execute(f"select distinct month {log}").fetchall()
        changed |= {month for (month,) in found}
    base = bases.pop() if len(bases) == 1 else None
    if base is None or not (published / base / MARTS_FILE).exists():
        return published, {}
    months = _listed_months(connection, published / base / MARTS_FILE)
    columns = {
        table.name: ", ".join(sorted(columns_of(connection, f"warehouse.reporting.{table.name}")))
        for table in tables
    }
    return published / base, {
        month.first_day: month
        for month in months
        if month.first_day not in changed
        and {name: held.columns for name, held in month.contents.items()} == columns
    }


def _list_months(connection: duckdb.DuckDBPyConnection, months: Sequence[SettledMonth]) -> None:
    connection.execute(
        "create table settled_months"
        " (catalog text, month date, table_name text, columns text, rows bigint, total hugeint)"
    )
    rows = [
        (month.catalog, month.first_day, name, held.columns, held.rows, held.total)
        for month in months
        for name, held in month.contents.items()
    ]
    if rows:
        connection.executemany("insert into settled_months values (?, ?, ?, ?, ?, ?)", rows)


def _listed_months(connection: duckdb.DuckDBPyConnection, marts: Path) -> list[SettledMonth]:
    connection.execute(f"attach {sql_text(str(marts))} as base (read_only)")
    try:
        if not has_table(connection, "settled_months", "base"):
            return []
        found = connection.execute(
            "select month, table_name, columns, rows, total from base.main.settled_months"
        ).fetchall()
    finally:
        connection.execute("detach base")
    contents: dict[date, dict[str, Contents]] = {}
    for first_day, table, *held in found:
        contents.setdefault(first_day, {})[table] = Contents(*held)
    return [SettledMonth(day, held, is_linked=True) for day, held in sorted(contents.items())]


def has_table(
    connection: duckdb.DuckDBPyConnection, table: str, catalog: str = "", schema: str = "main"
) -> bool:
    """Whether a catalog (default: the connection's own) has a table."""
    found = connection.execute(
        "select 1 from duckdb_tables() where schema_name = $schema and table_name = $table"
        " and database_name = if($catalog = '', current_database(), $catalog)",
        {"table": table, "catalog": catalog, "schema": schema},
    ).fetchone()
    return found is not None
