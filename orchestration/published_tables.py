"""Which tables a publication holds (docs/published.md), as data: the allow-list of publish.

Nothing is published that is not named here. `columns` are the promise; a table may hold more.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class PublishedTable:
    """One table of a publication.

    `grain` identifies a row; `ordered_by` are the columns readers filter by. `of_the_run` marks
    what tells of runs and not of the data: the fingerprint leaves it out.
    """

    name: str
    grain: tuple[str, ...]
    columns: tuple[str, ...]
    ordered_by: tuple[str, ...] = ()
    of_the_run: bool = False


def _table(
    name: str, grain: str, columns: str, ordered_by: str = "", of_the_run: bool = False
) -> PublishedTable:
    keys = tuple(grain.split())
    return PublishedTable(
        name, keys, (*keys, *columns.split()), tuple(ordered_by.split()) or keys, of_the_run
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
    ),
    _table(
        "rpt_case_events",
        "event_id",
        "application_id occurred_at recorded_at stage_code event office_code desk reason_code"
        " box_id print_outcome",
        ordered_by="application_id occurred_at",
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
        "rpt_queue",
        "office_code service slot_start",
        "issued served left_count no_show still_waiting wait_all_mean_seconds"
        " wait_all_p50_seconds wait_all_p90_seconds wait_served_p50_seconds"
        " wait_left_p50_seconds service_mean_seconds service_p50_seconds in_centre_p50_seconds"
        " in_centre_p80_seconds in_centre_p90_seconds in_centre_within_30_min_pct"
        " in_centre_within_60_min_pct",
        ordered_by="office_code slot_start",
    ),
    _table(
        "rpt_queue_daily",
        "day place_scope",
        "office_code issued served left_count no_show still_waiting wait_all_mean_seconds"
        " wait_all_p50_seconds wait_all_p90_seconds wait_served_p50_seconds"
        " wait_left_p50_seconds service_mean_seconds service_p50_seconds in_centre_p50_seconds"
        " in_centre_p80_seconds in_centre_p90_seconds in_centre_within_30_min_pct"
        " in_centre_within_60_min_pct",
        ordered_by="place_scope day",
    ),
    _table(
        "rpt_print",
        "machine_id hour tier",
        "office_code jobs good spoiled top_reason_code",
        ordered_by="machine_id hour",
    ),
    _table(
        "rpt_print_queue",
        "site day tier",
        "waiting oldest_days planned",
        ordered_by="site day",
    ),
    _table(
        "rpt_machines",
        "machine_id day",
        "office_code running_minutes idle_minutes down_minutes maintenance_minutes"
        " unknown_minutes availability_pct performance_pct quality_pct oee_pct failures"
        " mtbf_hours mttr_hours top_fault_code",
    ),
    _table(
        "rpt_machine_now",
        "machine_id",
        "state since_at last_seen_at fault_code",
        ordered_by="office_code machine_id",
    ),
    _table(
        "rpt_link_now",
        "office_code link",
        "state since_at last_seen_at latency_ms",
    ),
    _table(
        "rpt_place_now",
        "office_code",
        "state since_at last_seen_at should_be_open is_silent in_rush waiting",
    ),
    _table(
        "rpt_consumables",
        "office_code item day",
        "quantity used_per_day received on_order days_left reorder_on",
    ),
    _table(
        "rpt_booklets",
        "site month",
        "issued good spoiled in_stock difference duplicate_refs",
    ),
    _table(
        "rpt_links",
        "office_code link day",
        "up_pct degraded_pct unknown_pct outages longest_outage_minutes p95_latency_ms",
    ),
    _table(
        "rpt_deliveries",
        "day place_scope",
        "office_code dispatched received in_transit transit_p50_days transit_p90_days ready"
        " collected uncollected uncollected_oldest_days lost",
        ordered_by="place_scope day",
    ),
    _table(
        "rpt_boxes",
        "box_id",
        "from_office_code to_office_code carrier dispatched_at due_at received_at passports"
        " overdue_days",
        ordered_by="to_office_code dispatched_at",
    ),
    _table(
        "rpt_legs",
        "month office_code leg carrier",
        "p50_days p90_days late_pct",
        ordered_by="office_code month",
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
