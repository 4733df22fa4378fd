{{
    config(
        materialized="incremental",
        incremental_strategy="touched",
        unique_key="shift_key",
        pre_hook="{{ note_touched(touched_shifts()) }}",
        meta={
            "logged_columns": [
                "staff_id",
                "office_code",
                "desk",
                "shift_on",
                "planned_from",
                "planned_until",
                "started_at",
                "ended_at",
            ]
        },
    )
}}

with

    shifts as (
        {{
            latest_versions(
                "stg_staff_shifts",
                "staff_id, planned_from",
                is_touched(joined_key(["staff_id", "planned_from"])),
            )
        }}
    ),

    place_calendars as (select * from {{ ref("dim_place_calendars") }}),

    calendar as (select * from {{ ref("dim_calendar") }}),

    begun as (select *, coalesce(started_at, planned_from) as begins_at from shifts)

select
    {{ joined_key(["begun.staff_id", "begun.planned_from"]) }} as shift_key,
    begun.staff_id,
    begun.office_code,
    begun.desk,
    {{ place_date("begun.begins_at", "calendar") }} as shift_on,
    begun.planned_from,
    begun.planned_until,
    begun.started_at,
    begun.ended_at,
    {{ seconds_between("begun.planned_from", "begun.planned_until") }} as planned_seconds,
    {{ seconds_between("begun.started_at", "begun.ended_at") }} as present_seconds,
    begun.updated_at
from begun
left join place_calendars on begun.office_code = place_calendars.office_code
left join
    calendar
    on place_calendars.calendar_key = calendar.calendar_key
    and cast(begun.begins_at as date) = calendar.calendar_date
