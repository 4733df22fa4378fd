"""What the sources hold against what has landed: distinct keys by the day of their newest cursor.

Counted anew at the source, apart from the way by which rows come in, so that it finds what that
way loses. Nightly: it reads every key of the days in question.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import duckdb
import sqlalchemy as sa

from config import Settings
from contract import OPERATIONAL, RECORDS, Record
from orchestration import landing
from orchestration.drops import drop_folder, list_files, open_file
from orchestration.ledger import loads, tables, writing
from orchestration.postgres import SCHEMA, connection_to, table_columns
from orchestration.run_context import RunContext
from orchestration.sources import FileRefusedError, RecordAbsentError, SourceError

DAYS = 35


def count_records(
    settings: Settings,
    store: sa.Engine,
    run: RunContext,
    records: Sequence[str] | None = None,
    days: int = DAYS,
) -> dict[str, str]:
    """Write `record_counts` for the last `days` UTC days before the run's now.

    Gives the records that could not be counted, with the reason; their old counts stay.
    """
    until = run.now_utc
    since = datetime.combine(until.date() - timedelta(days=days), datetime.min.time())
    failed: dict[str, str] = {}
    with landing.workbench(settings) as connection:
        for name in records or OPERATIONAL:
            record, url = RECORDS[name], settings.source_of(name)
            if url is None or record.cursor is None:
                continue
            try:
                if url.startswith("file://"):
                    at_source = _count_drop(connection, url, record, since, until)
                else:
                    at_source = _count_table(url, record, since, until)
            except RecordAbsentError:
                continue
            except SourceError as error:
                failed[name] = str(error)
                continue
            landed = _count_landed(connection, settings, store, record, since, until)
            _write(store, name, since.date(), at_source, landed)
    return failed


def _count_table(url: str, record: Record, since: datetime, until: datetime) -> dict[date, int]:
    keys = ", ".join(f'"{name}"' for name in record.key)
    with connection_to(url, record) as connection, connection.cursor() as cursor:
        table_columns(connection, url, record)
        cursor.execute(
            f"""
            select (newest at time zone 'UTC')::date, count(*)
            from (
                select max("{record.cursor}") as newest
                from {SCHEMA}.{record.name}
                where
                    "{record.cursor}" >= timestamptz '{since}+00'
                    and "{record.cursor}" < timestamptz '{until}+00'
                group by {keys}
            ) as versions
            group by 1
            """
        )
        return dict(cursor.fetchall())


def _count_drop(
    connection: duckdb.DuckDBPyConnection,
    url: str,
    record: Record,
    since: datetime,
    until: datetime,
) -> dict[date, int]:
    """Counts over all files that can be read; a refused one is missing here as in the landing."""
    assert record.cursor is not None
    names = {*record.key, record.cursor}
    keys = ", ".join(f'"{name}"' for name in record.key)
    found, _ = list_files(drop_folder(url), record)
    relations = []
    for number, file in enumerate(found):
        try:
            reading = open_file(file, record, None, names)
            for place, batches in enumerate(landing.chunks_of(reading)):
                landing.stage(connection, "counted", reading, batches, ())
                relation = f"newest_{number}_{place}"
                connection.execute(
                    f"""
                    create or replace table {relation} as
                    select {keys}, max("{record.cursor}") as "{record.cursor}" from counted
                    where {_within(record, since, until)} group by {keys}
                    """
                )
                connection.execute("drop table counted")
                relations.append(relation)
        except FileRefusedError:
            connection.execute("drop table if exists counted")
    if not relations:
        return {}
    union = " union all ".join(f"from {relation}" for relation in relations)
    counts = _by_day(connection, record, f"({union})")
    for relation in relations:
        connection.execute(f"drop table {relation}")
    return counts


def _count_landed(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    store: sa.Engine,
    record: Record,
    since: datetime,
    until: datetime,
) -> dict[date, int]:
    near = loads.admitted_paths(store, record.name, since, until, with_null_cursor=False)
    if not near:
        return {}
    files = landing.files_relation([settings.home.landing / path for path in near])
    condition = f"rejected_by is null and {_within(record, since, until)}"
    return _by_day(connection, record, f"(from {files} where {condition})")


def _by_day(
    connection: duckdb.DuckDBPyConnection, record: Record, relation: str
) -> dict[date, int]:
    keys = ", ".join(f'"{name}"' for name in record.key)
    return dict(
        connection.execute(
            f"""
            select newest::date, count(*)
            from (select max("{record.cursor}") as newest from {relation} group by {keys})
            group by 1
            """
        ).fetchall()
    )


def _within(record: Record, since: datetime, until: datetime) -> str:
    return (
        f"\"{record.cursor}\" >= TIMESTAMP '{since}' and \"{record.cursor}\" < TIMESTAMP '{until}'"
    )


def _write(
    store: sa.Engine,
    record: str,
    since: date,
    at_source: dict[date, int],
    landed: dict[date, int],
) -> None:
    counts = tables.record_counts
    with writing(store) as connection:
        connection.execute(
            sa.delete(counts).where(counts.c.record == record, counts.c.day >= since)
        )
        days = sorted(at_source.keys() | landed.keys())
        if days:
            connection.execute(
                sa.insert(counts),
                [
                    {
                        "record": record,
                        "day": day,
                        "source_rows": at_source.get(day, 0),
                        "landed_rows": landed.get(day, 0),
                    }
                    for day in days
                ],
            )
