{{
    config(
        materialized="incremental",
        incremental_strategy="touched",
        unique_key="count_key",
        pre_hook="{{ note_touched(touched_keys(             joined_key(['office_code', 'item', 'counted_at']) ~ ' as count_key', ['stg_consumables']         )) }}",
        meta={
            "logged_columns": [
                "office_code",
                "item",
                "counted_at",
                "quantity",
                "unit",
                "received_quantity",
                "on_order_quantity",
            ]
        },
    )
}}

with

    counts as (
        {{
            latest_versions(
                "stg_consumables",
                "office_code, item, counted_at",
                is_touched(joined_key(["office_code", "item", "counted_at"])),
            )
        }}
    )

select
    {{ joined_key(["office_code", "item", "counted_at"]) }} as count_key,
    office_code,
    item,
    counted_at,
    cast(quantity as decimal(18, 3)) as quantity,
    unit,
    cast(received_quantity as decimal(18, 3)) as received_quantity,
    cast(on_order as decimal(18, 3)) as on_order_quantity,
    due_on,
    recorded_at
from counts
