"""PostgreSQL sources: a table of the record's name in the schema `operations`, read by ADBC.

Rows stream in Arrow batches of bounded size, in one statement: one snapshot, nothing partial.
Rows without a cursor belong to no window. They are read with every window all the same, since
nothing else would ever find them; the gate quarantines them once and knows them afterwards.
"""

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from itertools import chain
from typing import Any

import adbc_driver_manager
import pyarrow as pa
from adbc_driver_manager import dbapi as adbc
from adbc_driver_postgresql import StatementOptions
from adbc_driver_postgresql import dbapi as postgresql

from contract import Column, Record, Type
from orchestration.pseudonyms import PseudonymKey, conceal
from orchestration.sources import (
    CursorWindow,
    Part,
    Reading,
    RecordAbsentError,
    SourceError,
    contract_columns,
    numbered,
    source_name,
)

SCHEMA = "operations"
BATCH_BYTES = 16 * 1024**2
CONNECT_SECONDS = 10

# PostgreSQL's types that go into a contract type by a cast that cannot fail. All others come as
# text, and what cannot be cast then rejects its row instead of breaking the read.
_SURE_CASTS: dict[Type, tuple[str, frozenset[str]]] = {
    Type.TEXT: ("text", frozenset()),
    Type.INTEGER: ("bigint", frozenset({"int2", "int4", "int8"})),
    Type.NUMBER: (
        "double precision",
        frozenset({"int2", "int4", "int8", "float4", "float8", "numeric"}),
    ),
    Type.BOOLEAN: ("boolean", frozenset({"bool"})),
    Type.DATE: ("date", frozenset({"date"})),
    Type.CLOCK_TIME: ("text", frozenset()),
    Type.TIMESTAMP: ("timestamptz", frozenset({"timestamptz", "timestamp"})),
}


def open_table(url: str, record: Record, window: CursorWindow, key: PseudonymKey | None) -> Part:
    """The table of `record` at `url`, ready to be read.

    Its `open` raises SourceError where the database is down or the login is refused (without the
    password), RecordAbsentError where there is no such table.
    """
    return Part(name=f"{SCHEMA}.{record.name}", open=lambda: _open(url, record, window, key))


@contextmanager
def connection_to(url: str, record: Record) -> Iterator[adbc.Connection]:
    """A read-only connection in UTC. Raises SourceError, naming record and host."""
    where = source_name(url)
    try:
        connection = postgresql.connect(_with_timeout(url), autocommit=False)
    except adbc_driver_manager.Error as error:
        raise SourceError(
            f"{record.name}: {where} cannot be reached ({_connection_fault(url, error)}): check "
            "that the database is up and the login in passport.toml"
        ) from None
    try:
        with connection.cursor() as cursor:
            cursor.execute("set transaction isolation level repeatable read, read only")
            cursor.execute("set time zone 'UTC'")
        yield connection
    except adbc_driver_manager.Error as error:
        # The server's own words may quote a row; its code does not.
        raise SourceError(
            f"{record.name}: the read from {where} broke off ({_code(error)}); nothing of it was "
            "taken, the next run reads it again"
        ) from None
    finally:
        with suppress(adbc_driver_manager.Error):
            connection.close()


def _open(url: str, record: Record, window: CursorWindow, key: PseudonymKey | None) -> Reading:
    with ExitStack() as opened:
        connection = opened.enter_context(connection_to(url, record))
        types, nullable = table_columns(connection, url, record)
        where = f"table {SCHEMA}.{record.name} at {source_name(url)}"
        known, unknown = contract_columns(record, list(types), where, SourceError)
        query = _select(record, known, types, window, nullable)
        still_open = opened.pop_all()
    rows = _rows(still_open, connection, url, record, query)
    concealed = (conceal(batch, record, key) for batch in rows)
    first = next(concealed)
    schema = first.schema.append(pa.field("source_row", pa.int64()))
    return Reading(
        name=f"{SCHEMA}.{record.name}",
        record=record,
        schema=schema,
        batches=numbered(chain([first], concealed), schema),
        unknown_columns=unknown,
    )


