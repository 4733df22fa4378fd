{{
    config(
        materialized="incremental",
        incremental_strategy="touched",
        unique_key="application_id",
        pre_hook="{{ note_touched(touched_or_moved_cases(), 'fct_case_days') }}",
        meta={
            "ordered_by_case_day": true,
            "logged_columns": [
                "kind",
                "office_code",
                "stage_code",
                "tier",
                "submitted_on",
                "from_on",
                "until_on",
            ],
        },
    )
}}

with

    cases as (
        select
            application_id,
            case_on,
            office_code,
            tier,
            {{ authority_date("submitted_at") }} as submitted_on,
            {{ authority_date("first_event_at") }} as first_event_on,
            {{ authority_date(reached("ended_at")) }} as ended_on,
            {{ authority_date(reached("least(promise_met_at, ended_at)")) }} as settled_on,
            -- a clock that stopped in time lets no promise lapse while it stands
            case
                when stopped_since_at is null or stopped_since_at >= promise_lapses_at
                then promise_lapses_at
            end as lapses_at
        from {{ ref("fct_applications") }}
        where submitted_at <= {{ now_at() }} and {{ is_touched_case() }}
    ),

    events as (
        select
            application_id,
            office_code,
            stage_code,
            {{ authority_date("occurred_at") }} as occurred_on,
            {{ authority_date("next_event_at") }} as next_event_on
        from {{ ref("fct_stage_events") }}
        where is_application_known and {{ is_touched_case() }}
    ),

    -- where each case stands at the end of a day, until the day at whose end it stands elsewhere
    stands as (
        select
            application_id,
            office_code,
            'not_started' as stage_code,
            submitted_on as from_on,
            least(first_event_on, ended_on) as until_on
        from cases
        union all
        select
            events.application_id,
            events.office_code,
            events.stage_code,
            greatest(events.occurred_on, cases.submitted_on) as from_on,
            least(events.next_event_on, cases.ended_on) as until_on
        from events
        join cases on events.application_id = cases.application_id
    ),

    held as (
        select
            *,
            lag(office_code) over stands_in_order as previous_office_code,
            lag(stage_code) over stands_in_order as previous_stage_code
        from stands
        where until_on is null or from_on < until_on
        window stands_in_order as (partition by application_id order by from_on nulls last)
    ),

    moves as (
        select
            application_id,
            office_code,
            stage_code,
            from_on,
            lead(from_on) over (partition by application_id order by from_on nulls last) as next_on
        from held
        where
            previous_stage_code is null
            or previous_stage_code <> stage_code
            or previous_office_code <> office_code
    ),

    open_spans as (
        select
            moves.application_id,
            cases.case_on,
            moves.office_code,
            moves.stage_code,
            cases.tier,
            cases.submitted_on,
            moves.from_on,
            coalesce(moves.next_on, cases.ended_on) as until_on,
            cases.lapses_at,
            -- the first day at whose end the promise has lapsed
            {{ authority_date("cases.lapses_at - interval '1' microsecond") }} as lapses_on,
            cases.settled_on
        from moves
        join cases on moves.application_id = cases.application_id
    ),

    beyond_spans as (
        select
            *,
            greatest(from_on, lapses_on) as beyond_from_on,
            least(until_on, settled_on) as beyond_until_on
        from open_spans
        where lapses_on is not null
    )

select
    application_id,
    case_on,
    'open' as kind,
    office_code,
    stage_code,
    tier,
    submitted_on,
    from_on,
    until_on,
    cast(null as timestamp) as lapses_at
from open_spans
union all
select
    application_id,
    case_on,
    'beyond' as kind,
    office_code,
    stage_code,
    tier,
    submitted_on,
    beyond_from_on as from_on,
    beyond_until_on as until_on,
    lapses_at
from beyond_spans
where beyond_until_on is null or beyond_from_on < beyond_until_on
order by case_on
