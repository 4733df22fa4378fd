{{
    config(
        materialized="incremental",
        incremental_strategy="touched",
        unique_key="event_id",
        pre_hook="{{ note_touched(deleted_events()) }}",
    )
}}

with

    deletions as (
        select event_id, recorded_at, batch_id, batch_row
        from {{ ref("stg_stage_events") }}
        where {{ is_new() }} and deleted_at is not null
        {% if is_incremental() %}
            -- of the deletions built before, only the last of each event can still be the last
            union all
            select event_id, recorded_at, batch_id, batch_row
            from {{ this }}
            where {{ is_touched() }}
        {% endif %}
    )

select event_id, recorded_at, batch_id, batch_row
from deletions
qualify row_number() over (partition by event_id order by {{ newest_first("recorded_at") }}) = 1
