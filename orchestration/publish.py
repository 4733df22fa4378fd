"""A new generation for readers: copied from the warehouse, audited, made safe on disk, flipped in.

The caller holds the writer's lock. Killed at any moment, the old generation serves and the next
run begins anew; `CURRENT` moves only after everything it names is on the disk.
"""

import errno
import shutil
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, date, datetime
from importlib.metadata import version
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import pyarrow as pa
import sqlalchemy as sa

from config import Settings
from operations import sync
from orchestration import generations
from orchestration.audit import AuditResult, audit
from orchestration.check_log import Check, record_checks
from orchestration.generation_files import OWN_FORMAT, new_file
from orchestration.generations import MARTS_FILE, STAR_FILE, TEMPORARY, Generation
from orchestration.ledger import tables
from orchestration.parts import Part, fingerprint, first_open_day, note_published, write_files
from orchestration.restated import restated_from
from orchestration.run_context import RunContext
from orchestration.star import write_star
from orchestration.warehouse import BuiltRun, built_run

_CHECKS = """
select check_name, run_day, layer, outcome, observed, expected
from logged
qualify row_number() over (partition by check_name, run_day order by check_id desc) = 1
order by run_day, check_name
"""


class PublishError(Exception):
    """No new generation: the message says why and what to do. The old generation serves on."""


def publish(settings: Settings, store: sa.Engine, run: RunContext) -> Generation:
    """Publish what the warehouse holds; gives the generation that serves from here on.

    A warehouse that serves already is not published again. Raises PublishError where the
    warehouse is half built, the audit finds something, or the disk is full.
    """
    home = settings.home
    generations.reconcile(home, store)
    built = _whole_build(settings)
    serving = generations.current_generation(home)
    manifest = generations.read_manifest(home, serving) if serving else None
    if manifest is not None and manifest.run_id == built.run_id:
        return manifest
    name = generations.next_name(home, store, built.now_at)
    folder = home.published / f"{TEMPORARY}{name}"
    try:
        folder.mkdir(parents=True)
        is_nightly = run.cadence == "nightly"
        generation, parts = _write(settings, store, run, built, name, folder, manifest, is_nightly)
        if is_nightly:
            _write_star(settings, store, run, folder / STAR_FILE)
        generations.write_manifest(folder, generation)
        for file in folder.glob("*.duckdb"):
            sync(file)
        sync(folder)
        folder.rename(home.published / name)
        sync(home.published)
        generations.point_to(home, name)
    except (OSError, duckdb.Error) as error:
        raise PublishError(_why(settings, error)) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    generations.record_published(store, generation)
    with closing(duckdb.connect(home.warehouse)) as warehouse:
        note_published(warehouse, name, parts)
    generations.remove_outdated(settings, store)
    return generation


def _write_star(settings: Settings, store: sa.Engine, run: RunContext, file: Path) -> None:
    results = write_star(settings, file)
    record_checks(settings, store, run, [_check(result) for result in results])
    failed = [str(result) for result in results if not result.passed]
    if failed:
        raise PublishError(
            "the star for analysts holds what it must not, the old generation serves on:\n  "
            + "\n  ".join(failed)
        )


def _whole_build(settings: Settings) -> BuiltRun:
    built = built_run(settings.home)
    if built is None:
        raise PublishError(
            f"{settings.home.warehouse} does not exist yet: load something first, by "
            "`passport load` or `passport run hourly`, or `passport rebuild` it from landing"
        )
    if not built.is_complete:
        raise PublishError(
            f"{settings.home.warehouse} is half built by run {built.run_id}: `passport run hourly`"
            " builds the rest and publishes"
        )
    return built


