create temp table queue_visits as
select
    cast(office_code as office) as office_code,
    service,
    issued_at,
    time_bucket(interval 30 minute, issued_at) as slot_start,
    authority_date(issued_at) as day,
    -- where only times were sent, they tell the outcome
    case
        when outcome is not null
        then outcome
        when closed_at is null
        then null
        when called_at is null
        then 'left'
        else 'served'
    end as result,
    seconds_between(issued_at, coalesce(called_at, closed_at)) as waiting_seconds,
    if(result = 'served', seconds_between(called_at, closed_at), null) as service_seconds,
    seconds_between(issued_at, closed_at) as in_centre_seconds,
from latest(built.raw.queue_tokens, token_id, updated_at)
;

create temp view scoped_visits as
select queue_visits.* exclude (office_code, service), scope, 'all' as service
from queue_visits
join
    scopes
    on queue_visits.office_code = scopes.office_code
    and from_on <= day
    and day < until_on
;

create temp macro queue_figures(visits, place, kind, period) as table
select
    * exclude (waiting, in_centre),
    waiting[1] as wait_all_p50_seconds,
    waiting[2] as wait_all_p90_seconds,
    in_centre[1] as in_centre_p50_seconds,
    in_centre[2] as in_centre_p80_seconds,
    in_centre[3] as in_centre_p90_seconds,
from
    (
        select
            place,
            kind,
            period,
            count(*) as issued,
            count(*) filter (result = 'served') as served,
            count(*) filter (result = 'left') as left_count,
            count(*) filter (result = 'no_show') as no_show,
            count(*) filter (result is null) as still_waiting,
            avg(waiting_seconds)::decimal(18, 6) as wait_all_mean_seconds,
            quantile_cont(waiting_seconds, [0.5, 0.9]) as waiting,
            quantile_cont(waiting_seconds, 0.5) filter (
                result = 'served'
            ) as wait_served_p50_seconds,
            quantile_cont(waiting_seconds, 0.5) filter (result = 'left') as wait_left_p50_seconds,
            avg(service_seconds)::decimal(18, 6) as service_mean_seconds,
            quantile_cont(service_seconds, 0.5) as service_p50_seconds,
            quantile_cont(in_centre_seconds, [0.5, 0.8, 0.9]) as in_centre,
            100.0
            * count(*) filter (in_centre_seconds <= 1800)
            / nullif(count(in_centre_seconds), 0) as in_centre_within_30_min_pct,
            100.0
            * count(*) filter (in_centre_seconds <= 3600)
            / nullif(count(in_centre_seconds), 0) as in_centre_within_60_min_pct,
            count(in_centre_seconds) < 20 as is_small_number,
        from query_table(visits)
        group by place, kind, period
    )
;

-- One row per place, service and half-hour.
create table rpt_queue as
select * replace (office_code::varchar as office_code)
from queue_figures(queue_visits, office_code, service, slot_start)
;

-- One row per authority day and scope.
create table rpt_queue_daily as
select figures.* exclude (scope, service), place_scope, office_code::varchar as office_code
from queue_figures(scoped_visits, scope, service, day) as figures
join scope_names using (scope)
;

create temp table shifts as
with
    shifts as (
        select
            cast(staff_id as staff_member) as staff_id,
            cast(office_code as office) as office_code,
            desk,
            planned_from,
            planned_until,
            started_at,
            ended_at,
            coalesce(started_at, planned_from) as begins_at,
            updated_at,
        from latest(built.raw.staff_shifts, (staff_id, planned_from), updated_at)
    )

select shifts.*, place_date(begins_at, day, starts_at, ends_at) as shift_on
from shifts
left join
    calendar
    on shifts.office_code = calendar.office_code
    and begins_at::date = calendar.day
;

