-- Events of visits by stage, each with the number of its visit.
create temp table visit_events as
with
    marked as (
        select
            *,
            if(is_of_stage, lag(event) over (), null) as previous_event,
            if(
                lead(case_number) over () = case_number
                and lead(stage_code) over () = stage_code
                and lead(event) over () = 'entered',
                lead(occurred_at) over (),
                null
            ) as entered_again_at,
        from
            (
                select
                    *,
                    (
                        lag(case_number) over () = case_number
                        and lag(stage_code) over () = stage_code
                    ) is true as is_of_stage,
                from
                    (
                        select
                            case_number,
                            stage_code,
                            event,
                            occurred_at,
                            previous_event_at,
                            office_code,
                            staff_id,
                        from moments
                        -- `deferred` changes no clock
                        where event <> 'deferred'
                        order by case_number, stage_code, moment
                    )
            )
    ),

    opened as (
        select
            * exclude (previous_event),
            coalesce(previous_event, 'completed') in ('completed', 'returned') as is_closed_before,
            event = 'entered' or (event <> 'returned' and is_closed_before) as opens_visit,
        from marked
    )

select
    *, cast(sum(opens_visit::integer) over (rows unbounded preceding) as integer) as visit
from opened
-- what is returned without an open visit belongs to none
where event <> 'returned' or not is_closed_before
;

-- One row per visit of a case to a stage.
create temp table visits as
with
    visits as (
        select
            visit,
            any_value(case_number) as case_number,
            any_value(stage_code) as stage_code,
            min(occurred_at) as opened_at,
            any_value(office_code) filter (opens_visit) as office_code,
            any_value(previous_event_at) filter (opens_visit) as previous_event_at,
            min(occurred_at) filter (event = 'entered') as entered_at,
            min(occurred_at) filter (event = 'started') as started_at,
            min(occurred_at) filter (event = 'completed') as completed_at,
            min(occurred_at) filter (event = 'returned') as returned_at,
            max(entered_again_at) as entered_again_at,
            max(staff_id) filter (event in ('completed', 'started')) as staff_id,
        from visit_events
        group by visit
    ),

    ended as (
        select
            visits.*,
            cases.office_code as submitted_office_code,
            cases.tier,
            cases.submitted_at,
            cases.promise_met_at,
            coalesce(
                visits.completed_at,
                visits.returned_at,
                visits.entered_again_at,
                if(cases.ended_at >= visits.opened_at, cases.ended_at, null)
            ) as ended_at,
            coalesce(visits.entered_at, visits.previous_event_at) as begins_at,
        from visits
        join ended_cases as cases using (case_number)
    )

select
    submitted_office_code,
    stage_code,
    tier,
    ended.office_code,
    staff_id,
    completed_at,
    ended_at,
    authority_date(ended_at) as ended_on,
    completed_at is not null and coalesce(visit < last_visit, false) as is_redone,
    seconds_between(entered_at, started_at) as waiting_seconds,
    seconds_between(started_at, completed_at) as work_seconds,
    seconds_between(begins_at, ended_at) as total_seconds,
    -- of the total, what lies after the submission and before the promise was met
    if(
        begins_at is not null and ended_at is not null,
        seconds(
            greatest(
                us_between(greatest(begins_at, submitted_at), least(ended_at, promise_met_at)), 0
            )
        ),
        null
    ) as turnaround_seconds,
from ended
left join
    (
        -- stages that a case came to again, with its last visit
        select case_number, stage_code, max(visit) as last_visit
        from visit_events
        where opens_visit and is_of_stage
        group by case_number, stage_code
    ) as repeated
    using (case_number, stage_code)
;

-- One row per month, scope and stage of visits that ended.
create table rpt_stage_times as
with
    times as (
        select
            month_of(ended_on) as month,
            scope,
            stage_code,
            count(*) as visits,
            avg(waiting_seconds)::decimal(18, 6) as waiting_mean_seconds,
            quantile_cont(waiting_seconds, [0.5, 0.9]) as waiting,
            avg(work_seconds)::decimal(18, 6) as work_mean_seconds,
            quantile_cont(work_seconds, [0.5, 0.9]) as work,
            avg(total_seconds)::decimal(18, 6) as total_mean_seconds,
            quantile_cont(total_seconds, [0.5, 0.9]) as total,
            sum(turnaround_seconds) as turnaround_seconds,
        from visits
        join
            scopes
            on submitted_office_code = scopes.office_code
            and from_on <= ended_on
            and ended_on < until_on
        where ended_at <= now_at()
        group by all
    )

