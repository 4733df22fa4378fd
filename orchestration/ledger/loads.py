"""What extraction asks of the ledger and writes into it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

import sqlalchemy as sa
from sqlalchemy import Connection, Engine

from expectations.suites import VOLUME_RATIO
from operations import writing
from orchestration.ledger.tables import (
    batch_ids,
    batch_rules,
    batches,
    coverage,
    files,
    hourly_rows,
    marks,
    source_states,
)

SourceState = Literal["ok", "failed", "absent"]


@dataclass(frozen=True)
class FileEntry:
    """A file of a drop as the ledger keeps it; `batch_id` is the first batch with its rows."""

    record: str
    name: str
    size: int
    modified_ns: int
    sha256: str
    verdict: Literal["loaded", "refused", "held"]
    reason: str
    rows: int
    batch_id: int | None


@dataclass(frozen=True)
class RuleCount:
    """Rows that broke one rule first, with the position (file and row) of one of them."""

    rule: str
    rows: int
    oldest_at: datetime | None
    example_position: str


@dataclass(frozen=True)
class BatchSummary:
    """One registered batch, in counts: read = admitted + quarantined + held."""

    batch_id: int
    record: str
    verdict: str
    rows_read: int
    rows_admitted: int
    rows_repeated: int
    rows_quarantined: int
    rows_held: int
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True)
class BatchEntry:
    """A batch as the ledger keeps it: its counts, where it came from and where it lies."""

    summary: BatchSummary
    run_id: str
    source_name: str
    loaded_at: datetime
    window_from: datetime | None = None
    window_until: datetime | None = None
    cursor_min: datetime | None = None
    cursor_max: datetime | None = None
    path: str | None = None
    sha256: str | None = None
    rules: Sequence[RuleCount] = ()
    releases_batch_id: int | None = None


@dataclass(frozen=True)
class Registration:
    """All that one record's run adds to the ledger, in one transaction."""

    record: str
    batches: Sequence[BatchEntry] = ()
    files: Sequence[FileEntry] = ()
    hourly: Mapping[datetime, int] = field(default_factory=dict)
    covered: tuple[datetime, datetime] | None = None
    state: SourceState = "ok"
    source_name: str = ""
    reason: str = ""
    unknown_columns: tuple[str, ...] = ()
    now: datetime = datetime.min


def allocate_batch_id(store: Engine) -> int:
    """The next batch id; ids rise over all records and are never given twice."""
    with writing(store) as connection:
        found = connection.execute(sa.insert(batch_ids)).inserted_primary_key
    assert found is not None
    return int(found[0])


def register(store: Engine, entry: Registration) -> None:
    """Write one record's batches, files, coverage and state: all of it or nothing."""
    with writing(store) as connection:
        for batch in entry.batches:
            add_batch(connection, batch)
        for file in entry.files:
            _upsert_file(connection, file, entry.now)
        add_hourly_rows(connection, entry.record, entry.hourly)
        if entry.covered:
            cover(connection, entry.record, *entry.covered)
        _upsert_state(connection, entry)


def add_batch(connection: Connection, entry: BatchEntry) -> None:
    """Write one batch and its quarantined rows by rule."""
    about = {name: value for name, value in vars(entry).items() if name not in {"summary", "rules"}}
    counts = {**vars(entry.summary), "reasons": "; ".join(entry.summary.reasons)}
    connection.execute(sa.insert(batches).values(**about, **counts))
    for rule in entry.rules:
        connection.execute(
            sa.insert(batch_rules).values(
                batch_id=entry.summary.batch_id,
                record=entry.summary.record,
                released_rows=0,
                **vars(rule),
            )
        )