-- What each member of staff did on each of the place's days, and how long they were there.
create temp table staff_days as
with
    work as (
        select
            *,
            seconds_between(
                lag(completed_at) over (
                    partition by work_on, staff_id
                    order by completed_at, stage_code, tier, office_code, is_redone, work_seconds
                ),
                completed_at
            ) as gap_seconds,
        from
            (
                select
                    visits.*, place_date(completed_at, day, starts_at, ends_at) as work_on
                from visits
                left join
                    calendar
                    on visits.office_code = calendar.office_code
                    and completed_at::date = calendar.day
                where completed_at is not null and staff_id is not null
            )
    ),

    norms as (
        -- what a completion took that day over all places: its mean work time, or where that is not
        -- sent the median time since the same person's completion before it
        select
            work_on,
            stage_code,
            tier,
            coalesce(
                avg(work_seconds)::decimal(18, 6),
                nullif(quantile_cont(gap_seconds, 0.5)::decimal(18, 6), 0)
            ) as norm_seconds,
        from work
        group by grouping sets ((work_on, stage_code, tier), (work_on))
    ),

    done as (
        select
            work_on,
            staff_id,
            max(work.office_code) as office_code,
            count(*) as cases,
            count(*) filter (is_redone) as redone_cases,
            sum(
                coalesce(norms.norm_seconds, day_norms.norm_seconds, 1::decimal(18, 6))
            ) as standard_seconds,
        from work
        left join norms using (work_on, stage_code, tier)
        left join
            (select * from norms where stage_code is null) as day_norms using (work_on)
        group by work_on, staff_id
    ),

    presence as (
        select
            shift_on as work_on,
            staff_id,
            max(office_code) as office_code,
            sum(
                seconds_between(
                    started_at, greatest(coalesce(ended_at, planned_until), started_at)
                )
            ) as present_seconds,
            -- of a shift that goes on, what is still to come
            sum(seconds_between(greatest(started_at, now_at()), planned_until)) filter (
                ended_at is null and planned_until > greatest(started_at, now_at())
            ) as rest_seconds,
        from shifts
        where started_at is not null
        group by all
    )

select
    days.* replace (coalesce(presence_office_code, days.office_code) as office_code),
    staff.role,
from
    (
        select
            work_on,
            staff_id,
            done.office_code,
            presence.office_code as presence_office_code,
            coalesce(cases, 0) as cases,
            coalesce(redone_cases, 0) as redone_cases,
            coalesce(standard_seconds, 0)::decimal(18, 6) as standard_seconds,
            (present_seconds - coalesce(rest_seconds, 0))::decimal(18, 6) as present_seconds,
        from done
        full join presence using (work_on, staff_id)
    ) as days
left join
    (
        -- staff by version, as places
        select
            *,
            lead(valid_from_at, 1, timestamp '9999-12-31') over (
                partition by staff_id order by valid_from_at
            ) as valid_to_at,
        from
            (
                select
                    staff_id,
                    role,
                    deleted_at,
                    if(
                        row_number() over (partition by staff_id order by version_at) = 1,
                        timestamp '1900-01-01',
                        version_at
                    ) as valid_from_at,
                from
                    (
                        select *, coalesce(updated_at, observed_at) as version_at
                        from built.raw.staff
                    )
                qualify
                    row_number() over (
                        partition by staff_id, version_at order by batch_id desc, batch_row desc
                    )
                    = 1
            )
        qualify deleted_at is null
    ) as staff
    on days.staff_id::varchar = staff.staff_id
    and staff.valid_from_at <= work_on
    and work_on < staff.valid_to_at
;

