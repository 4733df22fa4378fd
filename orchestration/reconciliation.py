"""Counts at the source against counts here: distinct keys by the UTC day of their newest cursor.

Rows without a key or cursor belong to no day and are left to the quarantine.
"""

import logging
from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb
import sqlalchemy as sa

from config import Settings
from contract import OPERATIONAL, RECORDS, Record
from orchestration.drops import drop_folder, list_files
from orchestration.landing import files_relation, raw_files, sql_text, workbench
from orchestration.ledger import loads, tables, writing
from orchestration.postgres import SCHEMA, connection_to
from orchestration.run_context import RunContext
from orchestration.sources import RecordAbsentError, SourceError

DAYS = 7

_log = logging.getLogger(__name__)


def reconcile(
    settings: Settings, store: sa.Engine, run: RunContext, records: Sequence[str] | None
) -> None:
    """Count the last DAYS days of every operational record (or those of `records`) on both sides.

    Written to `record_counts`. A source that cannot be counted now keeps the counts it has.
    """
    until = run.now_utc
    start = datetime.combine(until.date() - timedelta(days=DAYS - 1), datetime.min.time())
    with workbench(settings) as connection:
        for name in OPERATIONAL:
            url = settings.source_of(name)
            if url is None or (records is not None and name not in records):
                continue
            record = RECORDS[name]
            try:
                at_source = _at_source(connection, store, record, url, start, until)
            except RecordAbsentError:
                continue
            except (SourceError, duckdb.Error) as error:
                _log.warning("%s: not counted at its source (%s)", name, type(error).__name__)
                continue
            files = raw_files(settings, store, name)
            here = _counts(connection, record, files_relation(files), start, until) if files else {}
            _write(store, name, start.date(), at_source, here)


def _at_source(
    connection: duckdb.DuckDBPyConnection,
    store: sa.Engine,
    record: Record,
    url: str,
    start: datetime,
    until: datetime,
) -> dict[date, int]:
    if not url.startswith("file://"):
        return _table_counts(record, url, start, until)
    relation = _drop_relation(store, record, url, start)
    return _counts(connection, record, relation, start, until) if relation else {}


def _query(record: Record, relation: str, cursor: str, start: datetime, until: datetime) -> str:
    keys = ", ".join(record.key)
    present = " and ".join(f"{key} is not null" for key in record.key)
    return f"""
        select cast(newest_at as date) as day, count(*) as row_count
        from (
            select {keys}, max({cursor}) as newest_at
            from {relation}
            where {cursor} >= '{start}' and {cursor} < '{until}' and {present}
            group by {keys}
        ) as newest
        group by 1
    """


def _table_counts(record: Record, url: str, start: datetime, until: datetime) -> dict[date, int]:
    query = _query(record, f"{SCHEMA}.{record.name}", str(record.cursor), start, until)
    with connection_to(url, record) as connection, closing(connection.cursor()) as cursor:
        cursor.execute(query)
        return dict(cursor.fetchall())


def _counts(
    connection: duckdb.DuckDBPyConnection,
    record: Record,
    relation: str,
    start: datetime,
    until: datetime,
) -> dict[date, int]:
    query = _query(record, relation, str(record.cursor), start, until)
    return dict(connection.execute(query).fetchall())


def _drop_relation(store: sa.Engine, record: Record, url: str, start: datetime) -> str | None:
    """The files that may hold rows since `start`: seen since then, and not refused."""
    seen = loads.seen_files(store, record.name)
    recent = _seen_since(store, record.name, start)
    columns = ", ".join(record.key)
    cursor = f"cast(try_cast({record.cursor} as timestamptz) as timestamp) as {record.cursor}"
    parts = []
    for file in list_files(drop_folder(url), record)[0]:
        entry = seen.get(file.name)
        if entry is None or entry.verdict == "refused" or file.name not in recent:
            continue
        parts.append(f"select {columns}, {cursor} from {_reader(file.path)}")
    return "(" + " union all ".join(parts) + ")" if parts else None


def _reader(path: Path) -> str:
    if path.suffix == ".parquet":
        return files_relation([path])
    return f"read_csv({sql_text(str(path))}, header = true, all_varchar = true)"


def _seen_since(store: sa.Engine, record: str, start: datetime) -> set[str]:
    query = sa.select(tables.files.c.name).where(
        tables.files.c.record == record, tables.files.c.seen_at >= start
    )
    with store.connect() as connection:
        return set(connection.scalars(query))


def _write(
    store: sa.Engine,
    record: str,
    start: date,
    at_source: Mapping[date, int],
    here: Mapping[date, int],
) -> None:
    counts = tables.record_counts
    days = [start + timedelta(days=number) for number in range(DAYS)]
    with writing(store) as connection:
        connection.execute(
            sa.delete(counts).where(counts.c.record == record, counts.c.day.in_(days))
        )
        connection.execute(
            sa.insert(counts),
            [
                {
                    "record": record,
                    "day": day,
                    "source_rows": at_source.get(day, 0),
                    "landed_rows": here.get(day, 0),
                }
                for day in days
            ],
        )
