{{
    config(
        materialized="incremental",
        incremental_strategy="touched",
        unique_key="machine_id",
        pre_hook="{{ note_touched(touched_keys('machine_id', ['stg_machines'])) }}",
    )
}}

with machines as ({{ latest_versions("stg_machines", "machine_id", is_touched()) }})

select machine_id, office_code, kind, model, rated_per_hour, commissioned_on, retired_on
from machines
