"""One run, in order: reconcile, extract and gate, build, look ahead, respond, publish.

The command line and Dagster both run these steps, on a `Writer`: whoever has one holds the
writer's lock from the first step to the last.
"""

import shutil
import signal
import threading
import uuid
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import FrameType

import sqlalchemy as sa
import sqlalchemy.exc

import access.store
import operations
import orchestration.ledger.store
import response.store
from config import Settings
from orchestration import generations, incidents, warehouse
from orchestration.dbt_process import DbtProcess, NodeResult
from orchestration.decisions import write_decisions
from orchestration.extract import Incremental, RecordResult, Window, extract_and_gate
from orchestration.foresight import foresee as foresee_built
from orchestration.generations import Generation
from orchestration.landing import remove_orphans
from orchestration.ledger import open_store, tables, writing
from orchestration.lock import writer_lock
from orchestration.publish import PublishError
from orchestration.publish import publish as publish_built
from orchestration.reconciliation import count_records
from orchestration.run_context import RunContext
from orchestration.telling import tell
from orchestration.warehouse import BuiltRun

# The days before now whose rows are counted at the source and here.
COUNTED_DAYS = 7

# Copies of the warehouse that an analyst's trial works on, in the home.
TRIAL_FOLDER = "try-"

# What a run writes to in the operations store: loads, incidents, and who decided what.
_ROOMS = (orchestration.ledger.store.SCHEMA, response.store.SCHEMA, access.store.SCHEMA)

# However long a live tick takes: other writers, who look for the lock more often, get their turn.
_TURN_OF_OTHERS = timedelta(seconds=2)

Say = Callable[[str], None]
Mode = Incremental | Window


@dataclass(frozen=True)
class Writer:
    """A run that holds the writer's lock (by the descriptor `lock`) and the open store.

    `dbt` is its build's process, from the first step that will need it. `results` is what became
    of each record so far: how the run ended is told by it.
    """

    settings: Settings
    store: sa.Engine
    run: RunContext
    lock: int
    dbt: DbtProcess
    results: list[RecordResult] = field(default_factory=list)


@dataclass(frozen=True)
class Outcome:
    """What a run came to: a result per record, and the generation that it published; None where
    it looked alone."""

    run: RunContext
    records: tuple[RecordResult, ...]
    generation: Generation | None

    @property
    def failed(self) -> tuple[RecordResult, ...]:
        return tuple(result for result in self.records if result.state == "failed")

    @property
    def held(self) -> tuple[RecordResult, ...]:
        return tuple(result for result in self.records if result.state == "held")


def new_run(command: str, until: datetime | None = None) -> RunContext:
    """A run of its own whose now is `until`, or the clock: the only place that reads it."""
    now = until or datetime.now(UTC).replace(microsecond=0)
    return RunContext(uuid.uuid4().hex, now, command)


@contextmanager
def writer(
    settings: Settings, run: RunContext, say: Say, wait_seconds: float = 3600
) -> Iterator[Writer]:
    """Take the lock, clear what killed runs left behind, and log the run in the store.

    Raises WriterBusyError where another writer does not end in `wait_seconds`.
    """
    settings.home.path.mkdir(parents=True, exist_ok=True)
    with writer_lock(settings.home.writer_lock, run.command, wait_seconds, say) as lock:
        store = operations.open_store(settings, *_ROOMS)
        dbt = DbtProcess(settings, settings.home.warehouse, lock)
        try:
            _reconcile(settings, store, run, say)
            _start(store, run)
            writing_run = Writer(settings, store, run, lock, dbt)
            with _told_if_it_fails(store, run):
                yield writing_run
            _end(store, run, *_came_to(writing_run.results))
        finally:
            dbt.close()
            store.dispose()


def ingest(
    writing_run: Writer, mode: Mode, records: Sequence[str] | None, say: Say
) -> tuple[RecordResult, ...]:
    """Extract and judge; a record that fails or is held keeps no other one back."""
    settings, store, run = writing_run.settings, writing_run.store, writing_run.run
    writing_run.dbt.start()  # its import takes as long as the reading
    with _told_if_it_fails(store, run):
        results = tuple(extract_and_gate(settings, store, run, records, mode))
        writing_run.results.extend(results)
        for result in results:
            say(describe(result))
        if mode != hourly_mode(settings):
            # Counting both sides costs a scan; the hourly path leaves it to the night.
            for reason in count_records(settings, store, run, records, COUNTED_DAYS).values():
                say(reason)
    return results


def transform(writing_run: Writer, say: Say, select: Sequence[str] = ()) -> Iterator[NodeResult]:
    """Prepare the warehouse and build it; gives each model's and test's result as it comes.

    `select` names models to build a part, which nobody can publish. Raises BuildError at the end
    where anything failed.
    """
    settings, store, run = writing_run.settings, writing_run.store, writing_run.run
    with _told_if_it_fails(store, run):
        warehouse.prepare(settings, store, run)
        for result in warehouse.build(settings, store, run, writing_run.dbt, select):
            if result.kind != "test" or result.outcome not in ("passed", "skipped"):
                say(str(result))
            yield result


