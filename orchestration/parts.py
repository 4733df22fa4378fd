"""The files of a generation: `marts.duckdb`, and the parts of its large tables.

The rows of a large table (`settled_by` in published_tables) lie in parts: `month_<YYYY>_<MM>` for
the cases that ended in a month that is over, `recent` for all others. A part is written once; the
generations after link to it (a hard link). What changed since lies in `marts.duckdb`, where
`replaced_cases` lists the cases whose rows of a part no reader may take, so that a publication
costs what changed. Each night, and whenever nothing can be linked or too much was replaced, the
parts that changed are written anew. The table `parts` lists what each one held when written;
`reports.broker` reads all as one.
"""

import hashlib
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import duckdb

from orchestration.generation_files import (
    Contents,
    columns_of,
    contents_of,
    copy_rows,
    count_rows,
    has_table,
    warehouse_tables,
)
from orchestration.generations import MARTS_FILE
from orchestration.landing import sql_text
from orchestration.published_tables import FROM_THE_STORE, PUBLISHED_TABLES, PublishedTable

# A month stays open this long after its last day: most corrections come within days.
SETTLES_AFTER = timedelta(days=7)

# Where more rows than this share of `recent` were replaced, it is written anew.
REPLACED_AT_MOST = 0.2

SETTLING_TABLES = tuple(table for table in PUBLISHED_TABLES.values() if table.settled_by)

_RECENT = "recent"


@dataclass(frozen=True)
class Part:
    """Rows of the large tables in a file of their own, by table as they were written.

    `first_day` is that of its month; of `recent`, the day since which rows are open. `replaced`
    are the rows among them that readers take from `marts.duckdb` instead.
    """

    catalog: str
    first_day: date
    contents: Mapping[str, Contents]
    is_linked: bool = False
    replaced: Mapping[str, Contents] = field(default_factory=dict)

    @property
    def file_name(self) -> str:
        return f"{self.catalog}.duckdb"

    def rows(self, table: str) -> int:
        """How many rows readers take from here."""
        held, replaced = self.contents.get(table), self.replaced.get(table)
        return (held.rows if held else 0) - (replaced.rows if replaced else 0)

    def total(self, table: str) -> int:
        """The sum of the hashes of these rows."""
        held, replaced = self.contents.get(table), self.replaced.get(table)
        return (held.total if held else 0) - (replaced.total if replaced else 0)


def first_open_day(today: date) -> date:
    """Where the open rows begin on the authority's day `today`: always the first of a month."""
    return (today - SETTLES_AFTER).replace(day=1)


def write_files(
    connection: duckdb.DuckDBPyConnection,
    open_from: date,
    folder: Path,
    published: Path,
    anew: bool = False,
) -> list[Part]:
    """Copy every allowed reporting table that is there into the files of `folder`.

    Parts are linked from a generation in `published` where that can be; with `anew`, only those of
    which nothing changed. Gives the parts, `recent` last; new ones and replaced ones stay attached.
    """
    present = warehouse_tables(connection, "reporting")
    settling = [table for table in SETTLING_TABLES if table.name in present]
    connection.execute(
        "create table replaced_cases"
        " (table_name text, catalog text, application_id text, case_on date)"
    )
    base = _base(connection, settling, published)
    parts = [] if anew else _linked(connection, settling, folder, base)
    if not parts:
        parts = _written(connection, settling, open_from, folder, base)
    _list_parts(connection, parts)
    for table in PUBLISHED_TABLES.values():
        if table.name in present and table.name not in FROM_THE_STORE:
            rows, order = "true", table.ordered_by
            if table.settled_by:
                rows, order = _is_replaced(connection, table), ()
            copy_rows(connection, f"warehouse.reporting.{table.name}", table.name, rows, order)
    return parts


def fingerprint(connection: duckdb.DuckDBPyConnection, parts: Sequence[Part]) -> str:
    """SHA-256 of the content that depends on the data alone, however files and rows divide it."""
    digest = hashlib.sha256()
    for table in PUBLISHED_TABLES.values():
        if not table.of_the_run and has_table(connection, table.name):
            held = contents_of(connection, table.name)
            rows = held.rows + sum(part.rows(table.name) for part in parts)
            total = held.total + sum(part.total(table.name) for part in parts)
            digest.update(f"{table.name}({held.columns})={rows}:{total};".encode())
    return digest.hexdigest()


