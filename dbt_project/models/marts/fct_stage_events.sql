{{
    config(
        materialized="incremental",
        incremental_strategy="touched",
        unique_key="application_id",
        pre_hook=[
            "{{ note_touched(touched_by_events()) }}",
            "{{ note_superseded('stg_stage_events', 'event_id') }}",
        ],
        meta={"built_in_parts": true},
    )
}}

with

    applications as ({{ latest_versions("stg_applications", "application_id", is_touched()) }}),

    events as (
        {% if is_incremental() %}
            select *
            from
                (
                    {{ latest_versions("stg_stage_events", "event_id", is_touched()) }}
                ) as events_of_case
            -- an event that a correction gave to another application is that one's
            where
                event_id not in (
                    select built.event_id from {{ this }} as built where not ({{ is_touched() }})
                )
        {% else %}{{ versions_in_force("stg_stage_events", is_touched()) }}
        {% endif %}
    )

select
    events.event_id,
    events.application_id,
    events.stage_code,
    events.event,
    events.occurred_at,
    events.recorded_at,
    events.office_code,
    events.staff_id,
    events.desk,
    events.reason_code,
    applications.application_id is not null as is_application_known,
    cast(row_number() over events_in_order as integer) as event_number,
    lag(events.occurred_at) over events_in_order as previous_event_at,
    lag(events.stage_code) over events_in_order as previous_stage_code,
    lead(events.occurred_at) over events_in_order as next_event_at,
    lead(events.event_id) over events_in_order is null as is_latest,
    {{
        last_known_before(
            "case when events.event = 'completed' then events.stage_code end", "events_in_order"
        )
    }} as previous_completed_stage_code,
    {{
        last_known_before(
            "case when events.event = 'completed' then events.occurred_at end", "events_in_order"
        )
    }} as previous_completed_at
from events
left join applications on events.application_id = applications.application_id
window
    events_in_order as (
        partition by events.application_id
        order by events.occurred_at nulls last, events.event_id nulls last
    )
