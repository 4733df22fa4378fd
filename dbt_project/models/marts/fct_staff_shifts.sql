{{
    config(
        materialized="incremental",
        incremental_strategy="touched",
        unique_key="shift_key",
        pre_hook="{{ note_touched(touched_keys(             joined_key(['staff_id', 'planned_from']) ~ ' as shift_key', ['stg_staff_shifts']         )) }}",
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
    )

select
    {{ joined_key(["staff_id", "planned_from"]) }} as shift_key,
    staff_id,
    office_code,
    desk,
    planned_from,
    planned_until,
    started_at,
    ended_at,
    {{ seconds_between("planned_from", "planned_until") }} as planned_seconds,
    {{ seconds_between("started_at", "ended_at") }} as present_seconds,
    updated_at
from shifts
