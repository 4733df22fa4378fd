"""From the sources to admitted batches: read, land, judge, register; record by record.

First the reference records, each read whole, judged and registered by itself, since row rules
look codes up in them. Then the operational records: all are read before any is judged, since a
total that is far off is judged beside the others (a strike empties several records at once).
One record's failure never stops another; what a record adds to the ledger is one transaction.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from math import isclose, nan
from typing import Literal

import duckdb
import sqlalchemy as sa

from config import Settings
from contract import OPERATIONAL, RECORDS, REFERENCE, Record, Type, landed_columns
from expectations.gate import BatchFacts, Judgement, Outcome, judge
from expectations.rules import KNOWN_CODES, Rule, row_rules
from expectations.volume import Volume, judged_ratio
from orchestration import landing, quarantine, references
from orchestration.check_log import Check, record_checks
from orchestration.drops import drop_folder, file_part, list_files
from orchestration.landing import Chunk, LandedFile
from orchestration.ledger import loads
from orchestration.ledger.loads import BatchEntry, BatchSummary, FileEntry, Registration, RuleCount
from orchestration.postgres import open_table
from orchestration.pseudonyms import PseudonymKey, PseudonymKeyError, pseudonym_key
from orchestration.run_context import RunContext
from orchestration.sources import (
    EVERYTHING,
    CursorWindow,
    FileRefusedError,
    Part,
    RecordAbsentError,
    SourceError,
    source_name,
)
from orchestration.volumes import TOLD_AT_ONCE, drop_volume, table_volume

_FAULTS_HERE = (duckdb.Error, sa.exc.SQLAlchemyError, OSError)
_CONTROL_TOTAL_TOLERANCE = 1e-9
_PARTS_PER_BATCH_MAX = 200
_UNCASTABLE_ROWS_MIN = 20


@dataclass(frozen=True)
class Incremental:
    """Everything since the watermark, less `overlap`, since rows commit late."""

    overlap: timedelta


@dataclass(frozen=True)
class Window:
    """Rows with `from_ <= cursor < until` (aware, or UTC without zone)."""

    from_: datetime
    until: datetime


@dataclass(frozen=True)
class RecordResult:
    """What became of one record: `held` where a batch waits for a decision or a file was refused;
    `failed` and `absent` leave the ledger's coverage as it was."""

    record: str
    state: Literal["ok", "held", "failed", "absent"]
    batches: list[BatchSummary] = field(default_factory=list)
    message: str = ""


@dataclass(frozen=True)
class Candidate:
    """A batch that is landed and not judged yet."""

    batch_id: int
    chunks: tuple[Chunk, ...]
    landed: LandedFile | None
    rules: tuple[RuleCount, ...]
    hourly: Mapping[datetime, int]
    faults: tuple[str, ...] = ()

    @property
    def rows(self) -> int:
        return sum(chunk.rows for chunk in self.chunks)

    @property
    def rejected(self) -> int:
        return sum(chunk.rejected for chunk in self.chunks)


@dataclass(frozen=True)
class RecordRead:
    """One record read and landed: its candidates, and the files that will not be among them."""

    record: Record
    source_name: str
    window: CursorWindow
    candidates: tuple[Candidate, ...]
    files: tuple[FileEntry, ...] = ()
    unknown_columns: tuple[str, ...] = ()
    is_drop: bool = False


@dataclass(frozen=True)
class _Bench:
    """What reading and judging need, opened once per run."""

    settings: Settings
    store: sa.Engine
    run: RunContext
    connection: duckdb.DuckDBPyConnection


