"""PostgreSQL: the records as tables of the schema `operations`, as the systems hold them now.

A changed row takes the place of the older one; rows sent twice and dirty rows are there, so the
tables have no keys of their own, only indexes. The state of the world lies in the same database,
in the table `simulator.world`, and changes in the same transaction as the rows.
"""

import hashlib
from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from adbc_driver_manager import Error
from adbc_driver_postgresql import dbapi

from contract import RECORDS, Record, Type
from simulator.columns import REPLACES, schema
from simulator.targets.errors import TargetError

SCHEMA = "operations"
WORLD = "simulator.world"

_TYPES: dict[Type, str] = {
    Type.TEXT: "text",
    Type.CLOCK_TIME: "text",
    Type.INTEGER: "bigint",
    Type.NUMBER: "double precision",
    Type.BOOLEAN: "boolean",
    Type.DATE: "date",
    Type.TIMESTAMP: "timestamptz",
}
_DESCRIPTION = "world.json"


class PostgresSchema:
    """One open transaction on the database of `url`."""

    def __init__(self, url: str) -> None:
        try:
            self._connection = dbapi.connect(url)
        except Error as error:
            raise TargetError(
                f"cannot connect to the database of the target: {_reason(error)}; is it running?"
            ) from error
        self._run("create schema if not exists simulator")
        self._run(f"create table if not exists {WORLD} (name text primary key, content bytea)")

    def saved_world(self) -> tuple[str, dict[str, pa.Table]] | None:
        with self._connection.cursor() as cursor:
            cursor.execute(f"select name, content from {WORLD}")
            contents = dict(cursor.fetchall())
        if _DESCRIPTION not in contents:
            return None
        tables = {
            name: pq.read_table(pa.BufferReader(content))
            for name, content in contents.items()
            if name != _DESCRIPTION and not name.startswith("sha256 ")
        }
        return contents[_DESCRIPTION].decode(), tables

    def clear(self) -> None:
        self._run(f"create schema if not exists {SCHEMA}")
        self._run(f"delete from {WORLD}")
        for record in RECORDS.values():
            columns = ", ".join(f"{column.name} {_TYPES[column.type]}" for column in record.columns)
            self._run(f"drop table if exists {SCHEMA}.{record.name}")
            self._run(f"create table {SCHEMA}.{record.name} ({columns})")

    def write_reference(self, records: Mapping[str, pa.Table]) -> None:
        for name, rows in records.items():
            shown = rows.select(schema(RECORDS[name]).names)
            fingerprint = _fingerprint(shown)
            if self._kept(f"sha256 {name}") == fingerprint:
                continue
            self._run(f"delete from {SCHEMA}.{name}")
            self._ingest(name, shown)
            self._keep(f"sha256 {name}", fingerprint)

    def write(self, record: str, rows: pa.Table, since: int, until: int) -> None:
        contract = RECORDS[record]
        rows = _newest(rows, contract)
        replacing = rows.filter(rows[REPLACES])
        if replacing.num_rows:
            self._remove_older(contract, replacing)
        self._ingest(record, rows.select(schema(contract).names))

    def finish(self, described: str, tables: Mapping[str, pa.Table]) -> None:
        self._run(f"delete from {WORLD} where name not like 'sha256 %'")
        self._keep(_DESCRIPTION, described.encode())
        for name, table in tables.items():
            self._keep(name, _parquet(table))
        for record in RECORDS.values():
            for kind, columns in (("key", record.key), ("cursor", (record.cursor,))):
                if columns[0] is not None:
                    self._run(
                        f"create index if not exists {record.name}_{kind} "
                        f"on {SCHEMA}.{record.name} ({', '.join(map(str, columns))})"
                    )
        self._connection.commit()

    def close(self) -> None:
        self._connection.close()

    def _remove_older(self, record: Record, replacing: pa.Table) -> None:
        keys = replacing.select([*record.key, record.cursor])
        with self._connection.cursor() as cursor:
            cursor.execute("drop table if exists replaced")
            cursor.adbc_ingest("replaced", keys, mode="create", temporary=True)
            cursor.execute("analyze replaced")
            same = " and ".join(f"old.{name} = replaced.{name}" for name in record.key)
            cursor.execute(
                f"delete from {SCHEMA}.{record.name} old using replaced "
                f"where {same} and old.{record.cursor} < replaced.{record.cursor}"
            )

    def _ingest(self, record: str, rows: pa.Table) -> None:
        if not rows.num_rows:
            return
        with self._connection.cursor() as cursor:
            cursor.adbc_ingest(record, rows, mode="append", db_schema_name=SCHEMA)

    def _kept(self, name: str) -> bytes | None:
        with self._connection.cursor() as cursor:
            cursor.execute(f"select content from {WORLD} where name = $1", (name,))
            row = cursor.fetchone()
        return None if row is None else bytes(row[0])

    def _keep(self, name: str, content: bytes) -> None:
        with self._connection.cursor() as cursor:
            cursor.execute(f"delete from {WORLD} where name = $1", (name,))
            cursor.execute(f"insert into {WORLD} values ($1, $2)", (name, content))

    def _run(self, statement: str) -> None:
        with self._connection.cursor() as cursor:
            cursor.execute(statement)


def _newest(rows: pa.Table, record: Record) -> pa.Table:
    """The rows less those that a later row of the same key replaces. Rows come in the order of
    their cursors; a row sent twice stays twice."""
    if not pc.any(rows[REPLACES]).as_py():
        return rows
    parts = [rows[name].cast(pa.string()).combine_chunks() for name in record.key]
    key = pc.binary_join_element_wise(*parts, " ", null_handling="replace", null_replacement="")
    touched = np.flatnonzero(
        pc.is_in(key, key.filter(rows[REPLACES].combine_chunks())).to_numpy(zero_copy_only=False)
    )
    codes = key.take(pa.array(touched)).dictionary_encode().indices.to_numpy()
    cursor = rows[record.cursor].cast(pa.int64()).to_numpy()[touched]
    newest = np.zeros(codes.max() + 1, np.int64)
    np.maximum.at(newest, codes, cursor)
    keep = np.ones(rows.num_rows, bool)
    keep[touched] = cursor == newest[codes]
    return rows.filter(pa.array(keep))


def _parquet(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd")
    return bytes(sink.getvalue())


def _fingerprint(rows: pa.Table) -> bytes:
    return hashlib.sha256(_parquet(rows)).digest()


def _reason(error: Exception) -> str:
    # A URL may hold a password: only the server's own words are told.
    return str(error).splitlines()[-1] if str(error) else type(error).__name__
