-- One row per application, with what now can see of it.
create table rpt_applications as
with
    known as (
        select
            *,
            submitted_at <= now_at() and coalesce(ended_at > now_at(), true) as is_open,
            coalesce(cancelled_at <= now_at(), false) as is_cancelled,
            coalesce(promise_met_at <= now_at(), false) as is_promise_met,
        from cases
    ),

-- the clock stands still now: its whole days so far move the due day on
    standing as (
        select
            case_number,
            us_between(stopped_since_at, now_at()) as stopped_us,
            case
                unit
                when 'working_days'
                then
                    due_days.working_days_before
                    + greatest(
                        until_days.working_days_before
                        - from_days.working_days_before
                        - (
                            from_days.is_working_day
                            and from_days.starts_at <> stopped_since_at
                        )::integer,
                        0
                    )
            end as due_working_day,
            if(
                unit = 'calendar_days',
                promise_due_on
                + greatest(
                    until_days.day
                    - from_days.day
                    - (from_days.starts_at <> stopped_since_at)::integer,
                    0
                )::integer,
                null
            ) as due_date,
            known.office_code,
        from known
        asof left join
            calendar as from_days
            on known.office_code = from_days.office_code
            and known.stopped_since_at >= from_days.starts_at
        left join
            calendar as until_days
            on known.office_code = until_days.office_code
            and until_days.starts_at <= now_at()
            and now_at() < until_days.ends_at
        left join
            calendar as due_days
            on known.office_code = due_days.office_code
            and known.promise_due_on = due_days.day
        where is_open and not is_promise_met and stopped_since_at <= now_at()
    ),

    moved as (
        select
            case_number,
            stopped_us as standing_us,
            coalesce(working_days.day, due_date) as moved_due_on,
        from standing
        left join
            working_days
            on standing.office_code = working_days.office_code
            and due_working_day = working_days.working_days_before
    )

select
    application_id,
    cases.office_code::varchar as office_code,
    coalesce(holding_office_code, cases.office_code)::varchar as holding_office_code,
    tier::varchar as tier,
    category,
    channel,
    submitted_at,
    first_event_at,
    last_event_at,
    seconds_between(first_event_at, last_event_at) as span_seconds,
    completed_at,
    ready_at,
    outcome,
    is_open,
    is_cancelled,
    coalesce(current_stage_code::varchar, 'not_started') as current_stage_code,
    coalesce(stages.owner, 'office') as current_owner,
    coalesce(stage_entered_at, submitted_at) as stage_entered_at,
    if(is_open, today() - authority_date(submitted_at), null) as age_days,
    coalesce(moved_due_on, promise_due_on) as promise_due_on,
    target_pct as promise_target_pct,
    case
        when is_cancelled and not is_promise_met
        then 'cancelled'
        when promise_due_at is null
        then 'none'
        when is_promise_met
        then if(promise_met_at < promise_lapses_at, 'kept', 'missed')
        -- a clock that stopped in time lets no promise lapse while it stands
        when
            promise_lapses_at > now_at()
            or (moved.case_number is not null and stopped_since_at < promise_lapses_at)
        then 'open_within'
        else 'open_beyond'
    end as promise_state,
    promise_state = 'open_beyond' as is_beyond_promise,
    if(is_promise_met, turnaround_seconds, null) as turnaround_seconds,
    if(is_promise_met, minutes(working_us), null) as turnaround_working_minutes,
    minutes(stopped_us) + minutes(coalesce(standing_us, 0)) as clock_stopped_minutes,
    coalesce(event_count, 0) as event_count,
    coalesce(rework_count, 0) as rework_count,
    variant_key,
    if(ended_at <= now_at(), authority_date(ended_at), null) as ended_on,
from known as cases
left join moved using (case_number)
left join stages on cases.current_stage_code = stages.stage_code
left join variants using (variant_number)
;

-- One row per event of a known case.
create table rpt_case_events as
with
    events as (
        select events.*, stages.owner
        from latest(built.raw.stage_events, event_id, recorded_at) as events
        left join stages on events.stage_code = stages.stage_code::varchar
    ),

    prints as (
        -- what a completed print stage tells of: the last job finished by then
        select event_id, max_by(outcome, (finished_at, job_id)) as outcome
        from events
        join
            print_jobs
            on events.application_id = print_jobs.application_id
            and print_jobs.finished_at <= events.occurred_at
        where owner = 'print_site' and event = 'completed' and outcome is not null
        group by event_id
    )

select
    events.event_id,
    events.application_id,
    events.occurred_at,
    events.recorded_at,
    events.stage_code,
    events.event,
    events.office_code,
    events.desk,
    events.reason_code,
    if(events.owner = 'carrier', deliveries.box_id, null) as box_id,
    prints.outcome as print_outcome,
    authority_date(cases.ended_at) as ended_on,
from events
join ended_cases as cases using (application_id)
left join deliveries using (case_number)
left join prints using (event_id)
;