def extract_and_gate(
    settings: Settings,
    store: sa.Engine,
    run: RunContext,
    records: Sequence[str] | None,
    mode: Incremental | Window,
) -> list[RecordResult]:
    """Read, land, judge and register every record with a source (or those of `records`).

    The caller holds the writer's lock. Gives one result per record, in the contract's order;
    what is wrong with one record or its source is told in its result, not raised.
    """
    landing.remove_orphans(settings, store)
    wanted = [name for name in RECORDS if records is None or name in records]
    results: dict[str, RecordResult] = {}
    with landing.workbench(settings) as connection:
        bench = _Bench(settings, store, run, connection)
        known = landing.prepare_known_codes(connection, settings, store)
        for name in (name for name in wanted if name in REFERENCE):
            read = _guarded(bench, name, mode, known)
            results[name] = read if isinstance(read, RecordResult) else _settled(bench, read, None)
            if results[name].batches and name in KNOWN_CODES:
                known = landing.prepare_known_codes(connection, settings, store)
        mended = quarantine.retry(settings, store, run, connection)
        operational = [name for name in wanted if name in OPERATIONAL]
        reads: dict[str, RecordRead] = {}
        for name in operational:
            read = _guarded(bench, name, mode, known)
            if isinstance(read, RecordRead):
                reads[name] = read
            else:
                results[name] = read
        volumes = {name: _volume(bench, read) for name, read in reads.items()}
        for name, read in reads.items():
            results[name] = _settled(bench, read, volumes)
    return [
        replace(results[name], batches=[*mended.get(name, []), *results[name].batches])
        for name in wanted
    ]


def _guarded(
    bench: _Bench, name: str, mode: Incremental | Window, known: set[str]
) -> RecordRead | RecordResult:
    """The record read and landed, or its result where there is nothing to judge."""
    record = RECORDS[name]
    url = bench.settings.source_of(name)
    if url is None:
        return _without_data(bench, name, "absent", "no source is set for it in passport.toml", "")
    told = source_name(url)
    try:
        return _read(bench, record, url, mode, known)
    except RecordAbsentError as error:
        return _without_data(bench, name, "absent", str(error), told)
    except (SourceError, PseudonymKeyError) as error:
        return _without_data(bench, name, "failed", str(error), told)
    except _FAULTS_HERE as error:
        return _failed_here(bench, name, error, told)


def _settled(bench: _Bench, read: RecordRead, volumes: Mapping[str, Volume] | None) -> RecordResult:
    """What was read judged and registered, or the result where that fails here."""
    try:
        return _judge_and_register(bench, read, volumes)
    except _FAULTS_HERE as error:
        return _failed_here(bench, read.record.name, error, read.source_name)


def _failed_here(bench: _Bench, name: str, error: Exception, told: str) -> RecordResult:
    """A full disk or memory: nothing of the record is in, the next run reads it again."""
    # The words of DuckDB may quote a value; the kind of error does not.
    reason = f"{name}: loading it failed here ({type(error).__name__}), not at its source"
    return _without_data(bench, name, "failed", reason, told)


def _without_data(
    bench: _Bench, name: str, state: Literal["failed", "absent"], message: str, told: str
) -> RecordResult:
    message = message.removeprefix(f"{name}: ")  # whoever shows it shows the record beside it
    loads.register(
        bench.store,
        Registration(
            record=name,
            state=state,
            reason=message,
            source_name=told,
            now=bench.run.now_utc,
        ),
    )
    return RecordResult(name, state, message=message)


def _read(
    bench: _Bench, record: Record, url: str, mode: Incremental | Window, known: set[str]
) -> RecordRead:
    window = _window(bench, record, mode)
    reading = _RecordReading(
        bench, record, source_name(url), window, row_rules(record, known), mode
    )
    if record.cursor is None and references.is_outdated(bench.store, record, bench.run.now_utc):
        return RecordRead(record, reading.source_name, window, ())
    key = _key(bench.settings, record)
    if url.startswith("file://"):
        return _read_drop(reading, url, key)
    return _read_table(reading, url, key)


@dataclass(frozen=True)
class _RecordReading:
    """One record being read: where its rows go and by what they are judged."""

    bench: _Bench
    record: Record
    source_name: str
    window: CursorWindow
    rules: tuple[Rule, ...]
    mode: Incremental | Window


@dataclass(frozen=True)
class _PartRead:
    """One part of a source, read to its end.

    Its last chunk is still staged and may share a batch with other small parts; those before it
    are landed as `candidates`. `faults` are where it disagrees with its manifest.
    """

    part: Part
    chunk: Chunk | None
    candidates: tuple[Candidate, ...]
    faults: tuple[str, ...]
    rows: int
    is_whole: bool
    unknown_columns: tuple[str, ...]


def _window(bench: _Bench, record: Record, mode: Incremental | Window) -> CursorWindow:
    if record.cursor is None:
        return EVERYTHING
    if isinstance(mode, Window):
        return CursorWindow(_utc(mode.from_), _utc(mode.until))
    until = bench.run.now_utc
    reached = loads.watermark(bench.store, record.name)
    return CursorWindow(min(reached - mode.overlap, until) if reached else None, until)


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


