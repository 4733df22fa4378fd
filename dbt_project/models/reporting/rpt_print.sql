{{
    config(
        materialized="incremental",
        incremental_strategy="touched",
        unique_key="hour",
        pre_hook="{{ note_touched(changed_print_hours()) }}",
    )
}}

with

    jobs as (
        select
            machine_id,
            {{ hour_of("finished_at") }} as hour,
            coalesce(tier, 'unknown') as tier,
            outcome,
            reason_code
        from {{ ref("fct_print_jobs") }}
        where
            outcome is not null
            and {{ near_noted("finished_at", "interval '0' hour", "interval '1' hour") }}
            and {{ is_touched(hour_of("finished_at")) }}
    ),

    top_reasons as (
        select machine_id, hour, tier, reason_code
        from jobs
        where outcome = 'spoiled' and reason_code is not null
        group by machine_id, hour, tier, reason_code
        qualify
            row_number() over (
                partition by machine_id, hour, tier order by count(*) desc, reason_code
            )
            = 1
    ),

    counts as (
        select
            machine_id,
            hour,
            tier,
            count(*) as jobs,
            count(*) filter (where outcome = 'good') as good,
            count(*) filter (where outcome = 'spoiled') as spoiled
        from jobs
        where hour is not null
        group by machine_id, hour, tier
    )

select
    counts.machine_id,
    counts.hour,
    counts.tier,
    machines.office_code,
    counts.jobs,
    counts.good,
    counts.spoiled,
    top_reasons.reason_code as top_reason_code
from counts
left join {{ ref("dim_machines") }} as machines on counts.machine_id = machines.machine_id
left join
    top_reasons
    on counts.machine_id = top_reasons.machine_id
    and counts.hour = top_reasons.hour
    and counts.tier = top_reasons.tier