def _write(
    settings: Settings,
    store: sa.Engine,
    run: RunContext,
    built: BuiltRun,
    name: str,
    folder: Path,
    serving: Generation | None,
    anew: bool,
) -> tuple[Generation, list[Part]]:
    """Write and audit the files of a new generation; with `anew`, all parts that changed."""
    open_from = first_open_day(_authority_day(built, built.now_at))
    with new_file(settings, folder / MARTS_FILE, OWN_FORMAT) as connection:
        parts = write_files(connection, open_from, folder, settings.home.published, anew)
        generation = Generation(
            generation=name,
            run_id=built.run_id,
            as_of=built.now_at,
            published_at=datetime.now(UTC).replace(tzinfo=None, microsecond=0),
            code_version=version("passport-dashboard"),
            fingerprint=fingerprint(connection, parts),
            newest_batch_id=built.newest_batch_id,
            restated_from_on=restated_from(
                connection,
                settings.home.published / serving.generation / MARTS_FILE,
                _authority_day(built, serving.as_of),
            )
            if serving
            else None,
        )
        _write_generations(connection, store, generation)
        _write_checks(connection, store)
        results = audit(connection, parts)
        record_checks(settings, store, run, [_check(result) for result in results])
        failed = [result for result in results if not result.passed]
        if failed:
            reason = "; ".join(str(result) for result in failed)
            generations.record_failed(store, generation, reason)
            raise PublishError(
                "the audit of the new generation failed, the old one serves on:\n  "
                + "\n  ".join(str(result) for result in failed)
                + "\nCorrect the model or the data and run again"
            )
        _write_checks(connection, store)
        for part in parts:
            if part.replaced or not part.is_linked:
                connection.execute(f"detach {part.catalog}")
    return generation, parts


def _authority_day(built: BuiltRun, at: datetime) -> date:
    """The authority's day of a moment (UTC without zone)."""
    return at.replace(tzinfo=UTC).astimezone(ZoneInfo(built.authority_timezone)).date()


def _write_generations(
    connection: duckdb.DuckDBPyConnection, store: sa.Engine, generation: Generation
) -> None:
    """All generations that were published, and the one that this file is."""
    rows = tables.generations.c
    with store.connect() as known:
        found = known.execute(
            sa.select(tables.generations).where(rows.state != "failed")
        ).mappings()
        entries = [{**row} for row in found]
    entries.append({**vars(generation), "is_rolled_back": False, "cited_by": ""})
    schema = pa.schema(
        [
            ("generation", pa.string()),
            ("run_id", pa.string()),
            ("as_of", pa.timestamp("us", tz="UTC")),
            ("published_at", pa.timestamp("us", tz="UTC")),
            ("code_version", pa.string()),
            ("fingerprint", pa.string()),
            ("is_rolled_back", pa.bool_()),
            ("cited_by", pa.string()),
            ("restated_from_on", pa.date32()),
        ]
    )
    _create_from(connection, "rpt_generations", entries, schema, "select * from logged")


def _write_checks(connection: duckdb.DuckDBPyConnection, store: sa.Engine) -> None:
    """The newest result of each check on each day."""
    with store.connect() as known:
        entries = [{**row} for row in known.execute(sa.select(tables.checks)).mappings()]
    schema = pa.schema(
        [
            ("check_id", pa.int64()),
            ("check_name", pa.string()),
            ("run_day", pa.date32()),
            ("layer", pa.string()),
            ("outcome", pa.string()),
            ("observed", pa.string()),
            ("expected", pa.string()),
        ]
    )
    _create_from(connection, "rpt_checks", entries, schema, _CHECKS)


def _create_from(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    entries: Sequence[dict[str, object]],
    schema: pa.Schema,
    query: str,
) -> None:
    columns = [{name: entry[name] for name in schema.names} for entry in entries]
    connection.register("logged", pa.Table.from_pylist(columns, schema))
    connection.execute(f"create or replace table {table} as {query}")
    connection.unregister("logged")


def _check(result: AuditResult) -> Check:
    return Check(
        check_name=result.check_name,
        layer="published",
        outcome="passed" if result.passed else "failed",
        observed=result.observed,
        expected=result.expected,
    )


def _why(settings: Settings, error: Exception) -> str:
    published = settings.home.published
    full = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
    if full or "No space left" in str(error) or "Could not write" in str(error):
        return (
            f"{published}: no space left on the disk ({error}); the old generation serves on. "
            "Free some space, then `passport publish`"
        )
    return f"{published}: the new generation could not be written ({error}); the old one serves on"