def add_hourly_rows(connection: Connection, record: str, hourly: Mapping[datetime, int]) -> None:
    """Add admitted rows to the hours of their cursor."""
    if not hourly:
        return
    query = sa.select(hourly_rows).where(
        hourly_rows.c.record == record,
        hourly_rows.c.hour_start.between(min(hourly), max(hourly)),
    )
    present = {row.hour_start: row.rows for row in connection.execute(query)}
    new = [
        {"record": record, "hour_start": hour, "rows": rows}
        for hour, rows in hourly.items()
        if hour not in present
    ]
    if new:
        connection.execute(sa.insert(hourly_rows), new)
    known = [
        {"of_record": record, "of_hour": hour, "total": present[hour] + rows}
        for hour, rows in hourly.items()
        if hour in present
    ]
    if known:
        connection.execute(
            sa.update(hourly_rows)
            .where(hourly_rows.c.record == sa.bindparam("of_record"))
            .where(hourly_rows.c.hour_start == sa.bindparam("of_hour"))
            .values(rows=sa.bindparam("total")),
            known,
        )


def cover(connection: Connection, record: str, start: datetime, until: datetime) -> None:
    """Add `[start, until)` to the covered intervals, joined with those that it meets."""
    if start >= until:
        return
    meets = (
        (coverage.c.record == record)
        & (coverage.c.covered_from <= until)
        & (coverage.c.covered_until >= start)
    )
    for row in connection.execute(sa.select(coverage).where(meets)).all():
        start = min(start, row.covered_from)
        until = max(until, row.covered_until)
    connection.execute(sa.delete(coverage).where(meets))
    connection.execute(
        sa.insert(coverage).values(record=record, covered_from=start, covered_until=until)
    )
    name = f"first_load:{record}"
    if connection.scalar(sa.select(marks.c.name).where(marks.c.name == name)) is None:
        connection.execute(sa.insert(marks).values(name=name, at=start))


def uncover(connection: Connection, record: str, start: datetime, until: datetime) -> None:
    """Take `[start, until)` out of the covered intervals."""
    meets = (
        (coverage.c.record == record)
        & (coverage.c.covered_from < until)
        & (coverage.c.covered_until > start)
    )
    found = connection.execute(sa.select(coverage).where(meets)).all()
    connection.execute(sa.delete(coverage).where(meets))
    rest = [
        {"record": record, "covered_from": a, "covered_until": b}
        for row in found
        for a, b in ((row.covered_from, start), (until, row.covered_until))
        if a < b
    ]
    if rest:
        connection.execute(sa.insert(coverage), rest)


def covered_intervals(store: Engine, record: str) -> list[tuple[datetime, datetime]]:
    """The covered intervals of `record`, by time."""
    query = (
        sa.select(coverage.c.covered_from, coverage.c.covered_until)
        .where(coverage.c.record == record)
        .order_by(coverage.c.covered_from)
    )
    with store.connect() as connection:
        return [(row[0], row[1]) for row in connection.execute(query)]


def seen_files(store: Engine, record: str) -> dict[str, FileEntry]:
    """The files of `record` as last seen, by name."""
    with store.connect() as connection:
        rows = connection.execute(sa.select(files).where(files.c.record == record)).all()
    return {
        row.name: FileEntry(
            row.record,
            row.name,
            row.size,
            row.modified_ns,
            row.sha256,
            row.verdict,
            row.reason,
            row.rows,
            row.batch_id,
        )
        for row in rows
    }


def unknown_columns(store: Engine, record: str) -> set[str]:
    """The unknown columns that were already reported for `record`."""
    query = sa.select(source_states.c.unknown_columns).where(source_states.c.record == record)
    with store.connect() as connection:
        told = connection.scalar(query)
    return set(told.split(", ")) if told else set()


def hourly_history(
    store: Engine, records: Iterable[str], start: datetime, until: datetime
) -> dict[str, dict[datetime, int]]:
    """Admitted rows by record and hour, of the hours that begin in `[start, until)`."""
    history: dict[str, dict[datetime, int]] = {record: {} for record in records}
    query = sa.select(hourly_rows).where(
        hourly_rows.c.record.in_(list(history)),
        hourly_rows.c.hour_start >= start,
        hourly_rows.c.hour_start < until,
    )
    with store.connect() as connection:
        for row in connection.execute(query):
            history[row.record][row.hour_start] = row.rows
    return history


