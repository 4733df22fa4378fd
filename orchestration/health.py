"""How an installation stands: its state, what is wrong with it and the remedy."""

import shutil
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from config import Settings
from contract import RECORDS
from operations import disposing
from orchestration import generations
from orchestration.ledger import StoreError, open_store, tables
from orchestration.lock import holder
from orchestration.pseudonyms import PseudonymKeyError, pseudonym_key
from orchestration.warehouse import WarehouseError, built_run

# Less than this for all that is written is too little.
DISK_FREE_BYTES = 5_000_000_000


@dataclass(frozen=True)
class RecordState:
    """Where one record stands. `watermark` is the end of the first unbroken interval, in UTC."""

    record: str
    source: str
    state: str
    watermark: datetime | None
    rows_loaded: int
    rows_quarantined: int
    batches_held: int
    reason: str


@dataclass(frozen=True)
class Finding:
    """One look of the doctor: `verdict` is ok, warning or wrong; what is not ok has a remedy, in
    `remedy` or in the words of the error that is told."""

    subject: str
    verdict: str
    told: str
    remedy: str = ""


def reading(settings: Settings) -> AbstractContextManager[sa.Engine]:
    """The operations store with the ledger's tables, for a while."""
    return disposing(open_store(settings))


def record_states(settings: Settings, store: sa.Engine) -> list[RecordState]:
    """Every record of the contract, as the ledger knows it."""
    batches, coverage = tables.batches.c, tables.coverage.c
    with store.connect() as connection:
        counted = {
            row.record: row
            for row in connection.execute(
                sa.select(
                    batches.record,
                    sa.func.sum(batches.rows_admitted - batches.rows_repeated).label("loaded"),
                    sa.func.sum(batches.rows_quarantined).label("quarantined"),
                    sa.func.count().filter(batches.verdict == "held").label("held"),
                ).group_by(batches.record)
            )
        }
        watermarks: dict[str, datetime] = {}
        for row in connection.execute(
            sa.select(coverage.record, coverage.covered_until).order_by(coverage.covered_from)
        ):
            watermarks.setdefault(row.record, row.covered_until)
        told = {row.record: row for row in connection.execute(sa.select(tables.source_states))}
        refused: dict[str, list[str]] = {}
        files = tables.files.c
        for row in connection.execute(
            sa.select(files.record, files.name, files.reason)
            .where(files.verdict == "refused")
            .order_by(files.record, files.name)
        ):
            refused.setdefault(row.record, []).append(f"{row.name} is refused: {row.reason}")
    return [
        RecordState(
            record=name,
            source=_without_password(settings.source_of(name)),
            state=told[name].state if name in told else "not read yet",
            watermark=watermarks.get(name),
            rows_loaded=counted[name].loaded if name in counted else 0,
            rows_quarantined=counted[name].quarantined if name in counted else 0,
            batches_held=counted[name].held if name in counted else 0,
            reason="; ".join(
                filter(None, [told[name].reason if name in told else "", *refused.get(name, [])])
            ),
        )
        for name in RECORDS
    ]


def last_run(store: sa.Engine) -> dict[str, object] | None:
    """The run that began last, as the store has it."""
    query = sa.select(tables.runs).order_by(tables.runs.c.started_at.desc()).limit(1)
    with store.connect() as connection:
        row = connection.execute(query).mappings().first()
    return dict(row) if row else None


def publication_age(settings: Settings, now: datetime | None = None) -> timedelta | None:
    """How long before `now` (aware; default the clock) the current generation was published; None
    where there is none."""
    current = generations.current_generation(settings.home)
    manifest = generations.read_manifest(settings.home, current) if current else None
    if manifest is None:
        return None
    return (now or datetime.now(UTC)) - manifest.published_at.replace(tzinfo=UTC)


def examine(settings: Settings) -> list[Finding]:
    """Everything the doctor looks at, each with a remedy where it is not well."""
    return [
        _home(settings),
        disk(settings),
        _key(settings),
        _sources(settings),
        _store(settings),
        _writer(settings),
        _warehouse(settings),
        _publication(settings),
    ]


def _home(settings: Settings) -> Finding:
    home = settings.home.path
    if not home.exists():
        return Finding("home", "warning", f"{home} does not exist", "the first run makes it")
    return Finding("home", "ok", str(home))


