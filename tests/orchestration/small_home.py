"""A warehouse made by hand: every published table with a few rows that pass the audit."""

from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from config import Settings
from orchestration.generations import Generation, current_generation, read_manifest
from orchestration.ledger import open_store
from orchestration.publish import publish
from orchestration.published_tables import FROM_THE_STORE, PUBLISHED_TABLES
from orchestration.run_context import RunContext

AS_OF = datetime(2026, 11, 1, 6, 0)
CASES = 200

_TYPES = {
    "date": {"day", "period_start", "promise_due_on", "ended_on"},
    "bigint": {
        "batch_id",
        "rows",
        "submitted",
        "closing",
        "opening",
        "entered",
        "left_count",
        "source_rows",
        "landed_rows",
        "difference",
        "completed",
        "kept",
        "missed",
        "open_within",
        "open_beyond",
        "issued",
        "served",
        "no_show",
        "still_waiting",
        "jobs",
        "good",
        "spoiled",
    },
}


def settings_in(home: Path) -> Settings:
    """Settings of an empty home, without any source."""
    home.mkdir(parents=True, exist_ok=True)
    return Settings(home_path=home, pseudonym_key_file=home.parent / "pseudonym.key")


def small_home(home: Path, run_id: str = "run-1", cases: int = CASES) -> Settings:
    """A home with a store and a complete warehouse of `cases` open applications."""
    settings = settings_in(home)
    open_store(settings).dispose()
    write_warehouse(settings, run_id, cases)
    return settings


def publish_as(settings: Settings, run_id: str, command: str = "run hourly") -> Generation:
    """The publication of what the warehouse holds, by a run of this name."""
    store = open_store(settings)
    try:
        return publish(settings, store, RunContext(run_id, AS_OF.replace(tzinfo=UTC), command))
    finally:
        store.dispose()


def serving(settings: Settings) -> Generation:
    """The generation that readers get."""
    current = current_generation(settings.home)
    manifest = read_manifest(settings.home, current) if current else None
    assert manifest is not None
    return manifest


def write_warehouse(
    settings: Settings,
    run_id: str,
    cases: int = CASES,
    is_complete: bool = True,
    extra: str = "select 1",
) -> None:
    """Write the warehouse anew as run `run_id` built it; `extra` is a statement that changes it."""
    file = settings.home.warehouse
    file.parent.mkdir(parents=True, exist_ok=True)
    file.unlink(missing_ok=True)
    with closing(duckdb.connect(file)) as connection:
        for schema in ("meta", "marts", "reporting"):
            connection.execute(f"create schema {schema}")
        connection.execute(
            "create table meta.run as select $run_id as run_id, $as_of::timestamp as now_at,"
            " 'Asia/Karachi' as authority_timezone, 12 as process_months,"
            " 7::bigint as newest_batch_id,"
            " $complete as is_complete",
            {"run_id": run_id, "as_of": AS_OF, "complete": is_complete},
        )
        for name, table in PUBLISHED_TABLES.items():
            if name not in FROM_THE_STORE:
                columns = ", ".join(
                    f'"{column}" {_type(column)}' for column in dict.fromkeys(table.columns)
                )
                connection.execute(f"create table reporting.{name} ({columns})")
        _fill(connection, cases)
        connection.execute(extra)


def _type(column: str) -> str:
    for kind, names in _TYPES.items():
        if column in names:
            return kind
    if column.endswith("_at"):
        return "timestamp"
    if column.startswith("is_"):
        return "boolean"
    if column.startswith("rows_"):
        return "bigint"
    if column.endswith("_days"):
        return "double"
    return "varchar"


def _fill(connection: duckdb.DuckDBPyConnection, cases: int) -> None:
    connection.execute(
        f"""
        insert into reporting.rpt_applications
            (application_id, office_code, tier, submitted_at, is_open, age_days)
        select
            'A' || lpad(number::varchar, 6, '0'), 'LHR', 'normal',
            timestamp '2026-10-01' + interval (number) minute, true, number / 3.0
        from range({cases}) as numbers (number)
        """
    )
    connection.execute(
        "create table marts.fct_applications as"
        " select application_id, submitted_at, null::timestamp as ended_at"
        " from reporting.rpt_applications"
    )
    connection.execute(
        f"""
        insert into reporting.rpt_backlog_daily
            (day, office_code, stage_code, tier, opening, entered, left_count, closing)
        values
            ('2026-10-31', 'LHR', 'token', 'normal', 0, {cases // 2}, 0, {cases // 2}),
            ('2026-11-01', 'LHR', 'token', 'normal', {cases // 2}, {cases - cases // 2}, 0, {cases})
        """
    )
    connection.execute(
        """
        insert into reporting.rpt_load
            (record, batch_id, rows_read, rows_admitted, rows_repeated, rows_quarantined,
            rows_held, verdict)
        values ('applications', 7, 10, 9, 0, 1, 0, 'admitted')
        """
    )