-- One row per day or month, of the place, and member of staff.
create table rpt_staff as
with
    people as (
        select
            period_kind,
            period_start,
            staff_id,
            max_by(office_code, work_on) as office_code,
            max_by(role, work_on) as role,
            sum(cases) as cases,
            sum(redone_cases) as redone_cases,
            sum(standard_seconds)::double as standard_seconds,
            sum(present_seconds)::double as present_seconds,
        from
            (
                select *, 'day' as period_kind, work_on as period_start
                from staff_days
                union all
                select *, 'month', month_of(work_on)
                from staff_days
            )
        group by period_kind, period_start, staff_id
    ),

    roles as (
        -- what colleagues of the role get done in a second at the desk
        select
            period_kind,
            period_start,
            role,
            sum(standard_seconds) / sum(present_seconds) as standard_rate,
            sum(cases) / sum(present_seconds) as case_rate,
        from people
        where present_seconds > 0
        group by all
    )

select
    people.period_kind,
    people.period_start,
    staff_id::varchar as staff_id,
    office_code::varchar as office_code,
    people.role,
    cases::bigint as cases,
    present_seconds / 3600 as hours_at_desk,
    cases / nullif(hours_at_desk, 0) as cases_per_hour,
    share_pct(redone_cases, cases) as rework_pct,
    -- in that time colleagues would get this much of the same mix done
    if(
        cases > 0,
        cases * present_seconds * standard_rate / nullif(standard_seconds, 0),
        present_seconds * case_rate
    ) as expected_cases,
    cases / nullif(expected_cases, 0) as ratio_to_expected,
    cases < 20 as is_small_number,
from people
left join
    roles
    on present_seconds > 0
    and people.period_kind = roles.period_kind
    and people.period_start = roles.period_start
    and people.role is not distinct from roles.role
;

-- One row per place and half-hour with staff planned or present, or with tickets.
create table rpt_staffing as
with
    spans as (
        select
            office_code,
            desk,
            false as is_present,
            planned_from as from_at,
            planned_until as until_at,
        from shifts
        union all
        select office_code, desk, true, started_at, coalesce(ended_at, planned_until)
        from shifts
        where started_at is not null
    ),

-- a shift is on a slot when it has begun by the slot's start and goes on then, a week at most
    shift_slots as (
        select
            office_code,
            desk,
            is_present,
            unnest(
                range(
                    time_bucket(
                        interval 30 minute, from_at + interval 30 minute - interval 1 microsecond
                    ),
                    least(until_at, date_trunc('day', from_at) + interval 8 day),
                    interval 30 minute
                )
            ) as slot_start,
        from spans
        where from_at < until_at
    ),

    staffed as (
        select
            office_code,
            slot_start,
            count(*) filter (not is_present) as planned_staff,
            count(*) filter (is_present) as present_staff,
            count(distinct desk) filter (is_present) as desks_open,
        from shift_slots
        group by office_code, slot_start
    ),

    tickets as (
        select office_code, slot_start, issued_at::date as utc_day, service, count(*) as tickets
        from queue_visits
        group by all
    ),

-- what serving a ticket takes at the place that day
    service_times as (
        select
            office_code,
            issued_at::date as utc_day,
            service,
            sum(service_seconds)::double / count(service_seconds) as mean_seconds,
        from queue_visits
        where service_seconds is not null
        group by grouping sets ((office_code, utc_day, service), (office_code, utc_day))
    ),

    loads as (
        select
            office_code,
            slot_start,
            sum(tickets * coalesce(of_service.mean_seconds, of_place.mean_seconds)) as load_seconds,
        from tickets
        left join service_times as of_service using (office_code, utc_day, service)
        left join
            (select * from service_times where service is null) as of_place
            using (office_code, utc_day)
        group by office_code, slot_start
    )

select
    slots.office_code::varchar as office_code,
    slot_start,
    counters,
    if(slot_start <= now_at(), coalesce(desks_open, 0), null) as desks_open,
    coalesce(planned_staff, 0) as planned_staff,
    if(slot_start <= now_at(), coalesce(present_staff, 0), null) as present_staff,
    ceil(load_seconds / 1800)::bigint as required_staff,
from (select * from staffed full join loads using (office_code, slot_start)) as slots
left join
    places
    on slots.office_code = places.office_code
    and valid_from_at <= slot_start
    and slot_start < valid_to_at
;
