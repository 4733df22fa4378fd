{{
    config(
        materialized="incremental",
        incremental_strategy="touched",
        unique_key="box_id",
        pre_hook="{{ note_touched(touched_boxes()) }}",
    )
}}

with

    boxes as (select * from {{ ref("fct_consignments") }} where {{ is_touched() }}),

    passports as (
        select box_id, count(*) as passports
        from {{ ref("fct_deliveries") }}
        where box_id is not null and {{ is_touched() }}
        group by box_id
    )

select
    boxes.box_id,
    boxes.from_office_code,
    boxes.to_office_code,
    boxes.carrier,
    boxes.dispatched_at,
    boxes.due_at,
    boxes.received_at,
    -- not known before the first of them is told of
    passports.passports,
    case
        when boxes.due_at is not null
        then
            greatest(
                {{ authority_date("coalesce(boxes.received_at, " ~ now_at() ~ ")") }}
                - {{ authority_date("boxes.due_at") }},
                0
            )
    end as overdue_days,
    boxes.received_at is null and coalesce(boxes.due_at < {{ now_at() }}, false) as is_overdue
from boxes
left join passports on boxes.box_id = passports.box_id
