{{
    config(
        materialized="incremental",
        incremental_strategy="touched",
        unique_key="month",
        pre_hook="{{ note_touched(changed_leg_months()) }}",
    )
}}

with

    boxes as (
        select *
        from {{ ref("fct_consignments") }}
        where {{ near_noted("received_at", "interval '1' day", "interval '33' day") }}
    ),

    legs as (
        select
            {{ authority_month("received_at") }} as month,
            to_office_code as office_code,
            from_office_code || '→' || to_office_code as leg,
            carrier,
            cast(transit_seconds as double) / 86400 as transit_days,
            due_at,
            is_received_late
        from boxes
        where received_at is not null and {{ is_touched(authority_month("received_at")) }}
    )

select
    month,
    office_code,
    leg,
    carrier,
    count(*) as boxes,
    {{ quantile("transit_days", 0.5, [0.5, 0.9]) }} as p50_days,
    {{ quantile("transit_days", 0.9, [0.5, 0.9]) }} as p90_days,
    {{ pct("is_received_late", "due_at is not null") }} as late_pct,
    count(*) < 20 as is_small_number
from legs
group by month, office_code, leg, carrier