def _rows(
    opened: ExitStack, connection: adbc.Connection, url: str, record: Record, query: str
) -> Iterator[pa.RecordBatch]:
    """The rows of `query`; the first batch is empty and shows the columns. Closes `opened`."""
    with opened, connection.cursor() as cursor:
        cursor.adbc_statement.set_options(
            **{StatementOptions.BATCH_SIZE_HINT_BYTES.value: str(BATCH_BYTES)}
        )
        cursor.execute(query)
        reader = cursor.fetch_record_batch()
        try:
            yield pa.RecordBatch.from_arrays(
                [pa.array([], field.type) for field in reader.schema], schema=reader.schema
            )
            yield from reader
        except (pa.ArrowException, OSError) as error:
            raise SourceError(
                f"{record.name}: the read from {source_name(url)} broke off "
                f"({type(error).__name__}); nothing of it was taken, the next run reads it again"
            ) from None


def table_columns(
    connection: adbc.Connection, url: str, record: Record
) -> tuple[dict[str, str], bool]:
    """The type of each column the table has, and whether its cursor may be null."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            select a.attname::text, t.typname::text, a.attnotnull
            from pg_catalog.pg_class as c
            join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
            join pg_catalog.pg_attribute as a on a.attrelid = c.oid
            join pg_catalog.pg_type as t on t.oid = a.atttypid
            where n.nspname = '{SCHEMA}' and c.relname = '{record.name}'
                and c.relkind in ('r', 'p', 'v', 'm', 'f') and a.attnum > 0
                and not a.attisdropped
            order by a.attnum
            """
        )
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    if not rows:
        raise RecordAbsentError(
            f"{record.name}: {source_name(url)} has no table {SCHEMA}.{record.name}, or its "
            "reader may not see it"
        )
    nullable = not any(name == record.cursor and not_null for name, _, not_null in rows)
    return {name: kind for name, kind, _ in rows}, nullable


def _select(
    record: Record,
    names: list[str],
    types: dict[str, str],
    window: CursorWindow,
    nullable: bool,
) -> str:
    values = ", ".join(f'{_value(record.column(name), types[name])} as "{name}"' for name in names)
    query = f"select {values} from {SCHEMA}.{record.name}"
    if record.cursor is None or window.is_everything:
        return query
    cursor = f'"{record.cursor}"'
    if types[record.cursor] not in _SURE_CASTS[Type.TIMESTAMP][1]:
        raise SourceError(
            f"{record.name}: {SCHEMA}.{record.name}.{record.cursor} is a {types[record.cursor]}; "
            "a table is read by its cursor, which must be a timestamptz"
        )
    limits = []
    if window.start is not None:
        limits.append(f"{cursor} >= timestamptz '{window.start}+00'")
    if window.until is not None:
        limits.append(f"{cursor} < timestamptz '{window.until}+00'")
    null_too = f" or {cursor} is null" if nullable else ""
    return f"{query} where ({' and '.join(limits)}){null_too}"


def _value(column: Column, given: str) -> str:
    kind, sure = _SURE_CASTS[column.type]
    if given not in sure:
        return f'"{column.name}"::text'
    if given in {"date", "timestamp", "timestamptz"}:
        # Infinity means "no end" to PostgreSQL and is no moment to anyone else.
        return f'case when isfinite("{column.name}") then "{column.name}"::{kind} end'
    return f'"{column.name}"::{kind}'


def _with_timeout(url: str) -> str:
    if "connect_timeout=" in url:
        return url
    return f"{url}{'&' if '?' in url else '?'}connect_timeout={CONNECT_SECONDS}"


def _connection_fault(url: str, error: adbc_driver_manager.Error) -> str:
    """Why there is no connection, in the server's words without anything of the login."""
    text = str(error).splitlines()[0]
    for pattern in (r"//[^@/]*@", r"password=[^&\s]*"):
        for secret in re.findall(pattern, url):
            text = text.replace(secret, "…")
    if "authentication failed" in text:
        return "the login was refused"
    if "does not exist" in text:
        return "no such database or role"
    if "timeout" in text:
        return f"no answer in {CONNECT_SECONDS} s"
    return "connection refused or broken off"


def _code(error: adbc_driver_manager.Error) -> str:
    return f"SQLSTATE {error.sqlstate}" if error.sqlstate else type(error).__name__


__all__ = ["BATCH_BYTES", "connection_to", "open_table"]
