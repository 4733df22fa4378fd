{{
    config(
        materialized="incremental",
        incremental_strategy="touched",
        unique_key="application_id",
        pre_hook=[
            "{{ note_touched(touched_by_events(), 'fct_case_days') }}",
            "{{ note_superseded('stg_stage_events', 'event_id') }}",
        ],
        post_hook="{{ forget_superseded() }}",
        meta={"ordered_by_case_day": true, "built_in_parts": true},
    )
}}

-- depends_on: {{ ref("fct_deleted_events") }}
with

    applications as (
        {{ latest_versions("stg_applications", "application_id", is_version_of_touched_case()) }}
    ),

    case_days as (select * from {{ ref("fct_case_days") }} where {{ is_touched() }}),

    {% if is_incremental() %}
        versions as (
            select {{ event_columns() }}
            from {{ ref("stg_stage_events") }}
            where {{ is_new() }}
            union all
            -- what lay ahead of the last build's now
            select {{ event_columns() }}
            from {{ ref("stg_stage_events") }}
            where not {{ is_new() }} and occurred_at > {{ mark_now() }}
            union all
            -- of the versions built before, only the last of each event can still be the last
            select {{ event_columns() }}
            from {{ this }}
            where {{ is_touched_case() }}
        ),

        newest_versions as (
            select versions.*
            from versions
            left join
                {{ ref("fct_deleted_events") }} as deletions
                on versions.event_id = deletions.event_id
            where
                -- a deletion beats the versions before it
                deletions.event_id is null
                or (versions.recorded_at, versions.batch_id, versions.batch_row)
                > (deletions.recorded_at, deletions.batch_id, deletions.batch_row)
            qualify
                row_number() over (
                    partition by versions.event_id
                    order by {{ newest_first("recorded_at", "versions.") }}
                )
                = 1
        ),
    {% else %} newest_versions as ({{ versions_in_force("stg_stage_events", is_touched()) }}),
    {% endif %}

    -- what lies ahead of now, as where a source's clock is fast, has not happened yet
    events as (select * from newest_versions where occurred_at <= {{ now_at() }})

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
    events.batch_id,
    events.batch_row,
    coalesce(case_days.case_on, {{ no_case_day() }}) as case_on,
    applications.application_id is not null as is_application_known,
    cast(row_number() over events_in_order as integer) as event_number,
    lag(events.occurred_at) over events_in_order as previous_event_at,
    lag(events.stage_code) over events_in_order as previous_stage_code,
    lag(events.event) over events_in_order as previous_event,
    lag(events.office_code) over events_in_order as previous_office_code,
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
left join case_days on events.application_id = case_days.application_id
window
    events_in_order as (
        partition by events.application_id
        order by events.occurred_at nulls last, events.event_id nulls last
    )
order by case_on
