{{
    config(
        materialized="incremental",
        incremental_strategy="touched",
        unique_key="application_id",
        pre_hook="{{ note_touched(touched_or_unsettled_cases(), 'fct_case_days') }}",
        meta={
            "ordered_by_case_day": true,
            "settled_by": "ended_on",
            "logged_columns": [
                "office_code",
                "tier",
                "promise_due_on",
                "promise_state",
                "promise_target_pct",
                "submitted_at",
            ],
        },
    )
}}

with

    cases as (select * from {{ ref("fct_applications") }} where {{ is_touched_case() }}),

    place_calendars as (select * from {{ ref("dim_place_calendars") }}),

    calendar as (select * from {{ ref("dim_calendar") }}),

    working_days as (select * from calendar where is_working_day),

    known_cases as (
        -- what the run's now can see
        select
            *,
            submitted_at <= {{ now_at() }} and coalesce(ended_at > {{ now_at() }}, true) as is_open,
            coalesce(cancelled_at <= {{ now_at() }}, false) as is_cancelled,
            coalesce(promise_met_at <= {{ now_at() }}, false) as is_promise_met
        from cases
    ),

    -- the clock stands still now: its whole days so far move the due day on
    standing_cases as (
        select
            known_cases.application_id,
            known_cases.promise_unit,
            known_cases.promise_due_on,
            place_calendars.calendar_key,
            {{ microseconds("known_cases.stopped_since_at", now_at()) }} as stopped_us,
            {{ whole_days("from_days", "until_days", "known_cases.stopped_since_at") }}
            as calendar_days,
            {{ whole_working_days("from_days", "until_days", "known_cases.stopped_since_at") }}
            as working_days
        from known_cases
        join place_calendars on known_cases.office_code = place_calendars.office_code
        left join
            calendar as from_days
            on place_calendars.calendar_key = from_days.calendar_key
            and from_days.day_starts_at <= known_cases.stopped_since_at
            and known_cases.stopped_since_at < from_days.day_ends_at
        left join
            calendar as until_days
            on place_calendars.calendar_key = until_days.calendar_key
            and until_days.day_starts_at <= {{ now_at() }}
            and {{ now_at() }} < until_days.day_ends_at
        where
            known_cases.is_open
            and not known_cases.is_promise_met
            and known_cases.stopped_since_at <= {{ now_at() }}
    ),

    moved_cases as (
        select
            standing_cases.application_id,
            standing_cases.stopped_us,
            coalesce(moved_working.calendar_date, moved_calendar.calendar_date) as promise_due_on
        from standing_cases
        left join
            calendar as due_days
            on standing_cases.calendar_key = due_days.calendar_key
            and standing_cases.promise_due_on = due_days.calendar_date
        left join
            working_days as moved_working
            on standing_cases.calendar_key = moved_working.calendar_key
            and case
                when standing_cases.promise_unit = 'working_days'
                then due_days.working_days_before + standing_cases.working_days
            end
            = moved_working.working_days_before
        left join
            calendar as moved_calendar
            on standing_cases.calendar_key = moved_calendar.calendar_key
            and case
                when standing_cases.promise_unit = 'calendar_days'
                then due_days.calendar_date + cast(standing_cases.calendar_days as integer)
            end
            = moved_calendar.calendar_date
    ),

    stated_cases as (
        select
            known_cases.*,
            coalesce(moved_cases.promise_due_on, known_cases.promise_due_on) as present_due_on,
            known_cases.clock_stopped_minutes
            + {{ minutes("coalesce(moved_cases.stopped_us, 0)") }} as present_stopped_minutes,
            case
                when known_cases.is_cancelled and not known_cases.is_promise_met
                then 'cancelled'
                when known_cases.promise_due_at is null
                then 'none'
                when known_cases.is_promise_met
                then
                    case
                        when known_cases.promise_met_at < known_cases.promise_lapses_at
                        then 'kept'
                        else 'missed'
                    end
                -- a clock that stopped in time lets no promise lapse while it stands
                when
                    known_cases.promise_lapses_at > {{ now_at() }}
                    or (
                        moved_cases.application_id is not null
                        and known_cases.stopped_since_at < known_cases.promise_lapses_at
                    )
                then 'open_within'
                else 'open_beyond'
            end as promise_state
        from known_cases
        left join moved_cases on known_cases.application_id = moved_cases.application_id
    )

select
    application_id,
    case_on,
    office_code,
    holding_office_code,
    tier,
    category,
    channel,
    submitted_at,
    first_event_at,
    last_event_at,
    span_seconds,
    completed_at,
    ready_at,
    outcome,
    is_open,
    is_cancelled,
    current_stage_code,
    current_owner,
    stage_entered_at,
    case when is_open then {{ today() }} - {{ authority_date("submitted_at") }} end as age_days,
    present_due_on as promise_due_on,
    promise_target_pct,
    promise_state,
    promise_state = 'open_beyond' as is_beyond_promise,
    case when is_promise_met then turnaround_seconds end as turnaround_seconds,
    case when is_promise_met then turnaround_working_minutes end as turnaround_working_minutes,
    present_stopped_minutes as clock_stopped_minutes,
    event_count,
    rework_count,
    variant_key,
    variant_text,
    {{ authority_date(reached("ended_at")) }} as ended_on
from stated_cases
order by case_on
