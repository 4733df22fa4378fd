"""Quarantined rows: which there are, and how they get out.

A row that named an unknown code is tried again by itself when the reference changes; a person may
release others. Either way the rows come as a new batch that names the old one, whose file is
never touched.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb
import sqlalchemy as sa

from config import Settings
from contract import RECORDS, Record, landed_columns
from expectations.gate import BatchFacts, judge
from expectations.rules import KNOWN_CODES, first_broken, row_rules, rule_names
from orchestration import landing
from orchestration.ledger import loads, tables, writing
from orchestration.ledger.loads import BatchEntry, BatchSummary
from orchestration.run_context import RunContext

_RETRIED = "quarantine_retried"


@dataclass(frozen=True)
class QuarantinedRows:
    """Rows of one batch that broke one rule and are still in quarantine."""

    batch_id: int
    record: str
    rule: str
    rows: int
    oldest_at: datetime | None
    example_position: str


def quarantined(
    store: sa.Engine,
    record: str | None = None,
    rule: str | None = None,
    batch_id: int | None = None,
) -> list[QuarantinedRows]:
    """The rows in quarantine by batch and rule; no values of rows."""
    found = tables.batch_rules.c
    left = found.rows - found.released_rows
    query = sa.select(
        found.batch_id,
        found.record,
        found.rule,
        left.label("rows"),
        found.oldest_at,
        found.example_position,
    ).where(left > 0)
    for column, wanted in (
        (found.record, record),
        (found.rule, rule),
        (found.batch_id, batch_id),
    ):
        if wanted is not None:
            query = query.where(column == wanted)
    with store.connect() as connection:
        rows = connection.execute(query.order_by(found.record, found.rule, found.batch_id))
        return [QuarantinedRows(**row._mapping) for row in rows]


def retry(
    settings: Settings,
    store: sa.Engine,
    run: RunContext,
    connection: duckdb.DuckDBPyConnection,
) -> dict[str, list[BatchSummary]]:
    """Try rows of unknown codes again where references landed since the last time, by record."""
    newest = _newest_reference_batch(store)
    if newest is None or newest <= _retried_until(store):
        return {}
    known = landing.prepare_known_codes(connection, settings, store)
    mendable = set().union(*(rule_names(reference) for reference in KNOWN_CODES))
    found = [entry for entry in quarantined(store) if entry.rule in mendable]
    mended: dict[str, list[BatchSummary]] = {}
    for batch_id in dict.fromkeys(entry.batch_id for entry in found):
        entries = [entry for entry in found if entry.batch_id == batch_id]
        record = RECORDS[entries[0].record]
        broken = first_broken(row_rules(record, known))
        summary = release_rows(
            settings,
            store,
            run,
            connection,
            record,
            batch_id,
            [entry.rule for entry in entries],
            f"({broken}) is null",
            is_judged=True,
        )
        if summary is not None:
            mended.setdefault(record.name, []).append(summary)
    with writing(store) as writer:
        marks = tables.marks
        writer.execute(sa.delete(marks).where(marks.c.name == _RETRIED))
        writer.execute(sa.insert(marks).values(name=_RETRIED, batch_id=newest))
    return mended


def release_rows(
    settings: Settings,
    store: sa.Engine,
    run: RunContext,
    connection: duckdb.DuckDBPyConnection,
    record: Record,
    batch_id: int,
    rules: Sequence[str],
    condition: str,
    is_judged: bool,
    also: Callable[[sa.Connection], None] = lambda writer: None,
) -> BatchSummary | None:
    """Land the quarantined rows of a batch that broke one of `rules` and meet `condition` (SQL).

    They come as a new, admitted batch, with what `also` writes in one transaction; None where
    there are none, or where the gate, asked by `is_judged`, would hold them: then they stay where
    they are.
    """
    paths = _batch_paths(settings, store, batch_id)
    connection.execute(
        f"""
        create or replace temp table released as
        select * from {landing.files_relation(paths[:1])}
        where
            rejected_by in ({", ".join(landing.sql_text(rule) for rule in rules)})
            and {condition}
        """
    )
    for path in paths[1:]:
        connection.execute(
            f"""
            delete from released where (source_file, source_row) in (
                select (source_file, source_row) from {landing.files_relation([path])}
            )
            """
        )
    by_rule = dict(
        connection.execute("select rejected_by, count(*) from released group by 1").fetchall()
    )
    if not by_rule:
        return None
    new_id = loads.allocate_batch_id(store)
    rows = sum(by_rule.values())
    landed = landing.write_rows(
        connection,
        settings.home,
        record,
        new_id,
        released_columns(record, new_id, "released"),
        {"releases_batch_id": batch_id},
    )
    if is_judged:
        facts = BatchFacts(record, settings.home.landing / landed.path, rows, 0, rows, 0, 0, 0.0)
        if judge(connection, facts, settings.gate).verdict == "held":
            landing.remove_batch_file(settings.home, landed)
            return None
    relation = landing.files_relation([settings.home.landing / landed.path])
    low, high, _ = (
        landing.cursor_range(connection, relation, record.cursor)
        if record.cursor
        else (None, None, False)
    )
    summary = BatchSummary(new_id, record.name, "admitted", rows, rows, 0, 0, 0)
    hourly = landing.hourly_counts(connection, record, relation)
    with writing(store) as writer:
        source = writer.scalar(
            sa.select(tables.batches.c.source_name).where(tables.batches.c.batch_id == batch_id)
        )
        loads.add_batch(
            writer,
            BatchEntry(
                summary=summary,
                run_id=run.run_id,
                source_name=source or "",
                loaded_at=run.now_utc,
                cursor_min=low,
                cursor_max=high,
                path=landed.path,
                sha256=landed.sha256,
                releases_batch_id=batch_id,
            ),
        )
        loads.add_hourly_rows(writer, record.name, hourly)
        _add_released(writer, batch_id, by_rule)
        also(writer)
    return summary


def released_columns(
    record: Record, batch_id: int, relation: str, keeps_rules: bool = False
) -> str:
    """The select of a batch that releases the landed rows of `relation`."""
    names = ", ".join(f'"{column.name}"' for column in landed_columns(record))
    return f"""
        select
            {names}, {batch_id}::BIGINT as batch_id,
            row_number() over (order by batch_row) as batch_row,
            source_file, source_row,
            {"rejected_by" if keeps_rules else "null::VARCHAR as rejected_by"},
            uncast, observed_at
        from {relation}
        order by batch_row
    """


def _batch_paths(settings: Settings, store: sa.Engine, batch_id: int) -> list[Path]:
    """The file of a batch, then those that released rows of it."""
    batches = tables.batches.c
    query = (
        sa.select(batches.path)
        .where((batches.batch_id == batch_id) | (batches.releases_batch_id == batch_id))
        .where(batches.path.is_not(None))
        .order_by(batches.batch_id)
    )
    with store.connect() as connection:
        paths: list[str] = list(connection.scalars(query))
    return [settings.home.landing / path for path in paths]


def _add_released(writer: sa.Connection, batch_id: int, by_rule: Mapping[str, int]) -> None:
    found = tables.batch_rules
    for rule, rows in by_rule.items():
        writer.execute(
            sa.update(found)
            .where(found.c.batch_id == batch_id, found.c.rule == rule)
            .values(released_rows=found.c.released_rows + rows)
        )


def _newest_reference_batch(store: sa.Engine) -> int | None:
    batches = tables.batches.c
    query = sa.select(sa.func.max(batches.batch_id)).where(
        batches.record.in_(list(KNOWN_CODES)),
        batches.verdict == "admitted",
        batches.path.is_not(None),
    )
    with store.connect() as connection:
        newest: int | None = connection.scalar(query)
    return newest


def _retried_until(store: sa.Engine) -> int:
    marks = tables.marks.c
    with store.connect() as connection:
        return connection.scalar(sa.select(marks.batch_id).where(marks.name == _RETRIED)) or 0
