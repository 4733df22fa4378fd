{# Derived whole: complaints are few, and a changed calendar or promise may move any due date. #}
with

    complaints as ({{ latest_versions("stg_complaints", "complaint_id") }}),

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
    complaint_id,
    office_code,
    application_id,
    channel,
    category,
    opened_at,
    acknowledged_at,
    resolved_at,
    outcome,
    opened_on,
    due_at,
    {{ seconds_between("opened_at", "acknowledged_at") }} as acknowledge_seconds,
    {{ seconds_between("opened_at", "resolved_at") }} as resolve_seconds,
    -- unknown while open: whether it is late by now is a matter for reporting
    resolved_at >= due_at as is_resolved_late,
    updated_at
from due
