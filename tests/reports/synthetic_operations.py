"""What the small publication says of machines, queues, boxes, complaints, staff and ways.

Each figure follows from the place's number `n` (1 to 39 in order of office_code) or is written
out, so that a test can work it out again."""

SQL = """
create table numbered as
select *, row_number() over (order by office_code) as n from rpt_places;

create or replace table rpt_volumes as
select
    *,
    case when starts_with(place_scope, 'office:') then substr(place_scope, 8) end as office_code
from rpt_volumes;

create or replace table rpt_applications as
select
    *,
    submitted_at::date as case_on,
    submitted_at as first_event_at,
    submitted_at as last_event_at,
    case when is_open then null else promise_due_on end as ended_on,
    case when promise_state = 'cancelled' then 'approval' when not is_open then 'collected'
        when substr(application_id, -1) in ('0', '1', '2') then 'ready' else 'print_queue'
        end as current_stage_code,
    case when is_open then 'print_site' else 'applicant' end as current_owner,
    submitted_at + interval 1 day as stage_entered_at,
    case when is_open then 12 + (date '2026-11-20' - promise_due_on) end::bigint as age_days,
    case when is_open and current_stage_code <> 'ready' then null
        else submitted_at + interval 8 day end as ready_at,
    case when not is_open then submitted_at + interval 9 day end as completed_at,
    case when promise_state = 'cancelled' then 'cancelled' when not is_open then 'delivered' end
        as outcome,
    promise_state = 'cancelled' as is_cancelled,
    90.0::double as promise_target_pct,
    691200.0::decimal(18, 6) as turnaround_seconds,
    0.0::decimal(18, 6) as clock_stopped_minutes,
    777600.0::decimal(18, 6) as span_seconds,
    4::integer as event_count,
    0::integer as rework_count,
    'way1' as variant_key,
    'data_entry→print_queue→ready→collected' as variant_text
from rpt_applications;

create or replace table rpt_case_events as
select
    event_id, application_id, case_on, occurred_at, recorded_at, stage_code, event, office_code,
    desk, reason_code, box_id, print_outcome, null::varchar as print_job_id, ended_on
from rpt_case_events
inner join (select application_id, case_on, ended_on from rpt_applications) as cases
    using (application_id)
union all
select
    application_id || '-2', application_id, case_on, last_event_at, last_event_at, 'approval',
    'deferred', office_code, 'D1', 'name_differs', null, null, null, ended_on
from rpt_applications
where application_id in (
    select min(application_id) from rpt_applications
    where is_open and current_stage_code = 'print_queue' group by office_code
)
union all
select
    application_id || '-3', application_id, case_on, ready_at, ready_at, 'dispatched',
    'completed', office_code, null, null, 'B1', null, null, ended_on
from rpt_applications
where application_id in ('A1', 'A2', 'A3');

create table rpt_place_now as
select
    office_code,
    case n when 1 then 'silent' when 2 then 'unknown' when 3 then 'closed' else 'open' end
        as state,
    $as_of::timestamptz - interval 3 hour as since_at,
    $as_of::timestamptz - interval 5 minute as last_seen_at,
    n <> 3 as should_be_open,
    n = 1 as is_silent,
    null::boolean as in_rush,
    n as waiting
from numbered;

create table rpt_promise as
with scoped as (
    select *, unnest(['country', 'zone:' || zone, 'office:' || office_code]
        || case when kind = 'mission' then ['missions'] else [] end) as place_scope
    from rpt_applications
    inner join numbered using (office_code)
    where promise_state <> 'cancelled'
),

periods as (
    select *, unnest([
        {'kind': 'day', 'start': promise_due_on},
        {'kind': 'week', 'start': date_trunc('week', promise_due_on)::date}
    ]) as period
    from scoped
)

select
    period.kind as period_kind,
    period.start as period_start,
    place_scope,
    coalesce(tier, 'all') as tier,
    case when starts_with(place_scope, 'office:') then substr(place_scope, 8) end as office_code,
    count(*) as due,
    count(*) filter (where promise_state = 'kept') as kept,
    count(*) filter (where promise_state = 'missed') as missed,
    0::bigint as open_within,
    count(*) filter (where promise_state = 'open_beyond') as open_beyond,
    100.0 * kept / due as kept_pct,
    90.0::double as target_pct,
    due < 20 as is_small_number
from periods
group by grouping sets ((period.kind, period.start, place_scope, tier),
    (period.kind, period.start, place_scope));

insert into rpt_turnaround
select
    'month', date '2026-11-01', 'office:' || office_code, 'all', office_code, 10 * n, 14, 10 + n,
    14 + n, 18 + n, 20 + n, 8, 10, 12, 10 * n < 20
from numbered;

create table rpt_stage_times as
select
    date '2026-10-01' as month, place_scope, stage_code, null::varchar as office_code,
    500::bigint as visits, 100::decimal(18, 6) as waiting_mean_seconds,
    (3600 * hours)::decimal(18, 6) as total_p50_seconds,
    (7200 * hours)::decimal(18, 6) as total_p90_seconds,
    share as share_of_turnaround_pct, by_design as is_waiting_by_design,
    false as is_small_number
from (select distinct place_scope from rpt_volumes)
cross join (values ('print_queue', 100, 70.0::double, false), ('approval', 20, 25.0, false),
    ('collected', 40, 5.0, true)) as stages(stage_code, hours, share, by_design);

create table rpt_arrivals (
    office_code varchar, slot_start timestamptz, arrivals bigint, expected double,
    expected_low double, expected_high double, score double, season varchar
);
create table rpt_forecast (
    place_scope varchar, measure varchar, day date, p10 double, p50 double, p90 double,
    method varchar, skill_vs_seasonal_naive double
);

create table slots as
select timestamptz '2026-11-20 04:00:00+00' + to_minutes(30 * slot::bigint) as slot_start, slot
from unnest(generate_series(0, 3)) as all_slots(slot);

create table rpt_queue as
select
    office_code, 'passport' as service, slot_start, 10 + n as issued, 8::bigint as served,
    1::bigint as left_count, 0::bigint as no_show, 1::bigint as still_waiting,
    900.0::decimal(18, 6) as wait_all_p50_seconds,
    300.0::decimal(18, 6) as service_mean_seconds
from numbered cross join slots;

create table rpt_rush as
select
    office_code || '-' || n as rush_id, office_code,
    case n when 7 then 'surge' else 'drop' end as direction,
    $as_of::timestamptz - interval 2 hour as started_at,
    $as_of::timestamptz - interval 1 hour as detected_at,
    $as_of::timestamptz - interval 1 hour as peak_at,
    case when n = 9 then $as_of::timestamptz - interval 30 minute end as ended_at,
    case n when 7 then 90 else 0 end::bigint as arrivals, 30.0::double as expected,
    case n when 7 then 'high' else 'critical' end as severity,
    null::varchar as near_places_with_slack
from numbered where n in (1, 7, 8, 9);

create table rpt_findings as
select
    'backlog_jump' as rule, office_code as thing, 'found' as state, office_code,
    'office:' || office_code as place_scope, name as place, zone, false as is_mission,
    'major' as severity, 600.0::double as measured, 300.0::double as expected, 'cases' as unit,
    $as_of::timestamptz as since_at, '' as shared_cause, '{}' as parameters
from numbered where n = 10;

create table rpt_redistribution as
select
    * replace (from_day::date as from_day, to_day::date as to_day),
    null::varchar as decided_by_role, null::timestamptz as decided_at,
    null::varchar as decision_reason
from (values
    ('staff-1', 'staff', 'KAR-2', 'KAR-1', 2.0::double, 'desks', '2026-11-21', '2026-11-29',
        0.0::double, 6000.0::double, 'waiting_minutes_per_day=90;travel_minutes_per_day=60',
        null::varchar, 'proposed'),
    ('print-1', 'print', 'KAR-3', 'LAH-3', 8.5, 'jobs_per_day', '2026-11-21', '2026-11-29', 300.0,
        0.0, 'normal_tier_days_later_at_receiver=2.0', null, 'proposed'),
    ('hours-1', 'hours', null, 'QUE-1', 3.0, 'hours_per_day', '2026-11-07', '2026-11-15', 0.0,
        1200.0, 'desk_hours_per_day=9', 'waiting_minutes_avoided=900', 'accepted')
) as proposals(
    recommendation_id, kind, from_place, to_place, quantity, unit, from_day, to_day,
    expected_late_avoided, expected_waiting_minutes_avoided, cost, seen_effect, state
);
update rpt_redistribution set
    decided_by_role = 'management', decided_at = timestamptz '2026-11-06 09:00:00+00',
    decision_reason = 'queues of three hours'
where state = 'accepted';

create table rpt_queue_daily as
select
    day, place_scope, case when starts_with(place_scope, 'office:') then substr(place_scope, 8) end
        as office_code,
    200::bigint as issued, 190::bigint as served, 600.0::decimal(18, 6) as wait_all_p50_seconds,
    1800.0::decimal(18, 6) as wait_all_p90_seconds, false as is_small_number
from rpt_volumes where tier = 'all';

create table rpt_staffing as
select
    office_code, slot_start, slot_start::date as slot_on, counters, 3::bigint as desks_open,
    6::bigint as planned_staff, 5::bigint as present_staff,
    case when n <= 5 then 4 else 2 end::bigint as required_staff
from numbered cross join slots
union all
select
    office_code, timestamptz '2026-11-19 05:00:00+00', date '2026-11-19', counters, 3, 6, 5,
    case when n <= 5 then 4 else 2 end
from numbered;

create table rpt_machine_now as
select
    office_code || '-P1' as machine_id, office_code,
    case n when 4 then 'down' when 5 then 'unknown' else 'running' end as state,
    $as_of::timestamptz - interval 2 hour as since_at,
    $as_of::timestamptz - interval 5 minute as last_seen_at,
    case n when 4 then 'F02_print_head' end as fault_code
from numbered where n <= 6;

create table rpt_machines as
select
    machine_id, day::date as day, office_code,
    case when state = 'unknown' then 0 else 600 end::decimal(18, 6) as running_minutes,
    120::decimal(18, 6) as idle_minutes,
    case when state = 'down' then 60 else 0 end::decimal(18, 6) as down_minutes,
    0::decimal(18, 6) as maintenance_minutes,
    case when state = 'unknown' then 1320 else 0 end::decimal(18, 6) as unknown_minutes,
    case when state = 'down' then 90.0 else 100.0 end::double as availability_pct,
    80.0::double as performance_pct, 99.0::double as quality_pct,
    case when state = 'down' then 71.28 else 79.2 end::double as oee_pct,
    case when state = 'down' then 1 else 0 end::bigint as failures
from rpt_machine_now
cross join unnest(generate_series($last::date - 27, $last::date, interval 1 day)) as days(day);

create table rpt_print as
select
    machine_id, (day + interval 8 hour)::timestamptz as hour, 'normal' as tier, office_code,
    100::bigint as jobs, 98::bigint as good, 2::bigint as spoiled,
    case office_code when 'AFR-1' then 'page_torn' else 'print_misaligned' end as top_reason_code
from rpt_machines;

create table rpt_print_queue as
select
    office_code as site, day::date as day, 'normal' as tier, office_code,
    980 * n as waiting, 5 + n as oldest_days, 150::bigint as planned
from numbered
cross join unnest(generate_series($last::date - 28, $last::date, interval 1 day)) as days(day)
where n <= 6;

create table rpt_consumables as
select
    office_code || '|ribbon' as stock_key, office_code, 'ribbon' as item, $last::date as day,
    'roll' as unit, 100.0::decimal(18, 3) as quantity, 10.0::double as used_per_day,
    0::decimal(18, 3) as received, 0::decimal(18, 3) as on_order, 5.0::double * n as days_left,
    $last::date + 5 as reorder_on
from numbered where n <= 6;

create table rpt_link_now as
select
    office_code, 'internet' as link, case n when 4 then 'down' else 'up' end as state,
    $as_of::timestamptz - interval 2 hour as since_at, $as_of::timestamptz as last_seen_at,
    30.0::decimal(18, 3) as latency_ms
from numbered;

create table rpt_deliveries as
select
    day, place_scope, case when starts_with(place_scope, 'office:') then substr(place_scope, 8) end
        as office_code,
    dispatched, dispatched as received, 300::bigint as in_transit, 1.5::double as transit_p50_days,
    3.5::double as transit_p90_days, ready, collected, ready + 50 as uncollected,
    90::integer as uncollected_oldest_days,
    case when day = $last::date then 1 else 0 end::bigint as lost
from rpt_volumes where tier = 'all';

create table rpt_boxes as
select
    'B' || n as box_id, 'LAH-1' as from_office_code, office_code as to_office_code,
    case when n % 2 = 0 then 'Carrier A' else 'Carrier B' end as carrier,
    timestamptz '2026-11-10 04:00:00+00' as dispatched_at,
    timestamptz '2026-11-13 04:00:00+00' as due_at,
    case when n > 3 then timestamptz '2026-11-10 04:00:00+00' + to_days(n::integer % 5 + 1) end
        as received_at,
    10 * n as passports, case when n <= 3 then 7 end::bigint as overdue_days, n <= 3 as is_overdue
from numbered;

create table rpt_legs as
select
    date '2026-11-01' as month, office_code, 'LAH-1→' || office_code as leg,
    'Diplomatic bag' as carrier, 5 * n as boxes, 2.0 + n / 10.0 as p50_days,
    4.0 + n / 10.0 as p90_days, 10.0::double as late_pct, 5 * n < 20 as is_small_number
from numbered where kind = 'mission';

create table rpt_complaints as
select
    date '2026-11-01' as month, place_scope, category, 'portal' as channel,
    case when starts_with(place_scope, 'office:') then substr(place_scope, 8) end as office_code,
    opened, opened as acknowledged, opened // 2 as resolved, opened - opened // 2 as open_now,
    5.0::double as p50_days, 80.0::double as kept_pct,
    1.0::double as per_10000_applications, false as is_small_number
from (select distinct place_scope from rpt_volumes)
cross join (values ('no_status', 30::bigint), ('printing_defect', 10)) as kinds(category, opened)
where place_scope not like 'office:%' or place_scope like '%-1';

create table rpt_complaint_cases as
select
    'K' || n as complaint_id, office_code, 'A' || n as application_id, 'portal' as channel,
    'no_status' as category, timestamptz '2026-11-02 04:00:00+00' as opened_at,
    null::timestamptz as acknowledged_at, null::timestamptz as resolved_at,
    null::varchar as outcome, 'print_queue' as stage_code, 18::bigint as age_days,
    timestamptz '2026-11-16 19:00:00+00' as due_at, true as is_open, n <= 4 as is_late
from numbered;

create table rpt_staff as
select
    'month' as period_kind, month::date as period_start, 'S' || n || '-' || p as staff_id,
    office_code, 'capture' as role, case p when 3 then 5 else 100 * p end::bigint as cases,
    80.0::double as hours_at_desk, case p when 3 then 5 else 100 * p end / 80.0 as cases_per_hour,
    p::double as rework_pct, 150.0::double as expected_cases,
    case p when 3 then 5 else 100 * p end / 150.0 as ratio_to_expected, p = 3 as is_small_number
from numbered
cross join unnest([1, 2, 3]) as people(p)
cross join (values (date '2026-10-01'), (date '2026-11-01')) as months(month);

-- One day of one person a week, who does 80 steps in 8 hours, and 120 in the last week of all.
insert into rpt_staff
select
    'day', date '2026-11-10' - 7 * week::integer, 'S' || n || '-1', office_code, 'capture',
    case week when 0 then 120 else 80 end, 8.0, case week when 0 then 15 else 10 end, 0.0, 80.0,
    1.0, false
from numbered
cross join range(12) as weeks(week);

create table rpt_process_variants as
select
    place_scope, variant_key, null::varchar as office_code, date '2025-11-01' as since_on,
    stages_text, cases, 100.0 * cases / 1000 as share_pct, 864000.0::decimal(18, 6)
        as p50_span_seconds,
    950400.0::decimal(18, 6) as mean_span_seconds, is_conforming, cases < 20 as is_small_number
from (select distinct place_scope from rpt_volumes)
cross join (values
    ('way1', 'data_entry→print_queue→ready→collected', 700::bigint, true),
    ('way2', 'data_entry→print_queue→data_entry→print_queue→ready→collected', 290, false),
    ('way3', 'data_entry→refused', 10, true)
) as ways(variant_key, stages_text, cases, is_conforming);

create table rpt_process_moves as
select
    place_scope, from_stage_code, to_stage_code, null::varchar as office_code,
    date '2025-11-01' as since_on, moves, moves as cases,
    (3600 * hours)::decimal(18, 6) as mean_seconds, (1800 * hours)::decimal(18, 6) as p50_seconds,
    (3600 * hours * moves)::decimal(28, 6) as sum_seconds,
    to_stage_code = 'collected' as is_waiting_by_design, false as is_small_number
from (select distinct place_scope from rpt_volumes)
cross join (values
    ('data_entry', 'print_queue', 1280::bigint, 2), ('print_queue', 'ready', 990, 100),
    ('ready', 'collected', 990, 60), ('print_queue', 'data_entry', 290, 24),
    ('data_entry', 'refused', 10, 5)
) as steps(from_stage_code, to_stage_code, moves, hours);

drop table numbered;
drop table slots;
"""

# Everything that pages of places, machines and ways read, and nothing in it.
TABLES = (
    "rpt_applications", "rpt_backlog_daily", "rpt_boxes", "rpt_case_events", "rpt_complaint_cases",
    "rpt_complaints", "rpt_consumables", "rpt_deliveries", "rpt_findings", "rpt_legs",
    "rpt_link_now", "rpt_machine_now", "rpt_machines", "rpt_metrics", "rpt_place_now", "rpt_places",
    "rpt_print", "rpt_print_queue", "rpt_process_moves", "rpt_process_variants", "rpt_promise",
    "rpt_queue", "rpt_queue_daily", "rpt_redistribution", "rpt_rush", "rpt_staff",
    "rpt_staffing", "rpt_stage_times", "rpt_turnaround", "rpt_volumes",
)  # fmt: skip
EMPTY = "".join(f"delete from {table};\n" for table in TABLES)
