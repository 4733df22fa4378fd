{{
    config(
        materialized="incremental",
        incremental_strategy="touched",
        unique_key="application_id",
        pre_hook="{{ note_touched(touched_by('fct_applications')) }}",
        meta={
            "logged_columns": [
                "stage_code",
                "office_code",
                "submitted_office_code",
                "tier",
                "staff_id",
                "is_redone",
                "completed_at",
                "ended_at",
                "waiting_seconds",
                "work_seconds",
                "total_seconds",
                "turnaround_seconds",
                "previous_completed_stage_code",
                "move_seconds",
                "is_first_such_move",
                "case_last_event_at",
            ]
        },
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
        select
            application_id,
            office_code,
            tier,
            submitted_at,
            promise_met_at,
            last_event_at,
            ended_at as case_ended_at
        from {{ ref("fct_applications") }}
        where {{ is_touched() }}
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
            min(case when event = 'completed' then event_number end) as completed_number,
            max(entered_again_at) as entered_again_at,
            max(case when event in ('completed', 'started') then staff_id end) as staff_id
        from numbered
        group by application_id, stage_code, visit_number
    ),

    ended as (
        select
            visits.*,
            cases.office_code as submitted_office_code,
            cases.tier,
            cases.submitted_at,
            cases.promise_met_at,
            cases.last_event_at as case_last_event_at,
            coalesce(
                visits.completed_at,
                visits.returned_at,
                visits.entered_again_at,
                case when cases.case_ended_at >= visits.opened_at then cases.case_ended_at end
            ) as ended_at,
            coalesce(visits.entered_at, visits.previous_event_at) as begins_at,
            lag(visits.stage_code) over completed_in_order as previous_completed_stage_code,
            lag(visits.completed_at) over completed_in_order as previous_completed_at,
            lead(visits.visit_number) over visits_of_stage is not null as is_visited_again
        from visits
        join cases on visits.application_id = cases.application_id
        window
            completed_in_order as (
                partition by visits.application_id, visits.completed_at is not null
                order by visits.completed_number nulls last
            ),
            visits_of_stage as (
                partition by visits.application_id, visits.stage_code
                order by visits.visit_number nulls last
            )
    )

select
    application_id,
    stage_code,
    visit_number,
    first_event_number,
    office_code,
    submitted_office_code,
    tier,
    staff_id,
    opened_at,
    entered_at,
    started_at,
    completed_at,
    returned_at,
    ended_at,
    {{ authority_date("ended_at") }} as ended_on,
    completed_at is not null and is_visited_again as is_redone,
    {{ seconds_between("entered_at", "started_at") }} as waiting_seconds,
    {{ seconds_between("started_at", "completed_at") }} as work_seconds,
    {{ seconds_between("begins_at", "ended_at") }} as total_seconds,
    -- of the total, what lies after the submission and before the promise was met
    case
        when begins_at is not null and ended_at is not null
        then
            {{
                seconds(
                    "greatest("
                    ~ microseconds(
                        "greatest(begins_at, submitted_at)", "least(ended_at, promise_met_at)"
                    )
                    ~ ", 0)"
                )
            }}
    end as turnaround_seconds,
    case
        when completed_at is not null then previous_completed_stage_code
    end as previous_completed_stage_code,
    case
        when completed_at is not null
        then {{ seconds_between("previous_completed_at", "completed_at") }}
    end as move_seconds,
    completed_at is not null
    and previous_completed_stage_code is not null
    and row_number() over (
        partition by
            application_id, stage_code, previous_completed_stage_code, completed_at is not null
        order by completed_number nulls last
    )
    = 1 as is_first_such_move,
    case_last_event_at
from ended
