{{
    config(
        materialized="incremental",
        incremental_strategy="touched",
        unique_key="application_id",
        pre_hook="{{ note_touched(touched_cases_and_jobs(), 'fct_case_days') }}",
        meta={"ordered_by_case_day": true, "settled_by": "ended_on"},
    )
}}

with

    events as (
        select *
        from {{ ref("fct_stage_events") }}
        where is_application_known and {{ is_touched_case() }}
    ),

    cases as (
        select application_id, {{ authority_date("ended_at") }} as ended_on
        from {{ ref("fct_applications") }}
        where {{ is_touched_case() }}
    ),

    stages as (select * from {{ ref("dim_stages") }}),

    deliveries as (select * from {{ ref("fct_deliveries") }} where {{ is_touched() }}),

    print_jobs as (
        -- a job is a case's last from its end to the end of the next
        select
            application_id,
            job_id,
            outcome,
            finished_at,
            coalesce(
                lead(finished_at) over (
                    partition by application_id order by finished_at nulls last, job_id nulls last
                ),
                timestamp '9999-12-31'
            ) as next_finished_at
        from {{ ref("fct_print_jobs") }}
        where outcome is not null and {{ is_touched() }}
    ),

    events_of_stages as (
        select
            events.*,
            stages.owner = 'carrier' as is_of_carrier,
            -- what a completed print stage tells of: the last job finished by then
            case
                when stages.owner = 'print_site' and events.event = 'completed'
                then events.application_id
            end as printed_application_id
        from events
        left join stages on events.stage_code = stages.stage_code
    )

select
    events.event_id,
    events.application_id,
    events.case_on,
    events.occurred_at,
    events.recorded_at,
    events.stage_code,
    events.event,
    events.office_code,
    events.desk,
    events.reason_code,
    case when events.is_of_carrier then deliveries.box_id end as box_id,
    print_jobs.outcome as print_outcome,
    print_jobs.job_id as print_job_id,
    cases.ended_on
from events_of_stages as events
left join cases on events.application_id = cases.application_id
left join deliveries on events.application_id = deliveries.application_id
left join
    print_jobs
    on events.printed_application_id = print_jobs.application_id
    and events.occurred_at >= print_jobs.finished_at
    and events.occurred_at < print_jobs.next_finished_at
