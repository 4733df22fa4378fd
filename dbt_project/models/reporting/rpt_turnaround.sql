{{
    config(
        materialized="incremental",
        incremental_strategy="touched",
        unique_key="period_start",
        pre_hook="{{ note_touched(changed_turnaround_periods()) }}",
        meta={"built_in_parts": true},
    )
}}

{% set shares, working_shares = [0.5, 0.8, 0.9, 0.95], [0.5, 0.8, 0.9] %}

with

    cases as (
        select
            office_code,
            tier,
            cast(turnaround_seconds as double) / 86400 as turnaround_days,
            cast(turnaround_working_days as double) as working_days,
            {{ authority_date("promise_met_at") }} as day
        from {{ ref("fct_applications") }}
        where
            promise_met_at <= {{ now_at() }}
            and {{ near_noted("promise_met_at", "interval '1' day", "interval '33' day") }}
    ),

    periods as (
        {% for kind in ["day", "week", "month"] %}
            select
                office_code,
                tier,
                turnaround_days,
                working_days,
                day,
                '{{ kind }}' as period_kind,
                cast(date_trunc('{{ kind }}', day) as date) as period_start
            from cases
            where {{ is_touched("cast(date_trunc('" ~ kind ~ "', day) as date)") }}
            {% if not loop.last %}
                union all
            {% endif %}
        {% endfor %}
    ),

    scoped as (
        select
            periods.period_kind,
            periods.period_start,
            scopes.place_scope,
            case when scopes.is_one_office then periods.office_code end as office_code,
            periods.tier,
            periods.turnaround_days,
            periods.working_days
        from periods
        join {{ ref("dim_place_scopes") }} as scopes on {{ was_in_scope("periods", "periods.day") }}
    )

select
    period_kind,
    period_start,
    place_scope,
    coalesce(tier, 'all') as tier,
    office_code,
    count(*) as completed,
    cast(avg(turnaround_days::decimal(18, 9)) as double) as mean_days,
    {{ quantile("turnaround_days", 0.5, shares) }} as p50_days,
    {{ quantile("turnaround_days", 0.8, shares) }} as p80_days,
    {{ quantile("turnaround_days", 0.9, shares) }} as p90_days,
    {{ quantile("turnaround_days", 0.95, shares) }} as p95_days,
    {{ quantile("working_days", 0.5, working_shares) }} as p50_working_days,
    {{ quantile("working_days", 0.8, working_shares) }} as p80_working_days,
    {{ quantile("working_days", 0.9, working_shares) }} as p90_working_days,
    {{ is_small_number("count(*)") }} as is_small_number
from scoped
group by
    grouping sets (
        (period_kind, period_start, place_scope, office_code, tier),
        (period_kind, period_start, place_scope, office_code)
    )
