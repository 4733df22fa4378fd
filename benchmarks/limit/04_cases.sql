-- Applications, numbered, at the place as it was then and on the place's day.
create temp table applications as
select
    applications.* replace (
        cast(applications.office_code as office) as office_code, cast(tier as tier) as tier
    ),
    places.is_mission,
    places.district as office_district,
    submission_days.day as submitted_on,
    submission_days.working_days_before
    + submission_days.is_working_day::integer as working_days_passed,
from
    (
        select
            cast(row_number() over () as integer) as case_number,
            application_id,
            office_code,
            submitted_at,
            tier,
            category,
            channel,
            pages,
            validity_years,
            is_e_passport,
            cast(fee_pkr as decimal(18, 2)) as fee_pkr,
            home_district,
            priority_reason,
            is_suspect,
            cancelled_at,
            updated_at,
        from latest(built.raw.applications, application_id, updated_at)
    ) as applications
left join
    places
    on applications.office_code = places.office_code
    and places.valid_from_at <= submitted_at
    and submitted_at < places.valid_to_at
asof left join
    calendar as submission_days
    on applications.office_code = submission_days.office_code
    and applications.submitted_at >= submission_days.starts_at
;

-- Events of known cases in order: all that follows reads them so, by windows that need no sorting.
create temp table moments as
select
    *,
    case
        when lag(case_number) over () = case_number then lag(occurred_at) over ()
    end as previous_event_at,
    case
        when lag(case_number) over () = case_number then lag(stage_code) over ()
    end as previous_stage_code,
    case
        when lead(case_number) over () = case_number then lead(occurred_at) over ()
    end as next_event_at,
    lead(case_number) over () is distinct from case_number as is_latest,
    -- where a case comes to another holder, or its clock stops or goes on
    lag(case_number) over () is distinct from case_number
    or lag(office_code) over () <> office_code as is_elsewhere,
    lag(case_number) over () is distinct from case_number
    or lag(is_stopped) over () <> is_stopped as is_clock_changed,
    row_number() over () as moment,
from
    (
        select
            applications.case_number,
            events.occurred_at,
            stages.stage_code,
            cast(events.event as event) as event,
            coalesce(stages.is_stopped, false) as is_stopped,
            cast(events.office_code as office) as office_code,
            cast(events.staff_id as staff_member) as staff_id,
        from latest(built.raw.stage_events, event_id, recorded_at) as events
        join applications on events.application_id = applications.application_id
        left join stages on events.stage_code = stages.stage_code::varchar
        order by case_number, occurred_at, event_id
    )
;

-- What the events of a case say of it.
create temp table case_events as
select
    case_number,
    cast(count(*) as integer) as event_count,
    min(occurred_at) as first_event_at,
    max(occurred_at) as last_event_at,
    any_value(stage_code) filter (is_latest) as current_stage_code,
    any_value(office_code) filter (is_latest) as holding_office_code,
    max(occurred_at) filter (stage_code is distinct from previous_stage_code) as stage_entered_at,
    min(occurred_at) filter (event = 'completed' and is_terminal) as completed_at,
    min(occurred_at) filter (
        event = 'completed' and is_terminal and owner in ('applicant', 'carrier')
    ) as handed_over_at,
    min(occurred_at) filter (event = 'completed' and is_decision) as approved_at,
    min(occurred_at) filter (event = 'deferred') as deferred_at,
    min(occurred_at) filter (event = 'completed' and is_last_of_printing) as printed_at,
    min(occurred_at) filter (owner = 'carrier') as dispatched_at,
    cast(
        count(*) filter (event = 'completed')
        - coalesce(
            bit_count(bit_or(1::bigint << enum_code(stage_code)) filter (event = 'completed')), 0
        )
        + count(*) filter (event = 'returned') as integer
    ) as rework_count,
    -- the completed stages in order
    list_transform(
        list_sort(list(moment * 256 + enum_code(stage_code)) filter (event = 'completed')),
        lambda entry:cast(entry % 256 as utinyint)
    ) as variant,
from moments
left join stages using (stage_code)
group by case_number
;

-- One row per sequence of completed stages.
create temp table variants as
with
    codes as (
        select list(sequence order by enum_code(code)) as sequences
        from (select unnest(enum_range(null::stage))::stage as code)
        left join stages on code = stages.stage_code
    ),

    variants as (
        select
            variant,
            list_transform(variant, lambda code:enum_range(null::stage)[code + 1]) as names,
            list_transform(variant, lambda code:codes.sequences[code + 1]) as sequences,
        from (select distinct variant from case_events where variant is not null), codes
    )

select
    variant,
    cast(row_number() over () as integer) as variant_number,
    array_to_string(names, '→') as stages_text,
    md5(stages_text) as variant_key,
    -- the stages in the order of the stages record, none twice
    list_sort(list_distinct(sequences)) = sequences as is_conforming,
