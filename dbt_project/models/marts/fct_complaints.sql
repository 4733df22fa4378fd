{{
    config(
        materialized="incremental",
        incremental_strategy="touched",
        unique_key="complaint_id",
        pre_hook="{{ note_touched(touched_complaints()) }}",
    )
}}

with

    complaints as ({{ latest_versions("stg_complaints", "complaint_id", is_touched()) }}),

    events as (
        select *
        from {{ ref("fct_stage_events") }}
        where
            is_application_known
            and case_on in (
                select case_on
                from {{ ref("fct_case_days") }}
                where application_id in (select application_id from complaints)
            )
    ),

    stages_then as (
        -- where the application was when somebody complained
        select
            complaints.complaint_id,
            coalesce(
                max_by(
                    case when events.occurred_at <= complaints.opened_at then events.stage_code end,
                    case
                        when events.occurred_at <= complaints.opened_at then events.event_number
                    end
                ),
                'not_started'
            ) as stage_code
        from complaints
        join events on complaints.application_id = events.application_id
        group by complaints.complaint_id
    ),

    offices as (select * from {{ ref("dim_offices") }}),

    place_calendars as (select * from {{ ref("dim_place_calendars") }}),

    calendar as (select * from {{ ref("dim_calendar") }}),

    promises as (
        select * from {{ ref("dim_service_levels") }} where service = 'complaint' and tier is null
    ),

    placed as (
        select
            complaints.*,
            offices.timezone,
            offices.is_mission,
            place_calendars.calendar_key,
            cast({{ local_time("complaints.opened_at", "offices.timezone") }} as date) as opened_on
        from complaints
        left join
            offices
            on complaints.office_code = offices.office_code
            and complaints.opened_at >= offices.valid_from_at
            and complaints.opened_at < offices.valid_to_at
        left join place_calendars on complaints.office_code = place_calendars.office_code
    ),

    promised as (
        select
            placed.*,
            promises.unit,
            promises.promise,
            cast(ceil(promises.promise) as integer) as promised_units,
            opening_day.working_days_before
            + case when opening_day.is_working_day then 1 else 0 end as working_days_passed
        from placed
        left join
            promises
            on promises.place_kind = case when placed.is_mission then 'mission' else 'domestic' end
            and placed.opened_on >= promises.valid_from
            and placed.opened_on <= promises.valid_to
        left join
            calendar as opening_day
            on placed.calendar_key = opening_day.calendar_key
            and placed.opened_on = opening_day.calendar_date
    ),

    due as (
        select
            promised.*,
            case
                when promised.unit = 'working_days'
                then working_day.day_ends_at
                when promised.unit = 'calendar_days'
                then
                    {{
                        utc_time(
                            "(cast(promised.opened_on as timestamp)"
                            ~ " + (promised.promised_units + 1) * interval '1' day)",
                            "promised.timezone",
                        )
                    }}
                when promised.unit = 'minutes'
                then promised.opened_at + promised.promised_units * interval '1' minute
            end as due_at
        from promised
        left join
            calendar as working_day
            on promised.unit = 'working_days'
            and promised.calendar_key = working_day.calendar_key
            and promised.working_days_passed + promised.promised_units - 1
            = working_day.working_days_before
            and working_day.is_working_day
    )

select
    due.complaint_id,
    due.office_code,
    due.application_id,
    due.channel,
    due.category,
    due.opened_at,
    due.acknowledged_at,
    due.resolved_at,
    due.outcome,
    due.opened_on,
    due.due_at,
    stages_then.stage_code,
    {{ seconds_between("due.opened_at", "due.acknowledged_at") }} as acknowledge_seconds,
    {{ seconds_between("due.opened_at", "due.resolved_at") }} as resolve_seconds,
    -- unknown while open: whether it is late by now is a matter for reporting
    due.resolved_at >= due.due_at as is_resolved_late,
    due.updated_at
from due
left join stages_then on due.complaint_id = stages_then.complaint_id