def rows_waiting(store: Engine, record: str, since: datetime) -> int:
    """Rows of `record` in held batches whose cursors reach beyond `since`."""
    query = sa.select(sa.func.coalesce(sa.func.sum(batches.c.rows_held), 0)).where(
        batches.c.record == record, batches.c.verdict == "held", batches.c.cursor_max >= since
    )
    with store.connect() as connection:
        return int(connection.scalar(query) or 0)


def empty_batch_waiting(store: Engine, record: str) -> int | None:
    """The batch without rows of `record` that waits for a decision, held since nothing came."""
    query = sa.select(sa.func.min(batches.c.batch_id)).where(
        batches.c.record == record, batches.c.verdict == "held", batches.c.rows_read == 0
    )
    with store.connect() as connection:
        found: int | None = connection.scalar(query)
    return found


def was_vouched_for(store: Engine, record: str, since: datetime) -> bool:
    """Whether a person released a batch of `record`, read after `since`, whose total was far off:
    then the hours that it shares with others are known to be so."""
    query = sa.select(batches.c.batch_id).where(
        batches.c.record == record,
        batches.c.verdict == "released",
        batches.c.window_until > since,
        batches.c.reasons.contains(f"({VOLUME_RATIO} "),
    )
    with store.connect() as connection:
        return connection.scalar(query.limit(1)) is not None


def admitted_paths(
    store: Engine,
    record: str,
    cursor_min: datetime | None,
    cursor_max: datetime | None,
    with_null_cursor: bool,
) -> list[str]:
    """Paths (relative to the landing) of admitted batches whose cursors reach into the range.

    `with_null_cursor` adds those that hold rows without a cursor. Without a range: all.
    """
    query = sa.select(batches.c.path).where(
        batches.c.record == record, batches.c.verdict == "admitted", batches.c.path.is_not(None)
    )
    near: sa.ColumnElement[bool] = sa.false()
    if cursor_min is not None and cursor_max is not None:
        near = (batches.c.cursor_min <= cursor_max) & (batches.c.cursor_max >= cursor_min)
    if with_null_cursor:
        without = sa.select(batch_rules.c.batch_id).where(
            batch_rules.c.rule.like("null_%") | (batch_rules.c.rule == "bad_value")
        )
        near = near | batches.c.batch_id.in_(without)
    with store.connect() as connection:
        return list(connection.scalars(query.where(near).order_by(batches.c.batch_id)))


def watermark(store: Engine, record: str) -> datetime | None:
    """The end of the unbroken covered interval from the first load; None before that.

    Loading the past never moves it back. Where the first load itself was uncovered (its batch was
    rejected) it is where that began.
    """
    with store.connect() as connection:
        first: datetime | None = connection.scalar(
            sa.select(marks.c.at).where(marks.c.name == f"first_load:{record}")
        )
    if first is None:
        return None
    for start, until in covered_intervals(store, record):
        if start <= first <= until:
            return until
    return first


def newest_observation(store: Engine, record: str) -> datetime | None:
    """The now of the newest run that landed versions of a reference record."""
    query = sa.select(sa.func.max(batches.c.loaded_at)).where(
        batches.c.record == record, batches.c.verdict == "admitted", batches.c.path.is_not(None)
    )
    with store.connect() as connection:
        newest: datetime | None = connection.scalar(query)
    return newest


def _upsert_file(connection: Connection, file: FileEntry, now: datetime) -> None:
    connection.execute(
        sa.delete(files).where(files.c.record == file.record, files.c.name == file.name)
    )
    connection.execute(sa.insert(files).values(**vars(file), seen_at=now))


def _upsert_state(connection: Connection, entry: Registration) -> None:
    before = connection.execute(
        sa.select(source_states).where(source_states.c.record == entry.record)
    ).first()
    told = set(before.unknown_columns.split(", ")) if before and before.unknown_columns else set()
    connection.execute(sa.delete(source_states).where(source_states.c.record == entry.record))
    connection.execute(
        sa.insert(source_states).values(
            record=entry.record,
            source_name=entry.source_name,
            state=entry.state,
            reason=entry.reason,
            checked_at=entry.now,
            unknown_columns=", ".join(sorted(told | set(entry.unknown_columns))),
        )
    )
