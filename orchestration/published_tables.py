"""Which tables a publication holds (docs/published.md), as data: the allow-list of publish.

Nothing is published that is not named here. `columns` are the promise; a table may hold more.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class PublishedTable:
    """One table of a publication.

    `grain` identifies a row; `ordered_by` are the columns readers filter by. `of_the_run` marks
    what tells of runs and not of the data: the fingerprint leaves it out. `settled_by` is the date
    by which a large table's rows settle into a file per month (null: still open).
    """

    name: str
    grain: tuple[str, ...]
    columns: tuple[str, ...]
    ordered_by: tuple[str, ...] = ()
    of_the_run: bool = False
    settled_by: str = ""


def _table(
    name: str,
    grain: str,
    columns: str,
    ordered_by: str = "",
    of_the_run: bool = False,
    settled_by: str = "",
) -> PublishedTable:
    keys = tuple(grain.split())
    return PublishedTable(
        name,
        keys,
        tuple(dict.fromkeys((*keys, *columns.split(), *settled_by.split()))),
        tuple(ordered_by.split()) or keys,
        of_the_run,
        settled_by,
    )


_TABLES = (
    _table(
        "rpt_places",
        "office_code",
        "name kind zone province city country_code timezone latitude longitude counters"
        " is_open_now",
    ),
    _table(
        "rpt_volumes",
        "day place_scope tier",
        "submitted approved deferred printed dispatched ready collected cancelled fee_pkr"
        " expected_submitted",
        ordered_by="place_scope day tier",
    ),
    _table(
        "rpt_applications",
        "application_id",
        "office_code holding_office_code tier category channel submitted_at first_event_at"
        " last_event_at span_seconds completed_at ready_at outcome is_open is_cancelled"
        " current_stage_code current_owner stage_entered_at age_days promise_due_on promise_state"
        " is_beyond_promise turnaround_seconds turnaround_working_minutes clock_stopped_minutes"
        " event_count rework_count variant_key",
        ordered_by="office_code submitted_at",
        settled_by="ended_on",
    ),
    _table(
        "rpt_case_events",
        "event_id",
        "application_id occurred_at recorded_at stage_code event office_code desk reason_code"
        " box_id print_outcome",
        ordered_by="application_id occurred_at",
        settled_by="ended_on",
    ),
    _table(
        "rpt_turnaround",
        "period_kind period_start place_scope tier",
        "office_code completed mean_days p50_days p80_days p90_days p95_days p50_working_days"
        " p80_working_days p90_working_days is_small_number",
        ordered_by="period_kind place_scope period_start",
    ),
    _table(
        "rpt_backlog_daily",
        "day office_code stage_code tier",
        "opening entered left_count closing beyond_promise age_0_7_days age_8_21_days"
        " age_22_60_days age_over_60_days oldest_days",
        ordered_by="office_code day",
    ),
    _table(
        "rpt_load",
        "record batch_id",
        "window_from window_until rows_read rows_admitted rows_repeated rows_quarantined rows_held"
        " verdict reasons source_name loaded_at",
        of_the_run=True,
    ),
    _table("rpt_quarantine", "record rule", "rows oldest_at example_position"),
    _table(
        "rpt_checks",
        "check_name run_day",
        "layer outcome observed expected",
        ordered_by="run_day check_name",
        of_the_run=True,
    ),
    _table("rpt_reconciliation", "record day", "source_rows landed_rows difference"),
    _table(
        "rpt_freshness",
        "record office_code",
        "newest_source_at newest_loaded_at lag_minutes waiting_for_parent state",
        of_the_run=True,
    ),
    _table(
        "rpt_generations",
        "generation",
        "as_of published_at code_version fingerprint is_rolled_back cited_by",
        of_the_run=True,
    ),
    _table("rpt_metrics", "metric", "definition unit formula table_name column_name owner"),
)

PUBLISHED_TABLES = {table.name: table for table in _TABLES}

# Written by publish itself, from the operations store; all others are built by dbt.
FROM_THE_STORE = ("rpt_checks", "rpt_generations")
