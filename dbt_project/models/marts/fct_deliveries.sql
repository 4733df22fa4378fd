{{
    config(
        materialized="incremental",
        incremental_strategy="touched",
        unique_key="application_id",
        pre_hook="{{ note_touched(touched_keys('application_id', ['stg_deliveries'])) }}",
        meta={"logged_columns": ["application_id", "box_id"]},
    )
}}

with deliveries as ({{ latest_versions("stg_deliveries", "application_id", is_touched()) }})

select
    application_id,
    office_code,
    box_id,
    ready_at,
    collected_at,
    outcome,
    {{ seconds_between("ready_at", "collected_at") }} as waiting_for_applicant_seconds,
    updated_at
from deliveries