def _key(settings: Settings, record: Record) -> PseudonymKey | None:
    """The key for pseudonyms; None for a record without sensitive columns, which needs none."""
    return pseudonym_key(settings) if any(c.sensitive for c in record.columns) else None


def _read_table(reading: _RecordReading, url: str, key: PseudonymKey | None) -> RecordRead:
    part = open_table(url, reading.record, reading.window, key)
    read = _read_part(reading, part, EVERYTHING, [])
    candidates = list(read.candidates)
    if read.chunk is not None:
        candidates.append(_land(reading, [read.chunk], read.faults))
    return RecordRead(
        reading.record,
        reading.source_name,
        reading.window,
        tuple(candidates),
        unknown_columns=read.unknown_columns,
    )


def _read_drop(reading: _RecordReading, url: str, key: PseudonymKey | None) -> RecordRead:
    """Every new or changed file from its first row; for a window, its rows from all files.

    Small files share a batch. A file that the gate will hold has a batch of its own, so that it
    takes no other with it.
    """
    record, bench = reading.record, reading.bench
    listed, refused_at_sight = list_files(drop_folder(url), record)
    takes_window = isinstance(reading.mode, Window) and record.cursor is not None
    seen = loads.seen_files(bench.store, record.name)
    files = [_refused(reading, name, 0, 0, "", reason) for name, reason in refused_at_sight]
    taken: list[FileEntry | None] = []
    candidates: list[Candidate] = []
    pending: list[_PartRead] = []
    unknown: set[str] = set()

    def land_pending() -> None:
        if pending:
            chunks = [read.chunk for read in pending if read.chunk is not None]
            candidates.append(_land(reading, chunks, ()))
            taken.extend(_taken(reading, read, candidates[-1].batch_id) for read in pending)
            pending.clear()

    for file in listed:
        before = seen.get(file.name)
        is_same = before is not None and (before.size, before.modified_ns) == (
            file.size,
            file.modified_ns,
        )
        if is_same and not takes_window:
            continue
        sha256 = ""
        try:
            part = file_part(file, record, key)
            sha256 = part.sha256 or ""
            if before is not None and before.sha256 == sha256 and not takes_window:
                files.append(replace(before, modified_ns=file.modified_ns))
                continue
            read = _read_part(
                reading,
                part,
                reading.window if takes_window else EVERYTHING,
                [other.chunk for other in pending if other.chunk],
                [other for other in candidates if not other.faults],
            )
        except FileRefusedError as error:
            files.append(
                _refused(reading, file.name, file.size, file.modified_ns, sha256, str(error))
            )
            continue
        unknown |= set(read.unknown_columns)
        if read.chunk is None and not read.candidates:
            if read.faults:
                reason = "; ".join(read.faults)
                files.append(
                    _refused(reading, file.name, file.size, file.modified_ns, sha256, reason)
                )
            elif read.is_whole:
                taken.append(_taken(reading, read, None))
            continue
        room = sum(other.chunk.rows for other in (*pending, read) if other.chunk)
        if room > landing.BATCH_ROWS_MAX or len(pending) >= _PARTS_PER_BATCH_MAX:
            land_pending()
        if read.candidates or _is_suspect(read, bench.settings):
            own = list(read.candidates)
            if read.chunk is not None:
                own.append(_land(reading, [read.chunk], ()))
            own = [replace(candidate, faults=read.faults) for candidate in own]
            candidates += own
            taken.append(_taken(reading, read, own[0].batch_id))
        else:
            pending.append(read)
    land_pending()
    return RecordRead(
        record,
        reading.source_name,
        reading.window,
        tuple(candidates),
        (*files, *(file for file in taken if file is not None)),
        tuple(sorted(unknown)),
        is_drop=True,
    )


def _is_suspect(read: _PartRead, settings: Settings) -> bool:
    """Whether the gate will hold this part by itself."""
    chunk = read.chunk
    assert chunk is not None
    gate = settings.gate
    judged = chunk.rows >= gate.judged_from_rows
    return bool(
        read.faults
        or chunk.conflicts
        or (judged and chunk.rejected > gate.quarantined_share_max * chunk.rows)
        or (judged and chunk.repeated_inside > gate.repeated_share_max * chunk.rows)
    )


