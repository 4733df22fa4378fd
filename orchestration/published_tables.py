"""Which tables a publication holds (docs/published.md), as data: the allow-list of publish.

Nothing is published that is not named here. `columns` are the promise; a table may hold more.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class PublishedTable:
    """One table of a publication.

    `grain` identifies a row; `ordered_by` are the columns readers filter by. `of_the_run` marks
    what tells of runs and not of the data: the fingerprint leaves it out. `settled_by` is the date
    by which a large table's rows settle into a file per month (null: still open). `schema` is the
    warehouse's that holds it: dbt fills `reporting`, the step after it `insight`.
    """

    name: str
    grain: tuple[str, ...]
    columns: tuple[str, ...]
    ordered_by: tuple[str, ...] = ()
    of_the_run: bool = False
    settled_by: str = ""
    schema: str = "reporting"

    @property
    def relation(self) -> str:
        """The table in the warehouse, attached as `warehouse`."""
        return f"warehouse.{self.schema}.{self.name}"


def _table(
    name: str,
    grain: str,
    columns: str,
    ordered_by: str = "",
    of_the_run: bool = False,
    settled_by: str = "",
    schema: str = "reporting",
) -> PublishedTable:
    keys = tuple(grain.split())
    return PublishedTable(
        name,
        keys,
        tuple(dict.fromkeys((*keys, *columns.split(), *settled_by.split()))),
        tuple(ordered_by.split()) or keys,
        of_the_run,
        settled_by,
        schema,
    )


_TABLES = (
    _table(
        "rpt_places",
        "office_code",
        "name kind zone province city country_code timezone latitude longitude counters"
        " is_open_now days_off",
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
        "rpt_stage_times",
        "month place_scope stage_code",
        "visits waiting_mean_seconds waiting_p50_seconds waiting_p90_seconds work_mean_seconds"
        " work_p50_seconds work_p90_seconds total_mean_seconds total_p50_seconds total_p90_seconds"
        " share_of_turnaround_pct",
        ordered_by="place_scope month",
    ),
    _table(
        "rpt_backlog_daily",
        "day office_code stage_code tier",
        "opening entered left_count closing beyond_promise age_0_7_days age_8_21_days"
        " age_22_60_days age_over_60_days oldest_days",
        ordered_by="office_code day",
    ),
    _table(
        "rpt_promise",
        "period_kind period_start place_scope tier",
        "due kept missed open_within open_beyond kept_pct target_pct",
        ordered_by="period_kind place_scope period_start",
    ),
    _table(
        "rpt_arrivals",
        "office_code slot_start",
        "arrivals expected expected_low expected_high score season",
    ),
    _table(
        "rpt_rush",
        "rush_id",
        "office_code direction started_at detected_at peak_at ended_at arrivals expected severity"
        " near_places_with_slack",
        ordered_by="office_code started_at",
    ),
    _table(
        "rpt_bottlenecks",
        "stage_code office_code",
        "stage_name priority cases usual_cases growth_per_day days_saved stage_days_saved cause"
        " cause_detail",
        ordered_by="priority",
    ),
    _table(
        "rpt_staff",
        "period_kind period_start staff_id",
        "office_code role cases hours_at_desk cases_per_hour rework_pct expected_cases"
        " ratio_to_expected is_small_number",
        ordered_by="period_kind office_code period_start",
    ),
    _table(
        "rpt_staffing",
        "office_code slot_start",
        "counters desks_open planned_staff present_staff required_staff",
    ),
    _table(
        "rpt_complaints",
        "month place_scope category channel",
        "opened acknowledged resolved open_now p50_days kept_pct per_10000_applications",
        ordered_by="place_scope month",
    ),
    _table(
        "rpt_complaint_cases",
        "complaint_id",
        "office_code application_id channel category opened_at acknowledged_at resolved_at outcome"
        " stage_code age_days due_at is_late",
        ordered_by="office_code opened_at",
    ),
    _table(
        "rpt_audit_cases",
        "application_id reason",
        "office_code tier detail fee_difference_pkr",
        ordered_by="office_code reason",
    ),
    _table(
        "rpt_process_variants",
        "place_scope variant_key",
        "stages_text cases share_pct p50_span_seconds mean_span_seconds is_conforming",
    ),
    _table(
        "rpt_process_moves",
        "place_scope from_stage_code to_stage_code",
        "moves cases mean_seconds p50_seconds sum_seconds is_waiting_by_design",
    ),
    _table(
        "rpt_forecast",
        "place_scope measure day",
        "p10 p50 p90 method skill_vs_seasonal_naive",
        schema="insight",
    ),
    _table(
        "rpt_promise_risk",
        "application_id",
        "probability_late expected_on reason",
        schema="insight",
    ),
    _table(
        "rpt_redistribution",
        "recommendation_id",
        "kind from_place to_place quantity unit from_day to_day expected_late_avoided"
        " expected_waiting_minutes_avoided seen_effect state decided_by_role decided_at"
        " decision_reason",
        schema="insight",
    ),
    _table(
        "rpt_incidents",
        "incident_id",
        "parent_incident_id rule thing severity state place_scope since_at opened_at"
        " acknowledged_at assigned_to escalation_level resolved_at cause outcome"
        " acknowledge_minutes resolve_minutes reopened_count title action owner_role measured"
        " expected unit parameters",
        of_the_run=True,
    ),
    _table(
        "rpt_incident_events",
        "event_id",
        "incident_id place_scope kind happened_at role to_role said",
        ordered_by="incident_id event_id",
        of_the_run=True,
    ),
    _table(
        "rpt_incident_messages",
        "incident_id message_id kind",
        "place_scope role channel made_at sent_at dead_at attempts",
        of_the_run=True,
    ),
    _table(
        "rpt_findings",
        "rule thing",
        "state office_code place_scope place zone is_mission severity measured expected unit"
        " since_at shared_cause parameters",
        of_the_run=True,
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
        "office_code state since_at last_seen_at fault_code",
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
        "run_id as_of published_at code_version fingerprint is_rolled_back cited_by"
        " restated_from_on",
        of_the_run=True,
    ),
    _table("rpt_metrics", "metric", "definition unit formula table_name column_name owner"),
)

PUBLISHED_TABLES = {table.name: table for table in _TABLES}

# Written by publish itself, from the operations store; all others lie in the warehouse.
FROM_THE_STORE = ("rpt_checks", "rpt_generations")
