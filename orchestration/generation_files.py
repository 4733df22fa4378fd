"""How a file of a generation is made: opened beside the warehouse, filled from it, measured."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from config import Settings
from orchestration.landing import sql_text

# What only this version of DuckDB reads is written with less work.
OWN_FORMAT = {"storage_compatibility_version": "latest"}


@dataclass(frozen=True)
class Contents:
    """What a relation holds whatever the order of its rows: its columns, rows, sum of hashes.

    Doubles count to six decimals, since sums of doubles depend on the order of threads.
    """

    columns: str
    rows: int
    total: int


@contextmanager
def new_file(
    settings: Settings, file: Path, storage: Mapping[str, str]
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection to a file being made, with the warehouse attached as `warehouse`, read-only.

    All that follows here works on such a connection, where nothing else is said. What was written
    is in the file itself when the connection closes. `storage` is OWN_FORMAT, or nothing where
    other versions of DuckDB shall read it.
    """
    with closing(duckdb.connect(file, config=dict(storage))) as connection:
        connection.execute(f"set memory_limit = '{settings.memory_limit_mb}MB'")
        connection.execute(f"set threads = {settings.threads}")
        connection.execute("set timezone = 'UTC'")
        # so that a scan leaves out what lies by other days than those of some thousand cases
        connection.execute("set dynamic_or_filter_threshold = 1000")
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
    """What selects these columns, timestamps (UTC) with their zone.

    By their microseconds, since a cast asks the zone's calendar for every row.
    """
    return ", ".join(
        f'make_timestamptz(epoch_us("{name}")) as "{name}"' if kind == "TIMESTAMP" else f'"{name}"'
        for name, kind in columns.items()
    )


def copy_rows(
    connection: duckdb.DuckDBPyConnection,
    source: str,
    target: str,
    rows: str = "true",
    ordered_by: Sequence[str] = (),
) -> None:
    """Copy the `rows` (a condition) of a relation into a new table, in the order given."""
    columns = columns_of(connection, source)
    keys = ", ".join(f'"{name}"' for name in ordered_by if name in columns)
    connection.execute(
        f"create table {target} as select {zoned(columns)} from {source}"
        f" where {rows}{f' order by {keys}' if keys else ''}"
    )


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


def count_rows(connection: duckdb.DuckDBPyConnection, rows: str) -> int:
    """How many `rows` there are: a relation, with a condition or without."""
    found = connection.execute(f"select count(*) from {rows}").fetchone()
    assert found is not None
    return int(found[0])


def has_table(
    connection: duckdb.DuckDBPyConnection, table: str, catalog: str = "", schema: str = "main"
) -> bool:
    """Whether a catalog (default: the connection's own) has a table or a view."""
    found = connection.execute(
        "select 1 from information_schema.tables where table_schema = $schema"
        " and table_name = $table"
        " and table_catalog = if($catalog = '', current_database(), $catalog)",
        {"table": table, "catalog": catalog, "schema": schema},
    ).fetchone()
    return found is not None