def _refused(
    reading: _RecordReading, name: str, size: int, modified_ns: int, sha256: str, reason: str
) -> FileEntry:
    return FileEntry(
        reading.record.name, name, size, modified_ns, sha256, "refused", reason, 0, None
    )


def _taken(reading: _RecordReading, read: _PartRead, batch_id: int | None) -> FileEntry | None:
    """The ledger's entry of a file; None where a window took some of its rows only."""
    if not read.is_whole:
        return None
    part = read.part
    assert part.size is not None and part.modified_ns is not None and part.sha256 is not None
    return FileEntry(
        reading.record.name,
        part.name,
        part.size,
        part.modified_ns,
        part.sha256,
        "loaded",
        "",
        read.rows,
        batch_id,
    )


def _read_part(
    reading: _RecordReading,
    part: Part,
    takes: CursorWindow,
    staged: Sequence[Chunk],
    landed: Sequence[Candidate] = (),
) -> _PartRead:
    """Read one part: stage, settle, and land every chunk but the last.

    Raises FileRefusedError or SourceError; nothing of the part is left then.
    """
    bench, record = reading.bench, reading.record
    opened = part.open()
    candidates: list[Candidate] = []
    chunk: Chunk | None = None
    rows = taken = 0
    outcomes: dict[str, tuple[int, int]] = {}
    totals = dict.fromkeys(part.manifest.control_totals if part.manifest else (), 0.0)
    try:
        for batches in landing.chunks_of(opened):
            if chunk is not None:
                candidates.append(_land(reading, [chunk], ()))
                chunk = None
            table = f"chunk_{next(_numbers)}"
            staged_rows = landing.stage(bench.connection, table, opened, batches, reading.rules)
            for name, (cast, failed) in landing.cast_outcomes(
                bench.connection, table, record
            ).items():
                before = outcomes.get(name, (0, 0))
                outcomes[name] = (before[0] + cast, before[1] + failed)
            for name in totals:
                totals[name] += _total(bench.connection, table, record, name)
            chunk = _settle(reading, part, table, rows, takes, staged, [*landed, *candidates])
            rows += staged_rows
            taken += chunk.rows
            if not chunk.rows:
                bench.connection.execute(f"drop table {table}")
                chunk = None
        _refuse_uncastable(part, rows, outcomes)
    except Exception:
        for candidate in candidates:
            _discard(bench, candidate)
        if chunk is not None:
            bench.connection.execute(f"drop table if exists {chunk.table}")
        raise
    return _PartRead(
        part,
        chunk,
        tuple(candidates),
        _manifest_faults(part, rows, totals),
        rows,
        taken == rows,
        opened.unknown_columns,
    )


_numbers = count()


def _settle(
    reading: _RecordReading,
    part: Part,
    table: str,
    rows_before: int,
    takes: CursorWindow,
    staged: Sequence[Chunk],
    landed: Sequence[Candidate],
) -> Chunk:
    bench, record = reading.bench, reading.record
    home = bench.settings.home
    if record.cursor is None:
        admitted = landing.raw_files(bench.settings, bench.store, record.name)
        return references.settle_versions(
            bench.connection,
            table,
            part.name,
            rows_before + 1,
            record,
            [landing.staged_relation(chunk) for chunk in staged],
            admitted,
        )
    landing.keep_window(bench.connection, table, record.cursor, takes)
    low, high, without = landing.cursor_range(bench.connection, table, record.cursor)
    paths = loads.admitted_paths(bench.store, record.name, low, high, without)
    own = [
        home.landing / candidate.landed.path
        for candidate in landed
        if candidate.landed
        and any(chunk.may_meet(low, high, without) for chunk in candidate.chunks)
    ]
    near = [
        landing.staged_relation(chunk) for chunk in staged if chunk.may_meet(low, high, without)
    ]
    before = [home.landing / path for path in paths]
    return landing.settle(
        bench.connection,
        table,
        part.name,
        rows_before + 1,
        record,
        reading.window if part.size is None else takes,
        [*near, *([landing.files_relation(own)] if own else [])],
        [landing.files_relation(before)] if before else [],
    )


