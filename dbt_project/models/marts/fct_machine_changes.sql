{{
    config(
        materialized="incremental",
        incremental_strategy="touched",
        unique_key="hour_start",
        pre_hook="{{ note_touched(touched_hours('stg_machine_readings')) }}",
        meta={"logged_columns": ["machine_id", "changed_at", "change"]},
    )
}}

{{ down_changes("stg_machine_readings", "fct_machine_hours", "machine_id") }}
