{{
    config(
        materialized="incremental",
        incremental_strategy="touched",
        unique_key="period_start",
        pre_hook="{{ note_touched(changed_promise_periods()) }}",
    )
}}

with

    -- every case with a promise that stands is in exactly one of four states
    due_cases as (
        select
            office_code, tier, promise_due_on, promise_state, promise_target_pct, count(*) as cases
        from {{ ref("rpt_applications") }}
        where
            promise_state in ('kept', 'missed', 'open_within', 'open_beyond')
            {% if is_incremental() %} and promise_due_on >= {{ first_noted() }} {% endif %}
        group by office_code, tier, promise_due_on, promise_state, promise_target_pct
    ),

    periods as (
        {% for kind in ["day", "week", "month"] %}
            select
                *,
                '{{ kind }}' as period_kind,
                cast(date_trunc('{{ kind }}', promise_due_on) as date) as period_start
            from due_cases
            where {{ is_touched("cast(date_trunc('" ~ kind ~ "', promise_due_on) as date)") }}
            {% if not loop.last %}
                union all
            {% endif %}
        {% endfor %}
    ),

    counts as (
        select
            periods.period_kind,
            periods.period_start,
            scopes.place_scope,
            coalesce(periods.tier, 'all') as tier,
            case when scopes.is_one_office then max(periods.office_code) end as office_code,
            cast(sum(periods.cases) as bigint) as due,
            {% for state in ["kept", "missed", "open_within", "open_beyond"] %}
                cast(
                    coalesce(
                        sum(periods.cases) filter (where periods.promise_state = '{{ state }}'), 0
                    ) as bigint
                ) as {{ state }},
            {% endfor %}
            cast(
                sum(periods.cases * cast(periods.promise_target_pct as decimal(9, 6))) as double
            ) as target_sum
        from periods
        join
            {{ ref("dim_place_scopes") }} as scopes
            on {{ was_in_scope("periods", "periods.promise_due_on") }}
        group by
            grouping sets (
                (
                    periods.period_kind,
                    periods.period_start,
                    scopes.place_scope,
                    scopes.is_one_office,
                    periods.tier
                ),
                (
                    periods.period_kind,
                    periods.period_start,
                    scopes.place_scope,
                    scopes.is_one_office
                )
            )
    )

select
    period_kind,
    period_start,
    place_scope,
    tier,
    office_code,
    due,
    kept,
    missed,
    open_within,
    open_beyond,
    {{ share_pct("kept", "due") }} as kept_pct,
    target_sum / due as target_pct,
    {{ is_small_number("due") }} as is_small_number
from counts
