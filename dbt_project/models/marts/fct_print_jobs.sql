{{
    config(
        materialized="incremental",
        incremental_strategy="touched",
        unique_key="job_id",
        pre_hook="{{ note_touched(touched_keys('job_id', ['stg_print_jobs'])) }}",
    )
}}

with jobs as ({{ latest_versions("stg_print_jobs", "job_id", is_touched()) }})

select
    job_id,
    application_id,
    machine_id,
    queued_at,
    started_at,
    finished_at,
    outcome,
    reason_code,
    booklet_number_ref,
    {{ seconds_between("queued_at", "started_at") }} as waiting_seconds,
    {{ seconds_between("started_at", "finished_at") }} as printing_seconds,
    updated_at
from jobs
