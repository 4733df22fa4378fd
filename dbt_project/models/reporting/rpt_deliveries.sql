{{
    config(
        materialized="incremental",
        incremental_strategy="touched",
        unique_key="day",
        pre_hook="{{ note_touched(changed_delivery_days()) }}",
    )
}}

{% set flows = ["dispatched", "received", "ready", "collected", "lost"] %}
{# A stock: from which moment until which a passport is in it. #}
{% set stocks = [
    ("in_transit", "dispatched_at", "left_transit_at"),
    ("uncollected", "ready_at", "left_shelf_at"),
] %}

with

    scopes as (select * from {{ ref("dim_place_scopes") }}),

    flows as (
        {% for name in flows %}
            select
                '{{ name }}' as figure,
                office_code,
                {{ authority_date(name ~ "_at") }} as day,
                count(*) as passports,
                cast(null as date) as since_on
            from {{ ref("fct_handovers") }}
            where
                {{ name }}_at <= {{ now_at() }}
                and {{ near_noted(name ~ "_at", "interval '1' day", "interval '2' day") }}
            group by all {{ "union all" if not loop.last }}
        {% endfor %}
    ),

    cohorts as (
        -- who came into a stock on one day and left it on another
        {% for name, from_at, until_at in stocks %}
            select
                '{{ name }}' as figure,
                office_code,
                {{ authority_date(from_at) }} as since_on,
                case
                    when {{ until_at }} <= {{ now_at() }}
                    then {{ authority_date(until_at) }}
                    else {{ today() }} + 1
                end as until_on,
                count(*) as passports
            from {{ ref("fct_handovers") }}
            where
                {{ from_at }} <= {{ now_at() }}
                and {{ reaches_noted_days(until_at, "interval '1' day") }}
            group by all {{ "union all" if not loop.last }}
        {% endfor %}
    ),

    stocks as (
        select
            figure,
            office_code,
            cast(
                unnest(
                    range({{ within_noted_days("since_on") }}, until_on, interval '1' day)
                ) as date
            ) as day,
            passports,
            since_on
        from cohorts
    ),

    figures as (
        select *
        from flows
        where {{ is_touched() }}
        union all
        select *
        from stocks
    ),

    counts as (
        select
            figures.day,
            scopes.place_scope,
            case when scopes.is_one_office then figures.office_code end as office_code,
            {% for name in flows + ["in_transit", "uncollected"] %}
                cast(
                    coalesce(
                        sum(figures.passports) filter (where figures.figure = '{{ name }}'), 0
                    ) as bigint
                ) as {{ name }},
            {% endfor %}
            min(figures.since_on) filter (where figures.figure = 'uncollected') as oldest_on
        from figures
        join scopes on {{ was_in_scope("figures", "figures.day") }}
        group by all
    ),

    transits as (
        select
            {{ authority_date("handovers.received_at") }} as day,
            scopes.place_scope,
            {{ quantile("handovers.transit_seconds", 0.5, [0.5, 0.9]) }} as p50_seconds,
            {{ quantile("handovers.transit_seconds", 0.9, [0.5, 0.9]) }} as p90_seconds
        from {{ ref("fct_handovers") }} as handovers
        join scopes on {{ was_in_scope("handovers", authority_date("handovers.received_at")) }}
        where
            handovers.received_at <= {{ now_at() }}
            and handovers.transit_seconds >= 0
            and {{ near_noted("handovers.received_at", "interval '1' day", "interval '2' day") }}
        group by all
    )

select
    counts.day,
    counts.place_scope,
    counts.office_code,
    counts.dispatched,
    counts.received,
    counts.in_transit,
    cast(transits.p50_seconds as double) / 86400 as transit_p50_days,
    cast(transits.p90_seconds as double) / 86400 as transit_p90_days,
    counts.ready,
    counts.collected,
    counts.uncollected,
    {{ days_between("counts.oldest_on", "counts.day") }} as uncollected_oldest_days,
    counts.lost,
    counts.received < 20 as is_small_number
from counts
left join transits on counts.day = transits.day and counts.place_scope = transits.place_scope