def foresee(writing_run: Writer) -> None:
    """Score, and by night learn and forecast, on what is built: the schema `insight`."""
    with _told_if_it_fails(writing_run.store, writing_run.run):
        foresee_built(writing_run.settings, writing_run.run)


def respond(writing_run: Writer, say: Say) -> None:
    """Take what the build found to the incidents: some open, some end."""
    settings, store, run = writing_run.settings, writing_run.store, writing_run.run
    with _told_if_it_fails(store, run):
        touched = incidents.respond(settings.home, store, run)
        over = sum(incident.is_over for incident in touched)
        if touched:
            say(f"incidents: {len(touched) - over} opened or changed, {over} over")


def publish(writing_run: Writer) -> Generation:
    """Publish what is built, with incidents and decisions as they are. Raises PublishError; the old
    generation serves on then."""
    settings, store, run = writing_run.settings, writing_run.store, writing_run.run
    with _told_if_it_fails(store, run):
        built = warehouse.built_run(settings.home)
        if built is not None and built.is_complete:
            incidents.write_snapshot(settings.home, store, run)
            write_decisions(settings.home, store)
        generation = publish_built(settings, store, run)
        incidents.respond_to_success(store, run)
        return generation


def execute(
    settings: Settings,
    run: RunContext,
    mode: Mode,
    say: Say,
    records: Sequence[str] | None = None,
    wait_seconds: float = 3600,
) -> Outcome:
    """A whole run. Raises BuildError or PublishError; what was admitted before stays admitted."""
    with writer(reaching_back(settings, run, mode), run, say, wait_seconds) as writing_run:
        results = ingest(writing_run, mode, records, say)
        deque(transform(writing_run, say), maxlen=0)
        foresee(writing_run)
        respond(writing_run, say)
        generation = publish(writing_run)
        say(f"published {generation.generation}")
        return Outcome(run, results, generation)


def look(settings: Settings, run: RunContext, say: Say) -> Outcome:
    """What is new, as far as the findings of the moment need it, taken to the incidents; nothing is
    published. The warehouse is half built then: the next whole run builds the rest from its marks.

    Raises BuildError.
    """
    with writer(settings, run, say) as writing_run:
        results = ingest(writing_run, hourly_mode(settings), None, say)
        with _told_if_it_fails(writing_run.store, run):
            warehouse.prepare(settings, writing_run.store, run)
            warehouse.build_for_a_look(writing_run.dbt)
        respond(writing_run, say)
        return Outcome(run, results, None)


def reaching_back(settings: Settings, run: RunContext, mode: Mode) -> Settings:
    """The settings of a run: a load of an older window widens the process months to hold it."""
    if not isinstance(mode, Window):
        return settings
    from_, now = mode.from_, run.now
    months = (now.year - from_.year) * 12 + now.month - from_.month + (from_.day < now.day)
    return _with_process_months(settings, months)


def _with_process_months(settings: Settings, months: int) -> Settings:
    return settings.model_copy(update={"process_months": max(settings.process_months, months)})


def rebuild(settings: Settings, until: datetime | None, say: Say) -> Generation:
    """The warehouse from landing alone, at the now of its last build, and its publication."""
    built = _last_build(settings)
    now = until or (built.now_at.replace(tzinfo=UTC) if built else _last_now(settings))
    # the same figures take the same process months
    settings = _with_process_months(settings, built.process_months if built else 0)
    run = new_run("rebuild", now)
    with writer(settings, run, say) as writing_run:
        warehouse.remove(settings.home)
        deque(transform(writing_run, say), maxlen=0)
        foresee(writing_run)
        return publish(writing_run)


def live(
    settings: Settings,
    every: timedelta,
    say: Say,
    report: Callable[[Outcome | Exception], None],
) -> None:
    """Looks on a short tick, and the whole hourly path once in `live_publish_minutes`, until the
    process is told to end.

    Each tick takes everything since the last one, so a missed tick is caught up by the next. A
    tick that fails is reported, and the next one tries again: the first tick, and those after one
    that failed, are whole. Told to end (SIGTERM, SIGINT), the tick in progress is finished first.
    Messages leave meanwhile: no tick waits for a channel.
    """
    stop = threading.Event()
    between_ticks = threading.Event()

    def end(_signal: int, _frame: FrameType | None) -> None:
        if not (stop.is_set() or between_ticks.is_set()):
            say("told to end: the tick in progress is finished first")
        stop.set()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    threading.Thread(target=_tell_meanwhile, args=(settings, every, stop, say), daemon=True).start()
    pause = timedelta(minutes=settings.live_publish_minutes)
    is_whole_from: datetime | None = None
    while not stop.is_set():
        run = new_run("run live")
        try:
            if is_whole_from is None or run.now >= is_whole_from:
                is_whole_from = None
                report(execute(settings, run, hourly_mode(settings), lambda line: None))
                # from its end on: however slow a machine is, it looks between two publications
                is_whole_from = datetime.now(UTC).replace(microsecond=0) + pause
            else:
                report(look(settings, run, lambda line: None))
        except Exception as error:
            is_whole_from = None
            report(error)
        spent = datetime.now(UTC) - run.now
        between_ticks.set()
        stop.wait(max(_TURN_OF_OTHERS, every - spent).total_seconds())
        between_ticks.clear()


