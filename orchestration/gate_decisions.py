"""What people decide about held batches and quarantined rows, with by whom and why.

The caller holds the writer's lock for everything that decides.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

import sqlalchemy as sa

from config import Settings
from contract import RECORDS
from orchestration import landing
from orchestration.ledger import loads, tables, writing
from orchestration.ledger.loads import BatchEntry, BatchSummary, RuleCount
from orchestration.quarantine import (
    QuarantinedRows,
    quarantined,
    release_rows,
    released_columns,
)
from orchestration.run_context import RunContext
from orchestration.sources import EVERYTHING

__all__ = [
    "Decision",
    "GateDecisionError",
    "HeldBatch",
    "QuarantinedRows",
    "held_batches",
    "quarantined",
    "reject_batch",
    "release_batch",
    "release_quarantined",
    "show_batch",
]


class GateDecisionError(Exception):
    """The decision cannot be taken; the message names the batch, why, and what can be done."""


@dataclass(frozen=True)
class Decision:
    """Who decided what about a batch, and why."""

    decision: str
    decided_by: str
    why: str
    decided_at: datetime


@dataclass(frozen=True)
class HeldBatch:
    """A batch with its verdict and reasons.

    `files` (those of a drop whose rows it holds), `rules` and `decisions` only from `show_batch`.
    """

    batch_id: int
    record: str
    source_name: str
    verdict: str
    reasons: str
    rows_read: int
    rows_held: int
    window_from: datetime | None
    window_until: datetime | None
    cursor_min: datetime | None
    cursor_max: datetime | None
    loaded_at: datetime
    releases_batch_id: int | None
    files: tuple[str, ...] = ()
    rules: tuple[RuleCount, ...] = ()
    decisions: tuple[Decision, ...] = ()


def held_batches(store: sa.Engine, record: str | None = None) -> list[HeldBatch]:
    """The batches that wait for a decision, oldest first."""
    query = _batch_query().where(tables.batches.c.verdict == "held")
    if record is not None:
        query = query.where(tables.batches.c.record == record)
    with store.connect() as connection:
        return [HeldBatch(**row._mapping) for row in connection.execute(query)]


def show_batch(settings: Settings, store: sa.Engine, batch_id: int) -> HeldBatch:
    """One batch, held or not, with its files, its rows by broken rule and what was decided.

    Raises GateDecisionError where there is no such batch.
    """
    made = tables.gate_decisions.c
    with store.connect() as connection:
        row = connection.execute(
            _batch_query().where(tables.batches.c.batch_id == batch_id)
        ).first()
        path = connection.scalar(
            sa.select(tables.batches.c.path).where(tables.batches.c.batch_id == batch_id)
        )
        # a release takes the files over
        of_batch = sa.select(tables.batches.c.batch_id).where(
            sa.or_(
                tables.batches.c.batch_id == batch_id,
                tables.batches.c.releases_batch_id == batch_id,
            )
        )
        files: Sequence[str] = connection.scalars(
            sa.select(tables.files.c.name)
            .where(tables.files.c.batch_id.in_(of_batch))
            .order_by(tables.files.c.name)
        ).all()
        decisions = [
            Decision(**decision._mapping)
            for decision in connection.execute(
                sa.select(made.decision, made.decided_by, made.why, made.decided_at)
                .where(made.batch_id == batch_id)
                .order_by(made.decision_id)
            )
        ]
    if row is None:
        raise GateDecisionError(f"there is no batch {batch_id}; see `passport gate list`")
    batch = HeldBatch(**row._mapping)
    rules: tuple[RuleCount, ...] = ()
    if path is not None:
        with landing.workbench(settings) as connection_:
            relation = landing.files_relation([settings.home.landing / path])
            rules = landing.rule_counts(connection_, RECORDS[batch.record], relation)
    return replace(batch, files=tuple(files), rules=rules, decisions=tuple(decisions))


def release_batch(
    settings: Settings, store: sa.Engine, run: RunContext, batch_id: int, by: str, why: str
) -> BatchSummary | None:
    """Let a held batch in: its good rows are admitted as a new batch, the others quarantined.

    Rows that were admitted meanwhile are not landed again. None for a batch without rows (held
    since nothing came). Raises GateDecisionError where the batch is not held.
    """
    batch = _held(settings, store, batch_id)
    with store.connect() as reader:
        path = reader.scalar(
            sa.select(tables.batches.c.path).where(tables.batches.c.batch_id == batch_id)
        )
    summary = None
    if path is not None:
        summary = _admit(settings, store, run, batch, path, by, why)
    else:
        with writing(store) as writer:
            _decide(writer, run, batch_id, "released", by, why)
    return summary


def _admit(
    settings: Settings,
    store: sa.Engine,
    run: RunContext,
    batch: HeldBatch,
    path: str,
    by: str,
    why: str,
) -> BatchSummary:
    record = RECORDS[batch.record]
    new_id = loads.allocate_batch_id(store)
    with landing.workbench(settings) as connection:
        held_file = landing.files_relation([settings.home.landing / path])
        connection.execute(
            f"""
            create table held as
            select * exclude (source_row), source_row as row_in_file, batch_row as source_row,
                {landing.identity_hash(record)} as identity
            from {held_file}
            """
        )
        near = loads.admitted_paths(
            store, record.name, batch.cursor_min, batch.cursor_max, with_null_cursor=True
        )
        admitted = [settings.home.landing / name for name in near]
        chunk = landing.settle(
            connection,
            "held",
            f"batch {batch.batch_id}",
            1,
            record,
            EVERYTHING,
            [],
            [landing.files_relation(admitted)] if admitted else [],
        )
        kept = "(select * exclude (source_row), row_in_file as source_row from held)"
        landed = None
        if chunk.kept:
            landed = landing.write_rows(
                connection,
                settings.home,
                record,
                new_id,
                released_columns(record, new_id, kept, keeps_rules=True),
                {"releases_batch_id": batch.batch_id},
            )
        entry = BatchEntry(
            summary=BatchSummary(
                batch_id=new_id,
                record=record.name,
                verdict="admitted",
                rows_read=chunk.rows,
                rows_admitted=chunk.rows - chunk.rejected,
                rows_repeated=chunk.repeated - chunk.repeated_rejected,
                rows_quarantined=chunk.rejected,
                rows_held=0,
            ),
            run_id=run.run_id,
            source_name=batch.source_name,
            loaded_at=run.now_utc,
            window_from=batch.window_from,
            window_until=batch.window_until,
            cursor_min=chunk.cursor_min,
            cursor_max=chunk.cursor_max,
            path=landed.path if landed else None,
            sha256=landed.sha256 if landed else None,
            rules=landing.rule_counts(connection, record, kept),
            releases_batch_id=batch.batch_id,
        )
        hourly = landing.hourly_counts(connection, record, kept)
        names = [
            row[0]
            for row in connection.execute(
                f"select distinct source_file from {held_file}"
            ).fetchall()
        ]
    with writing(store) as writer:
        loads.add_batch(writer, entry)
        loads.add_hourly_rows(writer, record.name, hourly)
        _decide(writer, run, batch.batch_id, "released", by, why)
        _mark_files(writer, record.name, names, "loaded", "", new_id)
    return entry.summary


def reject_batch(
    settings: Settings, store: sa.Engine, run: RunContext, batch_id: int, by: str, why: str
) -> None:
    """Keep a held batch out for good.

    The window of a table is uncovered, so that the next run reads it again, mended; a file is
    refused, and tried again when it changes. Raises GateDecisionError where it is not held.
    """
    batch = _held(settings, store, batch_id)
    with writing(store) as writer:
        _decide(writer, run, batch_id, "rejected", by, why)
        start = batch.window_from or batch.cursor_min
        files = tables.files.c
        writer.execute(
            sa.update(tables.files)
            .where(
                files.record == batch.record,
                files.verdict == "held",
                files.batch_id == batch_id,
            )
            .values(verdict="refused", reason=f"rejected by {by}: {why}")
        )
        is_table = not batch.source_name.startswith("file://")
        if is_table and start is not None and batch.window_until is not None:
            loads.uncover(writer, batch.record, start, batch.window_until)


def release_quarantined(
    settings: Settings,
    store: sa.Engine,
    run: RunContext,
    by: str,
    why: str,
    record: str | None = None,
    rule: str | None = None,
    batch_id: int | None = None,
) -> list[BatchSummary]:
    """Admit quarantined rows as they are, one new batch for each batch they came in.

    At least one of `record`, `rule` and `batch_id` says which. A row that lacks what its record
    requires stays, whoever asks: nothing downstream could use it; mended at the source it comes
    again by itself. Raises GateDecisionError where nothing can be released.
    """
    if record is None and rule is None and batch_id is None:
        raise GateDecisionError("name a record, a rule or a batch: not everything at once")
    _named(by, why)
    found = quarantined(store, record, rule, batch_id)
    summaries = []
    with landing.workbench(settings) as connection:
        for number in dict.fromkeys(entry.batch_id for entry in found):
            entries = [entry for entry in found if entry.batch_id == number]
            of = RECORDS[entries[0].record]
            required = [*(c.name for c in of.columns if c.required), *([of.cursor or of.key[0]])]
            summary = release_rows(
                settings,
                store,
                run,
                connection,
                of,
                number,
                [entry.rule for entry in entries],
                " and ".join(f'"{name}" is not null' for name in dict.fromkeys(required)),
                is_judged=False,
                also=partial(
                    _log_decision,
                    run=run,
                    batch_id=number,
                    decision="rows released",
                    by=by,
                    why=why,
                ),
            )
            if summary is not None:
                summaries.append(summary)
    if not summaries:
        raise GateDecisionError(
            "no row can be released: none is in quarantine there, or each lacks what its record "
            "requires; mend them at the source"
        )
    return summaries


def _batch_query() -> sa.Select[Any]:
    batches = tables.batches.c
    return sa.select(
        batches.batch_id,
        batches.record,
        batches.source_name,
        batches.verdict,
        batches.reasons,
        batches.rows_read,
        batches.rows_held,
        batches.window_from,
        batches.window_until,
        batches.cursor_min,
        batches.cursor_max,
        batches.loaded_at,
        batches.releases_batch_id,
    ).order_by(batches.batch_id)


def _held(settings: Settings, store: sa.Engine, batch_id: int) -> HeldBatch:
    batch = show_batch(settings, store, batch_id)
    if batch.verdict != "held":
        raise GateDecisionError(
            f"batch {batch_id} of {batch.record} is {batch.verdict}, not held: there is nothing "
            "to decide; see `passport gate list`"
        )
    return batch


def _named(by: str, why: str) -> None:
    if not by.strip() or not why.strip():
        raise GateDecisionError("say who decides and why: both are kept with the decision")


def _decide(
    writer: sa.Connection, run: RunContext, batch_id: int, decision: str, by: str, why: str
) -> None:
    _named(by, why)
    batches = tables.batches
    changed = writer.execute(
        sa.update(batches)
        .where(batches.c.batch_id == batch_id, batches.c.verdict == "held")
        .values(verdict=decision)
    ).rowcount
    if not changed:
        raise GateDecisionError(f"batch {batch_id} was decided meanwhile")
    _log_decision(writer, run, batch_id, decision, by, why)


def _log_decision(
    writer: sa.Connection, run: RunContext, batch_id: int, decision: str, by: str, why: str
) -> None:
    writer.execute(
        sa.insert(tables.gate_decisions).values(
            batch_id=batch_id,
            decision=decision,
            decided_by=by,
            why=why,
            decided_at=run.now_utc,
        )
    )


def _mark_files(
    writer: sa.Connection,
    record: str,
    names: Sequence[str],
    verdict: str,
    reason: str,
    batch_id: int,
) -> None:
    files = tables.files.c
    writer.execute(
        sa.update(tables.files)
        .where(files.record == record, files.verdict == "held", files.name.in_(names))
        .values(verdict=verdict, reason=reason, batch_id=batch_id)
    )