def settled_rows(
    connection: duckdb.DuckDBPyConnection, relation: str, table: PublishedTable, open_from: date
) -> dict[date, int]:
    """How many settled rows a relation like `table` has of each month (its first day)."""
    month = f"cast(date_trunc('month', {table.settled_by}) as date)"
    found = connection.execute(
        f"select {month}, count(*) from {relation}"
        f" where {table.settled_by} < date '{open_from}' group by all"
    ).fetchall()
    return dict(found)


def note_published(
    connection: duckdb.DuckDBPyConnection, generation: str, parts: Sequence[Part]
) -> None:
    """Let the warehouse's logs of changed cases tell of what changed since these parts.

    They begin anew where `recent` was written, and with it all that changed; else they go on. The
    connection's own file is the warehouse; all logs change, or none.
    """
    goes_on = any(part.catalog == _RECENT and part.is_linked for part in parts)
    gone = "generation is not null" if goes_on else "true"
    connection.execute("begin")
    for table in SETTLING_TABLES:
        log = f"meta.{_log(table)}"
        if has_table(connection, _log(table), schema="meta"):
            connection.execute(f"delete from {log} where {gone}")
            connection.execute(f"insert into {log} (generation) values ($1)", [generation])
    connection.execute("commit")


def _log(table: PublishedTable) -> str:
    return f"changed_cases__{table.name}"


def _is_recent(table: PublishedTable, open_from: date) -> str:
    return f"({table.settled_by} is null or {table.settled_by} >= date '{open_from}')"


def _is_replaced(
    connection: duckdb.DuckDBPyConnection, table: PublishedTable, catalog: str = ""
) -> str:
    """A condition: rows of the cases that were replaced, sought by the days that they lie by."""
    replaced = f"from replaced_cases where table_name = '{table.name}'"
    if catalog:
        replaced += f" and catalog = '{catalog}'"
    if not connection.execute(f"select 1 {replaced} limit 1").fetchone():
        return "false"
    return (
        f"case_on in (select case_on {replaced})"
        f" and application_id in (select application_id {replaced})"
    )


def _base(
    connection: duckdb.DuckDBPyConnection, tables: Sequence[PublishedTable], published: Path
) -> tuple[Path, list[Part]]:
    """The folder of the generation since which every change is known, and its parts, or none."""
    bases: set[str | None] = set()
    for table in tables:
        if not has_table(connection, _log(table), "warehouse", "meta"):
            return published, []
        log = f"warehouse.meta.{_log(table)}"
        bases |= set(connection.execute(f"select max(generation) from {log}").fetchone() or ())
    base = bases.pop() if len(bases) == 1 else None
    if base is None or not (published / base / MARTS_FILE).exists():
        return published, []
    columns = {
        table.name: ", ".join(sorted(columns_of(connection, f"warehouse.reporting.{table.name}")))
        for table in tables
    }
    parts = _listed_parts(connection, published / base / MARTS_FILE)
    same = all(
        held.columns == columns.get(name) for part in parts for name, held in part.contents.items()
    ) and all(part.contents.keys() == columns.keys() for part in parts[-1:])
    return published / base, parts if same else []


def _linked(
    connection: duckdb.DuckDBPyConnection,
    tables: Sequence[PublishedTable],
    folder: Path,
    base: tuple[Path, list[Part]],
) -> list[Part]:
    """All parts of the base, with what was replaced of each; none where that is too much."""
    base_folder, parts = base
    if not parts:
        return []
    recent = parts[-1]
    for table in tables:
        connection.execute(
            f"""
            insert into replaced_cases
            select distinct
                '{table.name}',
                if(
                    month < date '{recent.first_day}',
                    strftime(month, 'month_%Y_%m'),
                    '{_RECENT}'
                ),
                key,
                case_on
            from warehouse.meta.{_log(table)}
            where key is not null
            """
        )
    replaced = sum(
        count_rows(connection, f"warehouse.reporting.{table.name} where {condition}")
        for table in tables
        for condition in [_is_replaced(connection, table)]
    )
    if replaced > REPLACED_AT_MOST * sum(held.rows for held in recent.contents.values()):
        connection.execute("delete from replaced_cases")
        return []
    return [_link(connection, tables, part, base_folder, folder) for part in parts]


