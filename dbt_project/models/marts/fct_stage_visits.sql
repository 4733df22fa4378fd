{{
    config(
        materialized="incremental",
        incremental_strategy="touched",
        unique_key="application_id",
        pre_hook="{{ note_touched(touched_by('fct_applications')) }}",
    )
}}

with

    events as (
        -- `deferred` changes no clock
        select *
        from {{ ref("fct_stage_events") }}
        where
            is_application_known
            and event in ('entered', 'started', 'completed', 'returned')
            and {{ is_touched() }}
    ),

    cases as (
        select application_id, ended_at from {{ ref("fct_applications") }} where {{ is_touched() }}
    ),

    marked as (
        select
            *,
            lag(event) over events_of_stage as previous_event,
            -- entered again: the visit before it is over
            case
                when lead(event) over events_of_stage = 'entered'
                then lead(occurred_at) over events_of_stage
            end as entered_again_at
        from events
        window
            events_of_stage as (
                partition by application_id, stage_code order by event_number nulls last
            )
    ),

    opened as (
        select
            *,
            case
                when event = 'entered'
                then 1
                when
                    event in ('started', 'completed')
                    and coalesce(previous_event, 'completed') in ('completed', 'returned')
                then 1
                else 0
            end as opens_visit
        from marked
        -- what is returned without an open visit belongs to none
        where
            event <> 'returned'
            or coalesce(previous_event, 'completed') not in ('completed', 'returned')
    ),

    numbered as (
        select
            *,
            cast(
                sum(opens_visit) over (
                    partition by application_id, stage_code
                    order by event_number nulls last
                    rows between unbounded preceding and current row
                ) as integer
            ) as visit_number
        from opened
    ),

    visits as (
        select
            application_id,
            stage_code,
            visit_number,
            min(event_number) as first_event_number,
            min(occurred_at) as opened_at,
            max(case when opens_visit = 1 then office_code end) as office_code,
            max(case when opens_visit = 1 then previous_event_at end) as previous_event_at,
            min(case when event = 'entered' then occurred_at end) as entered_at,
            min(case when event = 'started' then occurred_at end) as started_at,
            min(case when event = 'completed' then occurred_at end) as completed_at,
            min(case when event = 'returned' then occurred_at end) as returned_at,
            max(entered_again_at) as entered_again_at,
            max(case when event in ('completed', 'started') then staff_id end) as staff_id
        from numbered
        group by application_id, stage_code, visit_number
    ),

    ended as (
        select
            visits.*,
            coalesce(
                visits.completed_at,
                visits.returned_at,
                visits.entered_again_at,
                case when cases.ended_at >= visits.opened_at then cases.ended_at end
            ) as ended_at
        from visits
        join cases on visits.application_id = cases.application_id
    )

select
    application_id,
    stage_code,
    visit_number,
    first_event_number,
    office_code,
    staff_id,
    opened_at,
    entered_at,
    started_at,
    completed_at,
    returned_at,
    ended_at,
    {{ seconds_between("entered_at", "started_at") }} as waiting_seconds,
    {{ seconds_between("started_at", "completed_at") }} as work_seconds,
    {{ seconds_between("coalesce(entered_at, previous_event_at)", "ended_at") }} as total_seconds
from ended
