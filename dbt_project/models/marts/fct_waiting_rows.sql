{{
    config(
        materialized="incremental",
        incremental_strategy="touched",
        unique_key="application_id",
        pre_hook="{{ note_touched(cases_waited_for()) }}",
    )
}}

with

    applications as (select application_id from {{ ref("fct_applications") }}),

    machines as (select machine_id, office_code from {{ ref("dim_machines") }}),

    naming_a_case as (
        select 'queue_tokens' as record, token_id as row_key, application_id, office_code
        from {{ ref("fct_queue_visits") }}
        where application_id is not null and {{ is_touched() }}
        union all
        select 'print_jobs' as record, jobs.job_id, jobs.application_id, machines.office_code
        from {{ ref("fct_print_jobs") }} as jobs
        left join machines on jobs.machine_id = machines.machine_id
        where jobs.application_id is not null and {{ is_touched("jobs.application_id") }}
        union all
        select 'deliveries' as record, application_id as row_key, application_id, office_code
        from {{ ref("fct_deliveries") }}
        where application_id is not null and {{ is_touched() }}
        union all
        select 'complaints' as record, complaint_id, application_id, office_code
        from {{ ref("fct_complaints") }}
        where application_id is not null and {{ is_touched() }}
    )

select
    naming_a_case.record,
    naming_a_case.row_key,
    naming_a_case.application_id,
    naming_a_case.office_code
from naming_a_case
left join applications on naming_a_case.application_id = applications.application_id
where applications.application_id is null
