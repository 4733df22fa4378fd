{{
    config(
        materialized="incremental",
        incremental_strategy="touched",
        unique_key="stock_key",
        pre_hook="{{ note_touched(touched_stocks()) }}",
    )
}}

{% set use_window %}
    over (
        partition by office_code, item
        order by counted_at
        range between interval '{{ var("consumable_use_days") }}' day preceding and current row
    )
{% endset %}

with

    counts as (
        select
            {{ joined_key(["counts.office_code", "counts.item"]) }} as stock_key,
            counts.*,
            cast({{ local_time("counts.counted_at", "places.timezone") }} as date) as day
        from {{ ref("fct_consumable_counts") }} as counts
        join
            {{ ref("dim_offices") }} as places
            on counts.office_code = places.office_code
            and places.is_current
        where {{ is_touched(joined_key(["counts.office_code", "counts.item"])) }}
    ),

    intervals as (
        select
            *,
            lag(counted_at) over item_counts as previous_at,
            lag(quantity) over item_counts + coalesce(received_quantity, 0) - quantity as used
        from counts
        window item_counts as (partition by office_code, item order by counted_at)
    ),

    uses as (
        select
            *,
            -- a count that finds more than there can be corrects an earlier one: no use
            sum(greatest(used, 0)) {{ use_window }} as used_in_window,
            {{ microseconds("min(previous_at) " ~ use_window, "counted_at") }} as window_us
        from intervals
    ),

    days as (
        select
            stock_key,
            office_code,
            item,
            day,
            max_by(unit, counted_at) as unit,
            max_by(quantity, counted_at) as quantity,
            cast(
                max_by(used_in_window, counted_at)
                * 86400000000
                / nullif(max_by(window_us, counted_at), 0) as double
            ) as used_per_day,
            sum(received_quantity) as received,
            max_by(on_order_quantity, counted_at) as on_order
        from uses
        group by stock_key, office_code, item, day
    )

select
    stock_key,
    office_code,
    item,
    day,
    unit,
    quantity,
    used_per_day,
    cast(received as decimal(18, 3)) as received,
    on_order,
    cast(quantity as double) / nullif(used_per_day, 0) as days_left,
    -- what is on order counts as there; an order takes its time to come
    {{
        add_days(
            "day",
            "cast(floor((cast(quantity as double) + coalesce(on_order, 0))"
            ~ " / nullif(used_per_day, 0)) as integer) - "
            ~ var("consumable_lead_days"),
        )
    }} as reorder_on
from days
