{{
    config(
        materialized="incremental",
        incremental_strategy="touched",
        unique_key="application_id",
        pre_hook="{{ note_touched(touched_cases_and_jobs()) }}",
        meta={"settled_by": "ended_on", "built_in_parts": true},
    )
}}

with

    events as (
        select *
        from {{ ref("fct_stage_events") }}
        where is_application_known and {{ is_touched() }}
    ),

    cases as (
        select application_id, ended_at from {{ ref("fct_applications") }} where {{ is_touched() }}
    ),

    stages as (select * from {{ ref("dim_stages") }}),

    deliveries as (select * from {{ ref("fct_deliveries") }} where {{ is_touched() }}),

    print_jobs as (
        select * from {{ ref("fct_print_jobs") }} where outcome is not null and {{ is_touched() }}
    ),

    jobs_of_events as (
        -- what a completed print stage tells of: the last job finished by then
        select
            events.event_id,
            max_by(print_jobs.job_id, (print_jobs.finished_at, print_jobs.job_id)) as job_id,
            max_by(print_jobs.outcome, (print_jobs.finished_at, print_jobs.job_id)) as outcome
        from events
        join stages on events.stage_code = stages.stage_code
        join
            print_jobs
            on events.application_id = print_jobs.application_id
            and print_jobs.finished_at <= events.occurred_at
        where stages.owner = 'print_site' and events.event = 'completed'
        group by events.event_id
    )

select
    events.event_id,
    events.application_id,
    events.occurred_at,
    events.recorded_at,
    events.stage_code,
    events.event,
    events.office_code,
    events.desk,
    events.reason_code,
    case when stages.owner = 'carrier' then deliveries.box_id end as box_id,
    jobs_of_events.outcome as print_outcome,
    jobs_of_events.job_id as print_job_id,
    {{ authority_date("cases.ended_at") }} as ended_on
from events
left join cases on events.application_id = cases.application_id
left join stages on events.stage_code = stages.stage_code
left join deliveries on events.application_id = deliveries.application_id
left join jobs_of_events on events.event_id = jobs_of_events.event_id