def _total(connection: duckdb.DuckDBPyConnection, table: str, record: Record, column: str) -> float:
    """The sum of a column that a manifest gives a control total for; NaN where it has none."""
    numeric = {Type.INTEGER, Type.NUMBER}
    if all(c.name != column or c.type not in numeric for c in landed_columns(record)):
        return nan
    return landing.column_total(connection, table, column)


def _refuse_uncastable(part: Part, rows: int, outcomes: Mapping[str, tuple[int, int]]) -> None:
    """A few bad values in a column that is mostly empty reject their rows only."""
    never = sorted(
        name
        for name, (cast, failed) in outcomes.items()
        if cast == 0 and failed >= min(rows, _UNCASTABLE_ROWS_MIN)
    )
    if never and part.size is not None:
        raise FileRefusedError(f"in no row could a value be cast in {', '.join(never)}")


def _manifest_faults(part: Part, rows: int, totals: Mapping[str, float]) -> tuple[str, ...]:
    """Where a file and its manifest disagree, in counts."""
    manifest = part.manifest
    if manifest is None:
        return ()
    if manifest.fault:
        return (f"the manifest of {part.name} {manifest.fault}",)
    faults = []
    if manifest.rows is not None and manifest.rows != rows:
        faults.append(f"{part.name} has {rows} rows, its manifest says {manifest.rows}")
    if manifest.sha256 is not None and manifest.sha256.lower() != part.sha256:
        faults.append(f"the SHA-256 of {part.name} is not that of its manifest")
    for name, told in manifest.control_totals.items():
        if not isclose(told, totals[name], rel_tol=_CONTROL_TOTAL_TOLERANCE, abs_tol=1e-6):
            faults.append(f"the control total of {name} in {part.name} is not that of its rows")
    return tuple(faults)


def _land(reading: _RecordReading, chunks: Sequence[Chunk], faults: tuple[str, ...]) -> Candidate:
    """Write staged chunks as one batch and free their memory."""
    bench, record = reading.bench, reading.record
    connection = bench.connection
    batch_id = loads.allocate_batch_id(bench.store)
    landed = None
    hourly: dict[datetime, int] = {}
    if any(chunk.kept for chunk in chunks):
        for chunk in chunks:
            for hour, rows in landing.hourly_counts(connection, record, chunk.table).items():
                hourly[hour] = hourly.get(hour, 0) + rows
        landed = landing.write_batch(
            connection,
            bench.settings.home,
            record,
            batch_id,
            chunks,
            bench.run.now_utc,
            {
                "source": reading.source_name,
                "cursor_min": _least(chunk.cursor_min for chunk in chunks),
                "cursor_max": _most(chunk.cursor_max for chunk in chunks),
            },
        )
    staged = " union all by name ".join(f"from {landing.staged_relation(c)}" for c in chunks)
    rules = landing.rule_counts(connection, record, f"({staged})")
    for chunk in chunks:
        connection.execute(f"drop table {chunk.table}")
    return Candidate(batch_id, tuple(chunks), landed, rules, hourly, faults)


def _discard(bench: _Bench, candidate: Candidate) -> None:
    if candidate.landed:
        landing.remove_batch_file(bench.settings.home, candidate.landed)


def _least(moments: Iterable[datetime | None]) -> datetime | None:
    return min((moment for moment in moments if moment), default=None)


def _most(moments: Iterable[datetime | None]) -> datetime | None:
    return max((moment for moment in moments if moment), default=None)


def _volume(bench: _Bench, read: RecordRead) -> Volume:
    """What the record brought over the hours it was read for, and what was expected."""
    new: dict[datetime, int] = {}
    for candidate in read.candidates:
        for hour, rows in candidate.hourly.items():
            new[hour] = new.get(hour, 0) + rows
    name, days = read.record.name, bench.settings.gate.volume_history_days
    if read.is_drop:
        return drop_volume(bench.store, name, new, bench.run.now_utc, days)
    return table_volume(bench.store, name, new, read.window, bench.run.now_utc, days)