def _tell_meanwhile(settings: Settings, every: timedelta, stop: threading.Event, say: Say) -> None:
    while not stop.is_set():
        try:
            tell(settings)
        except Exception as error:
            say(f"nobody was told: {type(error).__name__}: {error}")
        stop.wait(every.total_seconds())


def hourly_mode(settings: Settings) -> Incremental:
    """Everything since the watermark, with the margin in which rows still settle."""
    return Incremental(timedelta(minutes=settings.overlap_minutes))


def nightly_mode(settings: Settings) -> Incremental:
    """Everything since the watermark, with the wide margin of the night."""
    return Incremental(timedelta(hours=settings.nightly_overlap_hours))


def describe(result: RecordResult) -> str:
    """One record's result in a line."""
    counts = {
        word: sum(getattr(batch, f"rows_{word}") for batch in result.batches)
        for word in ("read", "admitted", "repeated", "quarantined", "held")
    }
    told = ", ".join(f"{count:,} {word}" for word, count in counts.items() if count)
    words = " · ".join(filter(None, (told, result.message)))
    return f"{result.record}: {result.state}" + (f" · {words}" if words else "")


def records_by_message(results: Iterable[RecordResult]) -> dict[str, str]:
    """The records of each message, joined by commas: a database that is down fails all alike."""
    records: dict[str, list[str]] = {}
    for result in results:
        records.setdefault(result.message, []).append(result.record)
    return {message: ", ".join(names) for message, names in records.items()}


def _last_build(settings: Settings) -> BuiltRun | None:
    try:
        return warehouse.built_run(settings.home)
    except warehouse.WarehouseError:
        return None


def _last_now(settings: Settings) -> datetime | None:
    with operations.disposing(open_store(settings)) as store, store.connect() as connection:
        now: datetime | None = connection.scalar(
            sa.select(tables.runs.c.now_at).order_by(tables.runs.c.started_at.desc()).limit(1)
        )
    return now.replace(tzinfo=UTC) if now else None


def _reconcile(settings: Settings, store: sa.Engine, run: RunContext, say: Say) -> None:
    """We hold the lock, so whatever says it is running is dead."""
    removed = remove_orphans(settings, store)
    if removed:
        say(f"removed {removed} landing files of a run that was killed")
    generations.reconcile(settings.home, store)
    for leftover in settings.home.path.glob(f"{TRIAL_FOLDER}*"):
        shutil.rmtree(leftover)
    runs = tables.runs
    with writing(store) as connection:
        connection.execute(
            sa.update(runs)
            .where(runs.c.state == "running", runs.c.run_id != run.run_id)
            .values(state="died", ended_at=_clock(), detail="ended without a word")
        )


def _start(store: sa.Engine, run: RunContext) -> None:
    with writing(store) as connection:
        connection.execute(sa.delete(tables.runs).where(tables.runs.c.run_id == run.run_id))
        connection.execute(
            sa.insert(tables.runs),
            {
                "run_id": run.run_id,
                "command": run.command,
                "now_at": run.now_utc,
                "started_at": _clock(),
                "state": "running",
            },
        )


@contextmanager
def _told_if_it_fails(store: sa.Engine, run: RunContext) -> Iterator[None]:
    """Log the failure of a step and open its incident: Dagster keeps it from the resource that
    opened the run."""
    try:
        yield
    except Exception as error:
        rule = incidents.UNPUBLISHED if isinstance(error, PublishError) else incidents.FAILED
        with suppress(sa.exc.SQLAlchemyError):  # a full disk must not hide the cause
            _end(store, run, "failed", f"{type(error).__name__}: {error}")
            incidents.respond_to_failure(store, run, rule, error)
        raise


def _came_to(results: Sequence[RecordResult]) -> tuple[str, str]:
    """How a run ended whose steps all passed: as its exit code says, and by which records."""
    for state in ("failed", "held"):
        told = records_by_message(result for result in results if result.state == state)
        if told:
            return state, "; ".join(f"{records}: {message}" for message, records in told.items())
    return "done", ""


def _end(store: sa.Engine, run: RunContext, state: str, detail: str = "") -> None:
    """The first word on how a run ended stands."""
    with writing(store) as connection:
        connection.execute(
            sa.update(tables.runs)
            .where(tables.runs.c.run_id == run.run_id, tables.runs.c.state == "running")
            .values(state=state, ended_at=_clock(), detail=detail)
        )


def _clock() -> datetime:
    """When something was done, for the log; never what a figure depends on."""
    return datetime.now(UTC).replace(tzinfo=None)
