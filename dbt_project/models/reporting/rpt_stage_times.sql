{{
    config(
        materialized="incremental",
        incremental_strategy="touched",
        unique_key="month",
        pre_hook="{{ note_touched(changed_stage_months()) }}",
        meta={"built_in_parts": true},
    )
}}

with

    visits as (
        select
            submitted_office_code as office_code,
            stage_code,
            ended_on,
            cast(date_trunc('month', ended_on) as date) as month,
            waiting_seconds,
            work_seconds,
            total_seconds,
            turnaround_seconds
        from {{ ref("fct_stage_visits") }}
        where ended_at <= {{ now_at() }} and {{ is_in_noted_months("ended_on") }}
    ),

    stages as (select * from {{ ref("dim_stages") }}),

    times as (
        select
            visits.month,
            scopes.place_scope,
            max(case when scopes.is_one_office then visits.office_code end) as office_code,
            visits.stage_code,
            count(*) as visits,
            {% for part in ["waiting", "work", "total"] %}
                {{ mean_seconds("visits." ~ part ~ "_seconds") }} as {{ part }}_mean_seconds,
                {{ quantile_seconds("visits." ~ part ~ "_seconds", 0.5, [0.5, 0.9]) }}
                as {{ part }}_p50_seconds,
                {{ quantile_seconds("visits." ~ part ~ "_seconds", 0.9, [0.5, 0.9]) }}
                as {{ part }}_p90_seconds,
            {% endfor %}
            sum(visits.turnaround_seconds) as turnaround_seconds
        from visits
        join
            {{ ref("dim_place_scopes") }} as scopes
            on {{ was_in_scope("visits", "visits.ended_on") }}
        group by visits.month, scopes.place_scope, visits.stage_code
    )

select
    times.month,
    times.place_scope,
    times.stage_code,
    times.office_code,
    times.visits,
    times.waiting_mean_seconds,
    times.waiting_p50_seconds,
    times.waiting_p90_seconds,
    times.work_mean_seconds,
    times.work_p50_seconds,
    times.work_p90_seconds,
    times.total_mean_seconds,
    times.total_p50_seconds,
    times.total_p90_seconds,
    {{
        share_pct(
            "coalesce(times.turnaround_seconds, 0)",
            "sum(times.turnaround_seconds) over (partition by times.month, times.place_scope)",
        )
    }} as share_of_turnaround_pct,
    coalesce(stages.is_waiting_by_design, false) as is_waiting_by_design,
    {{ is_small_number("times.visits") }} as is_small_number
from times
left join stages on times.stage_code = stages.stage_code