def _judge_and_register(
    bench: _Bench, read: RecordRead, volumes: Mapping[str, Volume] | None
) -> RecordResult:
    """Judge what was read of one record and write it into the ledger, all of it or nothing."""
    gate = bench.settings.gate
    name = read.record.name
    ratio, note = judged_ratio(name, volumes, gate.volume_factor) if volumes else (None, "")
    candidates = read.candidates
    # Nothing came where much was expected: a batch without rows, so that somebody decides; one
    # is enough, however often nothing comes again. A drop does not say when its files are due:
    # there freshness tells of it.
    nothing_came = (
        not candidates and not read.is_drop and ratio is not None and ratio < 1 / gate.volume_factor
    )
    waits = loads.empty_batch_waiting(bench.store, name) if nothing_came else None
    if nothing_came and waits is None:
        candidates = (Candidate(loads.allocate_batch_id(bench.store), (), None, (), {}),)
    shares = _repeated_shares(candidates, gate.judged_from_rows)
    judgements = [
        judge(bench.connection, _facts(bench, read.record, candidate, shares, ratio, note), gate)
        for candidate in candidates
    ]
    judgements = _together(candidates, judgements)
    summaries = [
        _summary(name, candidate, judgement)
        for candidate, judgement in zip(candidates, judgements, strict=True)
    ]
    # What should have come may still come, with its old cursors: the next run asks for it again.
    covered = None if nothing_came else _covered(bench, read, candidates)
    loads.register(bench.store, _registration(bench, read, candidates, summaries, covered))
    held = [summary for summary in summaries if summary.verdict == "held"]
    refused = [file for file in read.files if file.verdict == "refused"]
    checks = [*_checks(read.record, judgements), *_file_checks(read, refused)]
    record_checks(bench.settings, bench.store, bench.run, checks)
    message = "; ".join(
        [
            *(f"batch {held_.batch_id} is held: {', '.join(held_.reasons)}" for held_ in held),
            *(f"file {file.name} is refused: {file.reason}" for file in refused),
            *(
                [f"batch {waits} still waits: nothing came where much was expected"]
                if waits
                else []
            ),
        ]
    )
    state: Literal["held", "ok"] = "held" if held or waits or refused else "ok"
    return RecordResult(name, state, summaries, message)


def _repeated_shares(candidates: Sequence[Candidate], judged_from: int) -> dict[str, float]:
    """For each part the share of its rows, over all its batches, that repeat one of its rows."""
    parts: dict[str, tuple[int, int]] = {}
    for chunk in (chunk for candidate in candidates for chunk in candidate.chunks):
        rows, inside = parts.get(chunk.part, (0, 0))
        parts[chunk.part] = (rows + chunk.rows, inside + chunk.repeated_inside)
    return {part: inside / rows for part, (rows, inside) in parts.items() if rows >= judged_from}


def _facts(
    bench: _Bench,
    record: Record,
    candidate: Candidate,
    repeated_shares: Mapping[str, float],
    ratio: float | None,
    note: str,
) -> BatchFacts:
    chunks = candidate.chunks
    landed = candidate.landed
    return BatchFacts(
        record=record,
        path=bench.settings.home.landing / landed.path if landed else None,
        rows_read=candidate.rows,
        rows_rejected=candidate.rejected,
        rows_landed=sum(chunk.kept for chunk in chunks),
        conflicts=sum(chunk.conflicts for chunk in chunks),
        outside_window=sum(chunk.outside_window for chunk in chunks),
        part_repeated_share=max(repeated_shares.get(chunk.part, 0.0) for chunk in chunks)
        if chunks
        else 0.0,
        manifest_faults=candidate.faults,
        volume_ratio=ratio,
        volume_note=note,
    )


def _together(candidates: Sequence[Candidate], judgements: Sequence[Judgement]) -> list[Judgement]:
    """Hold every batch of a part of which one batch is held: a file or table goes in whole."""
    held_parts = {
        chunk.part
        for candidate, judgement in zip(candidates, judgements, strict=True)
        if judgement.verdict == "held"
        for chunk in candidate.chunks
    }
    return [
        replace(judgement, verdict="held", reasons=("another batch of the same part is held",))
        if judgement.verdict == "admitted"
        and any(chunk.part in held_parts for chunk in candidate.chunks)
        else judgement
        for candidate, judgement in zip(candidates, judgements, strict=True)
    ]


