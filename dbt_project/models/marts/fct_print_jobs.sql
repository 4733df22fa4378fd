{{
    config(
        materialized="incremental",
        incremental_strategy="touched",
        unique_key="job_id",
        pre_hook="{{ note_touched(touched_print_jobs()) }}",
        meta={
            "logged_columns": [
                "job_id",
                "machine_id",
                "tier",
                "finished_at",
                "outcome",
                "reason_code",
                "booklet_number_ref",
            ]
        },
    )
}}

with

    jobs as ({{ latest_versions("stg_print_jobs", "job_id", is_touched()) }}),

    applications as (select * from {{ ref("fct_applications") }})

select
    jobs.job_id,
    jobs.application_id,
    jobs.machine_id,
    applications.tier,
    jobs.queued_at,
    jobs.started_at,
    jobs.finished_at,
    jobs.outcome,
    jobs.reason_code,
    jobs.booklet_number_ref,
    {{ seconds_between("jobs.queued_at", "jobs.started_at") }} as waiting_seconds,
    {{ seconds_between("jobs.started_at", "jobs.finished_at") }} as printing_seconds,
    jobs.updated_at
from jobs
left join applications on jobs.application_id = applications.application_id