def free_bytes(settings: Settings) -> int:
    """What is free on the disk that holds the home, or will."""
    place = settings.home.path
    while not place.exists():
        place = place.parent
    return shutil.disk_usage(place).free


def disk(settings: Settings) -> Finding:
    """Whether there is room for the next publication."""
    free = free_bytes(settings)
    told = f"{free / 1e9:,.1f} GB free"
    if free < DISK_FREE_BYTES:
        return Finding("disk", "warning", told, "free some space; a full disk stops publishing")
    return Finding("disk", "ok", told)


def _key(settings: Settings) -> Finding:
    file = settings.pseudonym_key_file
    if not file.exists():
        return Finding(
            "pseudonym key",
            "warning",
            f"{file} does not exist; the first run with sensitive columns makes one",
            "in production put the authority's key there yourself, readable by its owner alone",
        )
    try:
        key = pseudonym_key(settings)
    except PseudonymKeyError as error:
        return Finding("pseudonym key", "wrong", str(error))
    if key.is_automatic and not settings.simulated:
        return Finding(
            "pseudonym key",
            "warning",
            f"{file} was made automatically; lost, nothing new can be joined to what is loaded",
            "keep a copy apart from the data, then take its second line away",
        )
    return Finding("pseudonym key", "ok", str(file))


def _sources(settings: Settings) -> Finding:
    without = [name for name in RECORDS if settings.source_of(name) is None]
    if len(without) == len(RECORDS):
        return Finding(
            "sources",
            "wrong",
            "no record has a source",
            f"name them under [sources] in {settings.home.path / 'passport.toml'}",
        )
    if without:
        return Finding("sources", "warning", f"no source for {', '.join(without)}", "if meant so")
    return Finding("sources", "ok", f"all {len(RECORDS)} records have one")


def _store(settings: Settings) -> Finding:
    try:
        with reading(settings) as store:
            states = record_states(settings, store)
    except StoreError as error:
        return Finding("operations store", "wrong", str(error))
    failed = [f"{state.record}: {state.reason}" for state in states if state.state == "failed"]
    held = [state.record for state in states if state.batches_held]
    if failed:
        return Finding("last reading", "wrong", "; ".join(failed), "the next run tries again")
    if held:
        return Finding(
            "gate", "warning", f"held: {', '.join(held)}", "`passport gate list`, then decide"
        )
    return Finding("operations store", "ok", _without_password(settings.store_url()))


def _writer(settings: Settings) -> Finding:
    who = holder(settings.home.writer_lock)
    return Finding("writer", "ok", f"held by {who}" if who else "free")


def _warehouse(settings: Settings) -> Finding:
    if holder(settings.home.writer_lock):
        return Finding("warehouse", "ok", "being built")
    try:
        built = built_run(settings.home)
    except WarehouseError as error:
        return Finding("warehouse", "wrong", str(error), "`passport rebuild`")
    if built is None:
        return Finding("warehouse", "warning", "not built yet", "`passport run hourly`")
    if not built.is_complete and not _is_of_a_look(settings, built.run_id):
        return Finding(
            "warehouse", "warning", f"half built by {built.run_id}", "`passport run hourly`"
        )
    return Finding("warehouse", "ok", f"as of {built.now_at:%Y-%m-%d %H:%M} UTC")


def _is_of_a_look(settings: Settings, run_id: str) -> bool:
    """Whether a live run looked and was well: its next whole tick builds the rest."""
    runs = tables.runs.c
    query = sa.select(runs.run_id).where(
        runs.run_id == run_id, runs.command == "run live", runs.state.in_(("done", "held"))
    )
    with reading(settings) as store, store.connect() as connection:
        return connection.execute(query).one_or_none() is not None


def _publication(settings: Settings) -> Finding:
    current = generations.current_generation(settings.home)
    if current is None:
        return Finding("publication", "warning", "nothing published yet", "`passport run hourly`")
    if generations.read_manifest(settings.home, current) is None:
        return Finding(
            "publication",
            "wrong",
            f"CURRENT names {current}, which is not there",
            "`passport rollback`, or `passport publish`",
        )
    return Finding("publication", "ok", current)


def _without_password(url: str | None) -> str:
    if url is None:
        return ""
    return url if url.startswith("file://") else str(sa.make_url(url).render_as_string())