def _summary(record: str, candidate: Candidate, judgement: Judgement) -> BatchSummary:
    held = judgement.verdict == "held"
    rows, rejected = candidate.rows, candidate.rejected
    repeated = sum(chunk.repeated - chunk.repeated_rejected for chunk in candidate.chunks)
    return BatchSummary(
        batch_id=candidate.batch_id,
        record=record,
        verdict=judgement.verdict,
        rows_read=rows,
        rows_admitted=0 if held else rows - rejected,
        rows_repeated=0 if held else repeated,
        rows_quarantined=0 if held else rejected,
        rows_held=rows if held else 0,
        reasons=judgement.reasons,
    )


def _registration(
    bench: _Bench,
    read: RecordRead,
    candidates: Sequence[Candidate],
    summaries: Sequence[BatchSummary],
    covered: tuple[datetime, datetime] | None,
) -> Registration:
    record, now = read.record, bench.run.now_utc
    held = {summary.batch_id for summary in summaries if summary.verdict == "held"}
    hourly: dict[datetime, int] = {}
    for candidate in candidates:
        if candidate.batch_id not in held:
            for hour, rows in candidate.hourly.items():
                if read.is_drop or hour >= now - TOLD_AT_ONCE:
                    hourly[hour] = hourly.get(hour, 0) + rows
    return Registration(
        record=record.name,
        batches=[
            _entry(bench, read, candidate, summary)
            for candidate, summary in zip(candidates, summaries, strict=True)
        ],
        files=[_judged_file(file, candidates, summaries) for file in read.files],
        hourly=hourly,
        covered=covered,
        source_name=read.source_name,
        unknown_columns=read.unknown_columns,
        now=now,
    )


def _entry(
    bench: _Bench, read: RecordRead, candidate: Candidate, summary: BatchSummary
) -> BatchEntry:
    return BatchEntry(
        summary=summary,
        run_id=bench.run.run_id,
        source_name=read.source_name,
        loaded_at=bench.run.now_utc,
        window_from=read.window.start,
        window_until=read.window.until,
        cursor_min=_least(chunk.cursor_min for chunk in candidate.chunks),
        cursor_max=_most(chunk.cursor_max for chunk in candidate.chunks),
        path=candidate.landed.path if candidate.landed else None,
        sha256=candidate.landed.sha256 if candidate.landed else None,
        rules=() if summary.verdict == "held" else candidate.rules,
    )


def _judged_file(
    file: FileEntry, candidates: Sequence[Candidate], summaries: Sequence[BatchSummary]
) -> FileEntry:
    for candidate, summary in zip(candidates, summaries, strict=True):
        if summary.verdict == "held" and any(c.part == file.name for c in candidate.chunks):
            return replace(file, verdict="held", reason="; ".join(summary.reasons))
    return file


def _checks(record: Record, judgements: Sequence[Judgement]) -> list[Check]:
    """One check per expectation: the first outcome that failed, else the first."""
    found: dict[str, Outcome] = {}
    for judgement in judgements:
        for outcome in judgement.outcomes:
            before = found.get(outcome.check_name)
            if before is None or (before.passed and not outcome.passed):
                found[outcome.check_name] = outcome
    return [
        Check(
            f"{record.name}.{outcome.check_name}",
            "gate",
            "passed" if outcome.passed else "failed",
            outcome.observed,
            outcome.expected,
        )
        for outcome in found.values()
    ]


def _file_checks(read: RecordRead, refused: Sequence[FileEntry]) -> list[Check]:
    """Whether every new file of a drop could be taken; nothing for a table."""
    if not read.files:
        return []
    told = "; ".join(f"{file.name}: {file.reason}" for file in refused)
    return [
        Check(
            f"{read.record.name}.files_readable",
            "gate",
            "failed" if refused else "passed",
            told or f"{len(read.files)} files",
            "no file refused",
        )
    ]


def _covered(
    bench: _Bench, read: RecordRead, candidates: Sequence[Candidate]
) -> tuple[datetime, datetime] | None:
    """The interval that this run covers: its window, from the oldest hour where it has no start.

    It ends with the run's now: what a window holds of the time after it is still to come.
    """
    if read.record.cursor is None or read.window.until is None:
        return None
    start = read.window.start or min(
        (hour for candidate in candidates for hour in candidate.hourly), default=None
    )
    return (start, min(read.window.until, bench.run.now_utc)) if start else None
