{{
    config(
        materialized="incremental",
        incremental_strategy="touched",
        unique_key="slot_start",
        pre_hook="{{ note_touched(changed_queue_slots()) }}",
        meta={"built_in_parts": true},
    )
}}

with

    visits as (
        select *, {{ slot_of("issued_at") }} as slot_start
        from {{ ref("fct_queue_visits") }}
        where
            {{ near_noted("issued_at", "interval '0' minute", "interval '30' minute") }}
            and {{ is_touched(slot_of("issued_at")) }}
    )

select office_code, service, slot_start, {{ queue_figures() }}
from visits
group by office_code, service, slot_start
