{{
    config(
        materialized="incremental",
        incremental_strategy="touched",
        unique_key="work_on",
        pre_hook="{{ note_touched(touched_staff_days()) }}",
        meta={
            "logged_columns": [
                "work_on",
                "staff_id",
                "office_code",
                "role",
                "cases",
                "redone_cases",
                "standard_seconds",
                "present_seconds",
            ]
        },
    )
}}

with

    place_calendars as (select * from {{ ref("dim_place_calendars") }}),

    calendar as (select * from {{ ref("dim_calendar") }}),

    dated_visits as (
        select
            visits.staff_id,
            visits.office_code,
            visits.stage_code,
            visits.tier,
            visits.is_redone,
            visits.completed_at,
            visits.work_seconds,
            {{ place_date("visits.completed_at", "calendar") }} as work_on
        from {{ ref("fct_stage_visits") }} as visits
        left join place_calendars on visits.office_code = place_calendars.office_code
        left join
            calendar
            on place_calendars.calendar_key = calendar.calendar_key
            and cast(visits.completed_at as date) = calendar.calendar_date
        where visits.completed_at is not null and {{ ends_near_touched_day("visits.ended_on") }}
    ),

    visits as (
        select
            *,
            {{
                seconds_between(
                    "lag(completed_at) over (partition by work_on, staff_id order by completed_at"
                    ~ " nulls last, stage_code, tier, office_code, is_redone, work_seconds)",
                    "completed_at",
                )
            }} as gap_seconds
        from dated_visits
        where staff_id is not null and {{ is_touched() }}
    ),

    shifts as (
        select *
        from {{ ref("fct_staff_shifts") }}
        where started_at is not null and {{ is_touched("shift_on") }}
    ),

    norms as (
        -- what a completion of a stage and tier took that day, over all places: its mean work time,
        -- or where that is not sent the median time since the same person's completion before it
        select
            work_on,
            stage_code,
            tier,
            grouping(stage_code) = 1 as is_of_day,
            coalesce(
                cast(avg(work_seconds) as decimal(18, 6)),
                nullif(
                    cast(
                        percentile_cont(0.5) within group (order by gap_seconds) as decimal(18, 6)
                    ),
                    0
                )
            ) as norm_seconds
        from visits
        group by grouping sets ((work_on, stage_code, tier), (work_on))
    ),

    work as (
        select
            visits.work_on,
            visits.staff_id,
            max(visits.office_code) as office_code,
            count(*) as cases,
            count(case when visits.is_redone then 1 end) as redone_cases,
            sum(
                coalesce(norms.norm_seconds, day_norms.norm_seconds, cast(1 as decimal(18, 6)))
            ) as standard_seconds
        from visits
        left join
            norms
            on not norms.is_of_day
            and visits.work_on = norms.work_on
            and visits.stage_code = norms.stage_code
            and visits.tier = norms.tier
        left join norms as day_norms on day_norms.is_of_day and visits.work_on = day_norms.work_on
        group by visits.work_on, visits.staff_id
    ),

    presence as (
        select
            shift_on as work_on,
            staff_id,
            max(office_code) as office_code,
            -- where no end was sent, until the planned one
            sum(
                {{
                    seconds_between(
                        "started_at", "greatest(coalesce(ended_at, planned_until), started_at)"
                    )
                }}
            ) as present_seconds
        from shifts
        group by shift_on, staff_id
    ),

    staff_days as (
        select
            coalesce(work.work_on, presence.work_on) as work_on,
            coalesce(work.staff_id, presence.staff_id) as staff_id,
            coalesce(presence.office_code, work.office_code) as worked_office_code,
            coalesce(work.cases, 0) as cases,
            coalesce(work.redone_cases, 0) as redone_cases,
            coalesce(work.standard_seconds, 0) as standard_seconds,
            presence.present_seconds
        from work
        full join presence on work.work_on = presence.work_on and work.staff_id = presence.staff_id
    ),

    staff as (select * from {{ ref("dim_staff") }})

select
    staff_days.work_on,
    staff_days.staff_id,
    staff_days.worked_office_code as office_code,
    staff.role,
    cast(staff_days.cases as bigint) as cases,
    cast(staff_days.redone_cases as bigint) as redone_cases,
    cast(staff_days.standard_seconds as decimal(18, 6)) as standard_seconds,
    cast(staff_days.present_seconds as decimal(18, 6)) as present_seconds
from staff_days
left join
    staff
    on staff_days.staff_id = staff.staff_id
    and staff.valid_from_at <= cast(staff_days.work_on as timestamp)
    and cast(staff_days.work_on as timestamp) < staff.valid_to_at