from variants
;

create temp table deliveries as
select
    case_number,
    deliveries.application_id,
    cast(deliveries.office_code as office) as office_code,
    box_id,
    ready_at,
    collected_at,
    outcome,
    deliveries.updated_at,
from latest(built.raw.deliveries, application_id, updated_at) as deliveries
left join applications using (application_id)
;

create temp table print_jobs as
select
    job_id,
    jobs.application_id,
    case_number,
    tier,
    machine_id,
    queued_at,
    started_at,
    finished_at,
    outcome,
    reason_code,
    booklet_number_ref,
    jobs.updated_at,
from latest(built.raw.print_jobs, job_id, updated_at) as jobs
left join applications using (application_id)
;

-- Cases with their ends and what was promised.
create temp table ended_cases as
select
    *,
    coalesce(cancelled_at, completed_at) as ended_at,
    if(
        cancelled_at is null or cancelled_at >= coalesce(ready_at, completed_at),
        coalesce(ready_at, completed_at),
        null
    ) as promise_met_at,
from
    (
        select
            applications.* exclude (cancelled_at, working_days_passed),
            case_events.* exclude (case_number, variant, handed_over_at),
            if(
                completed_at is null or cancelled_at < completed_at, cancelled_at, null
            ) as cancelled_at,
            deliveries.ready_at,
            deliveries.collected_at,
            case
                when cancelled_at < completed_at or completed_at is null
                then null
                when deliveries.outcome = 'lost'
                then 'lost'
                when handed_over_at = completed_at or deliveries.outcome = 'collected'
                then 'delivered'
                else 'refused'
            end as completed_outcome,
            variants.variant_number,
            in_force.promised,
            in_force.unit,
            in_force.target_pct,
            -- the submission date is day 0
            if(
                in_force.unit = 'working_days', working_days_passed + in_force.promised - 1, null
            ) as due_working_day,
            if(
                in_force.unit = 'calendar_days', applications.submitted_on + in_force.promised, null
            ) as due_date,
        from applications
        left join case_events using (case_number)
        left join variants using (variant)
        left join deliveries using (case_number)
        left join
            (
                -- a promise for the tier beats one for all
                select kinds.*, promises.promised, promises.unit, promises.target_pct
                from (select distinct tier, submitted_on, is_mission from applications) as kinds
                join
                    promises
                    on promises.service = 'passport'
                    and promises.place_kind = if(kinds.is_mission, 'mission', 'domestic')
                    and (promises.tier is null or promises.tier = kinds.tier::varchar)
                    and kinds.submitted_on between promises.valid_from and promises.valid_to
                    and promises.unit in ('working_days', 'calendar_days')
                qualify
                    row_number() over (
                        partition by kinds.tier, kinds.submitted_on, kinds.is_mission
                        order by promises.tier nulls last, promises.valid_from desc
                    )
                    = 1
            ) as in_force
            on applications.tier = in_force.tier
            and applications.submitted_on = in_force.submitted_on
            and applications.is_mission is not distinct from in_force.is_mission
    )
;

-- Stops of clocks until the promise is met, with the whole local days in them.
create temp table stops as
with
    changes as (
        select
            case_number,
            is_stopped,
            occurred_at,
            case
                when lead(case_number) over () = case_number then lead(occurred_at) over ()
            end as next_at,
        from moments
        where is_clock_changed
    ),

    stops as (
        select
            case_number,
            cases.office_code,
            cases.unit,
            greatest(changes.occurred_at, cases.submitted_at) as from_at,
            -- null while it goes on
            least(changes.next_at, coalesce(promise_met_at, ended_at)) as until_at,
        from changes
        join ended_cases as cases using (case_number)
        where
            changes.is_stopped
            and (changes.next_at is null or changes.next_at > cases.submitted_at)
            and greatest(changes.occurred_at, cases.submitted_at)
            < coalesce(promise_met_at, ended_at, timestamp '9999-12-31')
    )

select
    case_number,
    from_at,
    until_at,
    case
        unit
        when 'working_days'
        then
            greatest(
                until_days.working_days_before
                - from_days.working_days_before
                - (from_days.is_working_day and from_days.starts_at <> from_at)::integer,
                0
            )
        when 'calendar_days'
        then greatest(until_days.day - from_days.day - (from_days.starts_at <> from_at)::integer, 0)
    end as moved_days,
from stops
asof left join
    calendar as from_days
    on stops.office_code = from_days.office_code
    and stops.from_at >= from_days.starts_at
asof left join
    calendar as until_days
    on stops.office_code = until_days.office_code
    and stops.until_at >= until_days.starts_at
;

