{{
    config(
        materialized="incremental",
        incremental_strategy="touched",
        unique_key="box_id",
        pre_hook="{{ note_touched(touched_keys('box_id', ['stg_consignments'])) }}",
        meta={
            "logged_columns": [
                "box_id",
                "from_office_code",
                "to_office_code",
                "carrier",
                "dispatched_at",
                "due_at",
                "received_at",
            ]
        },
    )
}}

with boxes as ({{ latest_versions("stg_consignments", "box_id", is_touched()) }})

select
    box_id,
    from_office_code,
    to_office_code,
    carrier,
    dispatched_at,
    due_at,
    received_at,
    {{ seconds_between("dispatched_at", "received_at") }} as transit_seconds,
    -- unknown while under way: whether it is overdue by now is a matter for reporting
    received_at > due_at as is_received_late,
    updated_at
from boxes