def _link(
    connection: duckdb.DuckDBPyConnection,
    tables: Sequence[PublishedTable],
    part: Part,
    base_folder: Path,
    folder: Path,
) -> Part:
    os.link(base_folder / part.file_name, folder / part.file_name)
    replaced = {}
    if count_rows(connection, f"replaced_cases where catalog = '{part.catalog}'"):
        file = sql_text(str(folder / part.file_name))
        connection.execute(f"attach {file} as {part.catalog} (read_only)")
        for table in tables:
            if table.name in part.contents:
                condition = _is_replaced(connection, table, part.catalog)
                rows = f"{part.catalog}.main.{table.name} where {condition}"
                replaced[table.name] = contents_of(connection, f"(select * from {rows})")
    return Part(part.catalog, part.first_day, part.contents, is_linked=True, replaced=replaced)


def _written(
    connection: duckdb.DuckDBPyConnection,
    tables: Sequence[PublishedTable],
    open_from: date,
    folder: Path,
    base: tuple[Path, list[Part]],
) -> list[Part]:
    """The parts as of now: months of which nothing changed linked, all others written."""
    base_folder, known = base
    changed = {
        month
        for table in tables
        if known
        for (month,) in connection.execute(
            f"select distinct month from warehouse.meta.{_log(table)}"
        ).fetchall()
    }
    unchanged = {part.first_day: part for part in known[:-1] if part.first_day not in changed}
    first_days = {
        month
        for table in tables
        for month in settled_rows(connection, f"warehouse.reporting.{table.name}", table, open_from)
    }
    parts = []
    for first_day in sorted(first_days):
        if first_day in unchanged:
            parts.append(_link(connection, tables, unchanged[first_day], base_folder, folder))
            continue
        next_month = (first_day + timedelta(days=31)).replace(day=1)
        rows = {
            table: f"{table.settled_by} >= date '{first_day}'"
            f" and {table.settled_by} < date '{next_month}'"
            for table in tables
        }
        catalog = f"month_{first_day:%Y_%m}"
        parts.append(_write(connection, Part(catalog, first_day, {}), rows, folder, is_sorted=True))
    # sorting what is written each night would cost more than a scan of some weeks saves
    recent = {table: _is_recent(table, open_from) for table in tables}
    return [*parts, _write(connection, Part(_RECENT, open_from, {}), recent, folder)]


def _write(
    connection: duckdb.DuckDBPyConnection,
    part: Part,
    rows: Mapping[PublishedTable, str],
    folder: Path,
    is_sorted: bool = False,
) -> Part:
    """Write a part: of each table the `rows` of a condition."""
    connection.execute(f"attach {sql_text(str(folder / part.file_name))} as {part.catalog}")
    contents = {}
    for table, condition in rows.items():
        target = f"{part.catalog}.main.{table.name}"
        order = table.ordered_by if is_sorted else ()
        copy_rows(connection, f"warehouse.reporting.{table.name}", target, condition, order)
        contents[table.name] = contents_of(connection, target)
    return Part(part.catalog, part.first_day, contents)


def _list_parts(connection: duckdb.DuckDBPyConnection, parts: Iterable[Part]) -> None:
    connection.execute(
        "create table parts"
        " (catalog text, first_day date, table_name text, columns text, rows bigint, total hugeint)"
    )
    rows = [
        (part.catalog, part.first_day, name, held.columns, held.rows, held.total)
        for part in parts
        for name, held in part.contents.items()
    ]
    if rows:
        connection.executemany("insert into parts values (?, ?, ?, ?, ?, ?)", rows)


def _listed_parts(connection: duckdb.DuckDBPyConnection, marts: Path) -> list[Part]:
    """The parts that a generation's `marts.duckdb` lists; none where it lists no `recent`."""
    connection.execute(f"attach {sql_text(str(marts))} as base (read_only)")
    try:
        found = connection.execute(
            "select catalog, first_day, table_name, columns, rows, total from base.main.parts"
            f" order by catalog = '{_RECENT}', first_day"
        ).fetchall()
    finally:
        connection.execute("detach base")
    contents: dict[tuple[str, date], dict[str, Contents]] = {}
    for catalog, first_day, table, *held in found:
        contents.setdefault((catalog, first_day), {})[table] = Contents(*held)
    parts = [Part(*key, held) for key, held in contents.items()]
    return parts if parts and parts[-1].catalog == _RECENT else []