create temp table stop_totals as
with
    numbered as (
        select
            stops.*,
            cases.office_code,
            due_working_day,
            due_date,
            coalesce(
                sum(moved_days) over (
                    partition by case_number
                    order by from_at
                    rows between unbounded preceding and 1 preceding
                ),
                0
            )::integer as moved_days_before,
        from stops
        join ended_cases as cases using (case_number)
    )

select
    case_number,
    sum(us_between(from_at, until_at))::bigint as stopped_us,
    max(from_at) filter (until_at is null) as stopped_since_at,
    coalesce(sum(moved_days), 0)::integer as moved_days,
    -- a stop that began before the promise lapsed delays its lapse; a later one does not
    coalesce(
        sum(moved_days) filter (from_at < coalesce(working_days.ends_at, calendar.ends_at)), 0
    )::integer as moved_days_in_time,
from numbered
left join
    working_days
    on numbered.office_code = working_days.office_code
    and due_working_day + moved_days_before = working_days.working_days_before
left join
    calendar
    on numbered.office_code = calendar.office_code
    and due_date + moved_days_before = calendar.day
group by case_number
;

-- Working time from the submission to the promise met: the clocks of holders are read only where
-- the holder changes or the clock stops or goes on.
create temp table worked as
with
    turns as (
        select
            case_number,
            office_code,
            is_stopped,
            occurred_at as from_at,
            case
                when lead(case_number) over () = case_number then lead(occurred_at) over ()
            end as until_at,
        from moments
        where is_elsewhere or is_clock_changed
    ),

    stays as (
        select
            case_number,
            turns.office_code,
            greatest(from_at, submitted_at) as from_at,
            least(until_at, promise_met_at) as until_at,
        from turns
        join ended_cases using (case_number)
        where not is_stopped and promise_met_at is not null
        union all
        select
            case_number,
            office_code,
            submitted_at as from_at,
            least(first_event_at, promise_met_at) as until_at,
        from ended_cases
        where promise_met_at is not null
    ),

    readings as (
        select case_number, office_code, from_at as read_at, -1 as sign
        from stays
        where from_at < until_at
        union all
        select case_number, office_code, until_at as read_at, 1 as sign
        from stays
        where from_at < until_at
    )

select
    case_number,
    sum(sign * (us_before + us_between(opens_at, least(read_at, closes_at))))::bigint as working_us,
    sum(
        sign * (
            parts_before
            + floor(us_between(opens_at, least(read_at, closes_at)) * rate + 0.5)::bigint
        )
    )::bigint as working_parts,
from readings
asof join
    clocks
    on readings.office_code = clocks.office_code
    and readings.read_at >= clocks.opens_at
group by case_number
;

-- All that is known of a case, whatever the time is now.
create temp table cases as
with
    moved as (
        select
            cases.* exclude (completed_outcome, due_working_day, due_date),
            if(cancelled_at is not null, 'cancelled', completed_outcome) as outcome,
            due_working_day + coalesce(moved_days, 0) as due_working_day,
            due_date + coalesce(moved_days, 0) as due_date,
            -- where the promise lapses on another day than that on which it is due
            due_working_day + nullif(moved_days_in_time, moved_days) as lapse_working_day,
            due_date + nullif(moved_days_in_time, moved_days) as lapse_date,
            seconds_between(submitted_at, promise_met_at) as turnaround_seconds,
            if(promise_met_at is not null, coalesce(working_us, 0), null) as working_us,
            if(
                promise_met_at is not null,
                (coalesce(working_parts, 0)::decimal(18, 0) * 0.000000001)::decimal(18, 9),
                null
            ) as working_days,
            coalesce(stopped_us, 0) as stopped_us,
            stopped_since_at,
        from ended_cases as cases
        left join stop_totals using (case_number)
        left join worked using (case_number)
    )

select
    moved.* exclude (due_working_day, due_date, lapse_working_day, lapse_date),
    coalesce(due_working.day, due_calendar.day) as promise_due_on,
    coalesce(due_working.ends_at, due_calendar.ends_at) as promise_due_at,
    coalesce(
        lapse_working.ends_at, lapse_calendar.ends_at, due_working.ends_at, due_calendar.ends_at
    ) as promise_lapses_at,
from moved
left join
    working_days as due_working
    on moved.office_code = due_working.office_code
    and due_working_day = due_working.working_days_before
left join
    calendar as due_calendar
    on moved.office_code = due_calendar.office_code
    and due_date = due_calendar.day
left join
    working_days as lapse_working
    on moved.office_code = lapse_working.office_code
    and lapse_working_day = lapse_working.working_days_before
left join
    calendar as lapse_calendar
    on moved.office_code = lapse_calendar.office_code
    and lapse_date = lapse_calendar.day
;