select
    month,
    place_scope,
    stage_code::varchar as stage_code,
    office_code::varchar as office_code,
    visits,
    waiting_mean_seconds,
    waiting[1] as waiting_p50_seconds,
    waiting[2] as waiting_p90_seconds,
    work_mean_seconds,
    work[1] as work_p50_seconds,
    work[2] as work_p90_seconds,
    total_mean_seconds,
    total[1] as total_p50_seconds,
    total[2] as total_p90_seconds,
    share_pct(
        coalesce(turnaround_seconds, 0), sum(turnaround_seconds) over (partition by month, scope)
    ) as share_of_turnaround_pct,
    is_waiting_by_design,
    visits < 20 as is_small_number,
from times
join scope_names using (scope)
left join stages using (stage_code)
;

-- Cases seen in the months of the process tables.
create temp table process_cases as
select
    case_number,
    office_code,
    variant_number,
    rework_count,
    first_event_at,
    authority_date(last_event_at) as seen_on,
    seconds_between(first_event_at, last_event_at) as span_seconds,
from ended_cases
where
    last_event_at >= utc_time(
        getvariable('process_since')::timestamp, getvariable('authority_timezone')
    )
;

-- One row per scope and move from one completed stage to the next, which may be the same again.
create table rpt_process_moves as
with
    moves as (
        select
            case_number,
            lag(stage_code) over () as from_stage_code,
            stage_code as to_stage_code,
            seconds_between(lag(occurred_at) over (), occurred_at) as move_seconds,
            occurred_at,
            moment,
            lag(case_number) over () as case_before,
        from moments
        where event = 'completed'
    ),

    seen as (
        select moves.*, office_code, seen_on, rework_count
        from moves
        join process_cases using (case_number)
        where case_before = case_number and occurred_at <= now_at()
    ),

    firsts as (
        -- only of cases that completed a stage twice, so that few are looked at
        select case_number, from_stage_code, to_stage_code, min(moment) as first_moment
        from seen
        where rework_count > 0
        group by case_number, from_stage_code, to_stage_code
    ),

    times as (
        select
            scope,
            from_stage_code,
            to_stage_code,
            count(*) as moves,
            count(*) filter (first_moment is null or first_moment = moment) as cases,
            avg(move_seconds)::decimal(18, 6) as mean_seconds,
            quantile_cont(move_seconds, 0.5)::decimal(18, 6) as p50_seconds,
            sum(move_seconds)::decimal(28, 6) as sum_seconds,
        from seen
        left join firsts using (case_number, from_stage_code, to_stage_code)
        join
            scopes
            on seen.office_code = scopes.office_code
            and from_on <= seen_on
            and seen_on < until_on
        group by scope, from_stage_code, to_stage_code
    )

select
    place_scope,
    from_stage_code::varchar as from_stage_code,
    to_stage_code::varchar as to_stage_code,
    office_code::varchar as office_code,
    moves,
    cases,
    mean_seconds,
    p50_seconds,
    sum_seconds,
    coalesce(from_stages.is_waiting_by_design, false)
    or coalesce(to_stages.is_waiting_by_design, false) as is_waiting_by_design,
    moves < 20 as is_small_number,
from times
join scope_names using (scope)
left join stages as from_stages on from_stage_code = from_stages.stage_code
left join stages as to_stages on to_stage_code = to_stages.stage_code
;

-- One row per scope and sequence of completed stages.
create table rpt_process_variants as
with
    counts as (
        select
            scope,
            variant_number,
            count(*) as cases,
            quantile_cont(span_seconds, 0.5)::decimal(18, 6) as p50_span_seconds,
            avg(span_seconds)::decimal(18, 6) as mean_span_seconds,
        from process_cases as cases
        join
            scopes
            on cases.office_code = scopes.office_code
            and from_on <= seen_on
            and seen_on < until_on
        where variant_number is not null and first_event_at <= now_at()
        group by scope, variant_number
    )

select
    place_scope,
    variant_key,
    office_code::varchar as office_code,
    stages_text,
    cases,
    share_pct(cases, sum(cases) over (partition by scope)) as share_pct,
    p50_span_seconds,
    mean_span_seconds,
    is_conforming,
    cases < 20 as is_small_number,
from counts
join variants using (variant_number)
join scope_names using (scope)
;
