{{
    config(
        materialized="incremental",
        incremental_strategy="touched",
        unique_key="application_id",
        pre_hook="{{ note_touched(touched_by('fct_applications'), 'fct_case_days') }}",
        meta={
            "ordered_by_case_day": true,
            "built_in_parts": true,
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
            ],
        },
    )
}}

{% set figures %}
    min(event_number) as first_event_number,
    min(occurred_at) as opened_at,
    min_by(office_code, event_number) as office_code,
    -- events are in the order of time; the case's first has none before it
    case when min(event_number) > 1 then min(previous_event_at) end as previous_event_at,
    min(case when event = 'entered' then occurred_at end) as entered_at,
    min(case when event = 'started' then occurred_at end) as started_at,
    min(case when event = 'completed' then occurred_at end) as completed_at,
    min(case when event = 'returned' then occurred_at end) as returned_at,
    min(case when event = 'completed' then event_number end) as completed_number,
    max(
        case when event = 'completed' then previous_completed_stage_code end
    ) as previous_completed_stage_code,
    max(case when event = 'completed' then previous_completed_at end) as previous_completed_at,
    max(case when event in ('completed', 'started') then staff_id end) as staff_id
{% endset %}

{% set figures_of_case %}
    cases.case_on,
    cases.submitted_office_code,
    cases.tier,
    cases.submitted_at,
    cases.promise_met_at,
    cases.case_last_event_at,
    cases.case_ended_at
{% endset %}

with

    -- `deferred` changes no clock
    events as (
        select *
        from {{ ref("fct_stage_events") }}
        where event in ('entered', 'started', 'completed', 'returned') and {{ is_touched_case() }}
    ),

    cases as (
        select
            application_id,
            case_on,
            is_straight,
            office_code as submitted_office_code,
            tier,
            submitted_at,
            promise_met_at,
            last_event_at as case_last_event_at,
            ended_at as case_ended_at
        from {{ ref("fct_applications") }}
        where {{ is_touched_case() }}
    ),

    -- most cases: each completion is a visit, entered just before or not at all
    straight_visits as (
        select
            events.application_id,
            events.stage_code,
            case
                when events.previous_event = 'entered'
                then events.event_number - 1
                else events.event_number
            end as first_event_number,
            case
                when events.previous_event = 'entered'
                then events.previous_event_at
                else events.occurred_at
            end as opened_at,
            case
                when events.previous_event = 'entered'
                then events.previous_office_code
                else events.office_code
            end as office_code,
            events.previous_event_at,
            case
                when events.previous_event = 'entered' then events.previous_event_at
            end as entered_at,
            cast(null as timestamp) as started_at,
            events.occurred_at as completed_at,
            cast(null as timestamp) as returned_at,
            events.event_number as completed_number,
            events.previous_completed_stage_code,
            events.previous_completed_at,
            events.staff_id,
            1 as visit_number,
            1 as visits_of_stage,
            cast(null as timestamp) as entered_again_at,
            true as is_one_visit,
            {{ figures_of_case }}
        from events
        join cases on events.application_id = cases.application_id
        where events.event = 'completed' and cases.is_straight
    ),

    events_of_others as (
        select events.*
        from events
        join cases on events.application_id = cases.application_id
        where not cases.is_straight
    ),

    stages_of_cases as (
        select
            application_id,
            stage_code,
            {{ figures }},
            1 as visit_number,
            1 as visits_of_stage,
            cast(null as timestamp) as entered_again_at,
            -- most stages are passed once, in order: such a visit needs no sorting
            count(case when event = 'returned' then 1 end) = 0
            and count(case when event = 'entered' then 1 end) <= 1
            and count(case when event = 'started' then 1 end) <= 1
            and count(case when event = 'completed' then 1 end) <= 1
            and coalesce(
                min(case when event = 'entered' then event_number end)
                < min(case when event <> 'entered' then event_number end),
                true
            )
            and coalesce(
                min(case when event = 'started' then event_number end)
                < min(case when event = 'completed' then event_number end),
                true
            ) as is_one_visit
        from events_of_others
        group by application_id, stage_code
    ),

    marked as (
        select
            events.*,
            lag(events.event) over events_of_stage as previous_event_of_stage,
            -- entered again: the visit before it is over
            case
                when lead(events.event) over events_of_stage = 'entered'
                then lead(events.occurred_at) over events_of_stage
            end as next_entered_at
        from events_of_others as events
        join
            stages_of_cases
            on events.application_id = stages_of_cases.application_id
            and events.stage_code = stages_of_cases.stage_code
        where not stages_of_cases.is_one_visit
        window
            events_of_stage as (
                partition by events.application_id, events.stage_code
                order by events.event_number nulls last
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
                    and coalesce(previous_event_of_stage, 'completed') in ('completed', 'returned')
                then 1
                else 0
            end as opens_visit
        from marked
        -- what is returned without an open visit belongs to none
        where
            event <> 'returned'
            or coalesce(previous_event_of_stage, 'completed') not in ('completed', 'returned')
    ),

    numbered as (
        select
            *,
            cast(
                sum(opens_visit) over (
                    events_of_stage rows between unbounded preceding and current row
                ) as integer
            ) as visit_number,
            cast(
                sum(opens_visit) over (
                    events_of_stage rows between unbounded preceding and unbounded following
                ) as integer
            ) as visits_of_stage
        from opened
        window
            events_of_stage as (
                partition by application_id, stage_code order by event_number nulls last
            )
    ),

    other_visits as (
        select *
        from stages_of_cases
        where is_one_visit
        union all
        select
            application_id,
            stage_code,
            {{ figures }},
            visit_number,
            max(visits_of_stage) as visits_of_stage,
            max(next_entered_at) as entered_again_at,
            false as is_one_visit
        from numbered
        group by application_id, stage_code, visit_number
    ),

    visits as (
        select *
        from straight_visits
        union all
        select other_visits.*, {{ figures_of_case }}
        from other_visits
        join cases on other_visits.application_id = cases.application_id
    ),

    ended as (
        select
            *,
            coalesce(
                completed_at,
                returned_at,
                entered_again_at,
                case when case_ended_at >= opened_at then case_ended_at end
            ) as ended_at,
            coalesce(entered_at, previous_event_at) as begins_at
        from visits
    ),

    repeated_moves as (
        -- only to a stage completed more than once, so that few rows are sorted
        select application_id, stage_code, visit_number
        from
            (
                select
                    application_id,
                    stage_code,
                    visit_number,
                    row_number() over (
                        partition by application_id, stage_code, previous_completed_stage_code
                        order by completed_number nulls last
                    ) as move_number
                from other_visits
                where visits_of_stage > 1 and completed_at is not null
            ) as moves
        where move_number > 1
    )

select
    ended.application_id,
    ended.case_on,
    ended.stage_code,
    ended.visit_number,
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
    completed_at is not null and ended.visit_number < visits_of_stage as is_redone,
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
    previous_completed_stage_code,
    {{ seconds_between("previous_completed_at", "completed_at") }} as move_seconds,
    completed_at is not null
    and previous_completed_stage_code is not null
    and repeated_moves.application_id is null as is_first_such_move,
    case_last_event_at
from ended
left join
    repeated_moves
    on ended.application_id = repeated_moves.application_id
    and ended.stage_code = repeated_moves.stage_code
    and ended.visit_number = repeated_moves.visit_number
