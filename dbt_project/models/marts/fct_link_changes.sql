{{
    config(
        materialized="incremental",
        incremental_strategy="touched",
        unique_key="hour_start",
        pre_hook="{{ note_touched(touched_hours('stg_link_readings')) }}",
        meta={"logged_columns": ["office_code", "link", "changed_at", "change"]},
    )
}}

{{ down_changes("stg_link_readings", "fct_link_hours", "office_code, link") }}
