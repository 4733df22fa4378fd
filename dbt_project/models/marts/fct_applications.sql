{{
    config(
        materialized="incremental",
        incremental_strategy="touched",
        unique_key="application_id",
        pre_hook="{{ note_touched(touched_cases(), 'fct_case_days') }}",
        meta={
            "ordered_by_case_day": true,
            "built_in_parts": true,
            "logged_columns": [
                "office_code",
                "tier",
                "promise_met_at",
                "turnaround_seconds",
                "turnaround_working_days",
                "submitted_at",
                "approved_at",
                "deferred_at",
                "printed_at",
                "dispatched_at",
                "ready_at",
                "collected_at",
                "cancelled_at",
                "completed_at",
                "outcome",
                "submitted_on",
                "is_mission",
                "pages",
                "validity_years",
                "is_e_passport",
                "fee_pkr",
                "is_suspect",
                "home_district",
                "priority_reason",
            ],
        },
    )
}}

{% set touched_events %}
    (
        select *
        from {{ ref("fct_stage_events") }}
        where is_application_known and {{ is_touched_case() }}
    )
{% endset %}

with

    applications as (
        {{ latest_versions("stg_applications", "application_id", is_version_of_touched_case()) }}
    ),

    case_days as (select * from {{ ref("fct_case_days") }} where {{ is_touched() }}),

    deliveries as (select * from {{ ref("fct_deliveries") }} where {{ is_touched() }}),

    stages as (select * from {{ ref("dim_stages") }}),

    offices as (select * from {{ ref("dim_offices") }}),

    place_calendars as (select * from {{ ref("dim_place_calendars") }}),

    calendar as (
        select *
        from {{ ref("dim_calendar") }}
        where
            calendar_date
            >= (select cast(min(submitted_at) - interval '2' day as date) from applications)
    ),

    working_days as (select * from calendar where is_working_day),

    service_levels as (select * from {{ ref("dim_service_levels") }} where service = 'passport'),

    case_events as (
        select
            events.application_id,
            cast(count(*) as integer) as event_count,
            min(events.occurred_at) as first_event_at,
            max(events.occurred_at) as last_event_at,
            max(case when events.is_latest then events.stage_code end) as current_stage_code,
            max(case when events.is_latest then events.office_code end) as holding_office_code,
            max(case when events.is_latest then stages.owner end) as current_owner,
            max(
                case
                    when events.stage_code is distinct from events.previous_stage_code
                    then events.occurred_at
                end
            ) as stage_entered_at,
            min(
                case
                    when events.event = 'completed' and stages.is_terminal then events.occurred_at
                end
            ) as completed_at,
            -- only an applicant or carrier ends with a passport
            min(
                case
                    when
                        events.event = 'completed'
                        and stages.is_terminal
                        and stages.owner in ('applicant', 'carrier')
                    then events.occurred_at
                end
            ) as handed_over_at,
            min(
                case
                    when events.event = 'completed' and stages.is_decision then events.occurred_at
                end
            ) as approved_at,
            min(case when events.event = 'deferred' then events.occurred_at end) as deferred_at,
            min(
                case
                    when events.event = 'completed' and stages.is_last_of_printing
                    then events.occurred_at
                end
            ) as printed_at,
            min(case when stages.owner = 'carrier' then events.occurred_at end) as dispatched_at,
            cast(
                count(case when events.event = 'completed' then 1 end)
                - count(distinct case when events.event = 'completed' then events.stage_code end)
                + count(case when events.event = 'returned' then 1 end) as integer
            ) as rework_count,
            count(case when events.event <> 'completed' then 1 end) = count(
                case
                    when
                        events.event = 'completed'
                        and events.previous_event = 'entered'
                        and events.previous_stage_code = events.stage_code
                    then 1
                end
            ) as is_each_entry_completed_next
        from {{ touched_events }} as events
        left join stages on events.stage_code = stages.stage_code
        group by events.application_id
    ),

    variants as (
        select application_id, {{ ordered_text("stage_code", "→", "event_number") }} as variant_text
        from {{ touched_events }} as events
        where event = 'completed'
        group by application_id
    ),

    cases as (
        select
            applications.application_id,
            case_days.case_on,
            applications.office_code,
            applications.submitted_at,
            applications.tier,
            applications.category,
            applications.channel,
            applications.pages,
            applications.validity_years,
            applications.is_e_passport,
            cast(applications.fee_pkr as decimal(18, 2)) as fee_pkr,
            applications.applicant_cnic_ref,
            applications.applicant_cnic_is_valid,
            applications.applicant_cnic_province,
            applications.sex,
            applications.birth_year,
            applications.home_district,
            applications.priority_reason,
            applications.updated_at,
            coalesce(applications.is_suspect, false) as is_suspect,
            offices.is_mission,
            case when offices.is_mission then 'mission' else 'domestic' end as place_kind,
            offices.timezone,
            place_calendars.calendar_key,
            {{ place_date("applications.submitted_at", "submission_days") }} as submitted_on,
            coalesce(case_events.event_count, 0) as event_count,
            case_events.first_event_at,
            case_events.last_event_at,
            coalesce(case_events.current_stage_code, 'not_started') as current_stage_code,
            coalesce(case_events.current_owner, 'office') as current_owner,
            coalesce(
                case_events.holding_office_code, applications.office_code
            ) as holding_office_code,
            coalesce(case_events.stage_entered_at, applications.submitted_at) as stage_entered_at,
            case_events.completed_at,
            case
                when
                    case_events.completed_at is null
                    or applications.cancelled_at < case_events.completed_at
                then applications.cancelled_at
            end as cancelled_at,
            case_events.approved_at,
            case_events.deferred_at,
            case_events.printed_at,
            case_events.dispatched_at,
            deliveries.ready_at,
            deliveries.collected_at,
            deliveries.outcome as delivery_outcome,
            coalesce(
                case_events.handed_over_at = case_events.completed_at, false
            ) as is_handed_over,
            coalesce(case_events.rework_count, 0) as rework_count,
            coalesce(
                case_events.rework_count = 0 and case_events.is_each_entry_completed_next, true
            ) as is_straight,
            variants.variant_text
        from applications
        left join case_days on applications.application_id = case_days.application_id
        left join case_events on applications.application_id = case_events.application_id
        left join variants on applications.application_id = variants.application_id
        left join deliveries on applications.application_id = deliveries.application_id
        left join
            offices
            on applications.office_code = offices.office_code
            and offices.valid_from_at <= applications.submitted_at
            and applications.submitted_at < offices.valid_to_at
        left join place_calendars on applications.office_code = place_calendars.office_code
        left join
            calendar as submission_days
            on place_calendars.calendar_key = submission_days.calendar_key
            and cast(applications.submitted_at as date) = submission_days.calendar_date
    ),

    ended_cases as (
        select
            *,
            coalesce(cancelled_at, completed_at) as ended_at,
            case
                when cancelled_at is null or cancelled_at >= coalesce(ready_at, completed_at)
                then coalesce(ready_at, completed_at)
            end as promise_met_at
        from cases
    ),

    -- the clock's stops, from the event that began each to the next that goes on, until the promise
    -- is met
    stopped_events as (
        select
            events.application_id,
            greatest(events.occurred_at, ended_cases.submitted_at) as from_at,
            -- null while it goes on
            least(
                events.next_event_at, coalesce(ended_cases.promise_met_at, ended_cases.ended_at)
            ) as until_at,
            events.event_number
        from {{ touched_events }} as events
        join stages on events.stage_code = stages.stage_code
        join ended_cases on events.application_id = ended_cases.application_id
        where
            stages.is_clock_stopped
            -- what was over before the submission stopped nothing
            and (events.next_event_at is null or events.next_event_at > ended_cases.submitted_at)
            and greatest(events.occurred_at, ended_cases.submitted_at)
            < coalesce(ended_cases.promise_met_at, ended_cases.ended_at, timestamp '9999-12-31')
    ),

    numbered_stops as (
        -- stops that follow one another are one
        select
            *,
            event_number - row_number() over (
                partition by application_id order by event_number nulls last
            ) as stop_number
        from stopped_events
    ),

    stops as (
        select
            application_id,
            stop_number,
            min(from_at) as from_at,
            case when count(until_at) = count(*) then max(until_at) end as until_at
        from numbered_stops
        group by application_id, stop_number
    ),

    stop_days as (
        select
            stops.application_id,
            stops.from_at,
            stops.until_at,
            -- whole local days of the submitting office inside the stop
            {{ whole_days("from_days", "until_days", "stops.from_at") }} as calendar_days,
            {{ whole_working_days("from_days", "until_days", "stops.from_at") }} as working_days
        from stops
        join ended_cases on stops.application_id = ended_cases.application_id
        left join
            calendar as from_days
            on ended_cases.calendar_key = from_days.calendar_key
            and cast({{ local_time("stops.from_at", "ended_cases.timezone") }} as date)
            = from_days.calendar_date
        left join
            calendar as until_days
            on ended_cases.calendar_key = until_days.calendar_key
            and cast({{ local_time("stops.until_at", "ended_cases.timezone") }} as date)
            = until_days.calendar_date
    ),

    promise_kinds as (select distinct tier, submitted_on, place_kind from cases),

    promises as (
        -- a promise for the tier beats one for all tiers
        select
            promise_kinds.tier,
            promise_kinds.submitted_on,
            promise_kinds.place_kind,
            cast(ceil(service_levels.promise) as integer) as promised_days,
            service_levels.unit,
            service_levels.target_pct
        from promise_kinds
        join
            service_levels
            on promise_kinds.place_kind = service_levels.place_kind
            and (service_levels.tier is null or promise_kinds.tier = service_levels.tier)
            and service_levels.valid_from <= promise_kinds.submitted_on
            and promise_kinds.submitted_on <= service_levels.valid_to
        where service_levels.unit in ('working_days', 'calendar_days')
        qualify
            row_number() over (
                partition by
                    promise_kinds.tier, promise_kinds.submitted_on, promise_kinds.place_kind
                order by service_levels.tier nulls last, service_levels.valid_from desc
            )
            = 1
    ),

    promised_cases as (
        select
            ended_cases.application_id,
            ended_cases.calendar_key,
            promises.promised_days,
            promises.unit,
            promises.target_pct,
            -- the submission date is day 0: the promise counts from the next working day on
            case
                when promises.unit = 'working_days'
                then
                    submission_days.working_days_before
                    + case when submission_days.is_working_day then 1 else 0 end
                    + promises.promised_days
                    - 1
            end as due_working_day,
            case
                when promises.unit = 'calendar_days'
                then {{ add_days("ended_cases.submitted_on", "promises.promised_days") }}
            end as due_calendar_date
        from ended_cases
        join
            promises
            on ended_cases.tier = promises.tier
            and ended_cases.submitted_on = promises.submitted_on
            and ended_cases.place_kind = promises.place_kind
        join
            calendar as submission_days
            on ended_cases.calendar_key = submission_days.calendar_key
            and ended_cases.submitted_on = submission_days.calendar_date
    ),

    moved_stops as (
        select
            stop_days.application_id,
            stop_days.from_at,
            case
                when promised_cases.unit = 'working_days'
                then stop_days.working_days
                else stop_days.calendar_days
            end as moved_days
        from stop_days
        join promised_cases on stop_days.application_id = promised_cases.application_id
    ),

    stops_so_far as (
        select
            *,
            cast(
                coalesce(
                    sum(moved_days) over (
                        partition by application_id
                        order by from_at nulls last
                        rows between unbounded preceding and 1 preceding
                    ),
                    0
                ) as bigint
            ) as moved_days_before
        from moved_stops
    ),

    stops_in_time as (
        -- a stop that began before the promise lapsed delays its lapse; a later one does not
        select
            stops_so_far.application_id,
            cast(sum(stops_so_far.moved_days) as bigint) as moved_days,
            cast(
                sum(
                    case
                        when
                            stops_so_far.from_at
                            < coalesce(due_working.day_ends_at, due_calendar.day_ends_at)
                        then stops_so_far.moved_days
                        else 0
                    end
                ) as bigint
            ) as moved_days_in_time
        from stops_so_far
        join
            promised_cases on stops_so_far.application_id = promised_cases.application_id
            {{ join_due_days("stops_so_far.moved_days_before") }}
        group by stops_so_far.application_id
    ),

    due_cases as (
        select
            promised_cases.application_id,
            coalesce(due_working.calendar_date, due_calendar.calendar_date) as promise_due_on,
            coalesce(due_working.day_ends_at, due_calendar.day_ends_at) as promise_due_at
        from promised_cases
        left join
            stops_in_time on promised_cases.application_id = stops_in_time.application_id
            {{ join_due_days("coalesce(stops_in_time.moved_days, 0)") }}
    ),

    lapses as (
        select
            promised_cases.application_id,
            coalesce(due_working.day_ends_at, due_calendar.day_ends_at) as promise_lapses_at
        from promised_cases
        join
            stops_in_time on promised_cases.application_id = stops_in_time.application_id
            {{ join_due_days("stops_in_time.moved_days_in_time") }}
    ),

    stop_totals as (
        select
            application_id,
            sum({{ microseconds("from_at", "until_at") }}) as stopped_us,
            max(case when until_at is null then from_at end) as stopped_since_at
        from stops
        group by application_id
    ),

    met_cases as (select * from ended_cases where submitted_at < promise_met_at),

    -- the moments at which another clock goes on for a case, the holder's or none while it is
    -- stopped: between two of them the readings of one clock cancel each other out
    clock_changes as (
        select
            events.application_id,
            {{
                within_calendar(
                    "least(greatest(events.occurred_at, met_cases.submitted_at), met_cases.promise_met_at)"
                )
            }}
            as changed_at,
            case
                when not coalesce(stages_before.is_clock_stopped, false)
                then calendars_before.calendar_key
            end as calendar_key_before,
            case
                when not coalesce(stages_then.is_clock_stopped, false)
                then calendars_then.calendar_key
            end as calendar_key_then
        from {{ touched_events }} as events
        join met_cases on events.application_id = met_cases.application_id
        left join stages as stages_before on events.previous_stage_code = stages_before.stage_code
        left join stages as stages_then on events.stage_code = stages_then.stage_code
        left join
            place_calendars as calendars_before
            on case
                when events.event_number = 1
                then met_cases.office_code
                else events.previous_office_code
            end
            = calendars_before.office_code
        left join
            place_calendars as calendars_then on events.office_code = calendars_then.office_code
    ),

    -- from the submission on the submitting office's clock, until the promise was met the last
    -- holder's
    clock_ends as (
        select
            met_cases.application_id,
            {{ within_calendar("met_cases.submitted_at") }} as from_at,
            {{ within_calendar("met_cases.promise_met_at") }} as until_at,
            met_cases.calendar_key as first_calendar_key,
            case
                when not coalesce(stages.is_clock_stopped, false) then place_calendars.calendar_key
            end as last_calendar_key
        from met_cases
        left join stages on met_cases.current_stage_code = stages.stage_code
        left join place_calendars on met_cases.holding_office_code = place_calendars.office_code
    ),

    -- only the days in question: the clock reaches over decades
    working_clock as (
        select *
        from {{ ref("dim_working_clock") }}
        where
            utc_date >= (select min(cast(from_at as date)) from clock_ends)
            and utc_date <= (select max(cast(until_at as date)) from clock_ends)
    ),

    -- left joins keep their order: no plan may join the clocks to each other
    readings as (
        select
            clock_changes.application_id,
            coalesce({{ clock_at("clock_before", "clock_changes.changed_at") }}, 0)
            - coalesce({{ clock_at("clock_then", "clock_changes.changed_at") }}, 0) as working_us,
            coalesce(
                {{ clock_at("clock_before", "clock_changes.changed_at", "day_parts") }},
                0
            ) - coalesce(
                {{ clock_at("clock_then", "clock_changes.changed_at", "day_parts") }}, 0
            ) as working_day_parts
        from clock_changes
        left join
            working_clock as clock_before
            on clock_changes.calendar_key_before = clock_before.calendar_key
            and cast(clock_changes.changed_at as date) = clock_before.utc_date
        left join
            working_clock as clock_then
            on clock_changes.calendar_key_then = clock_then.calendar_key
            and cast(clock_changes.changed_at as date) = clock_then.utc_date
        where clock_changes.calendar_key_before is distinct from clock_changes.calendar_key_then
        union all
        select
            clock_ends.application_id,
            coalesce({{ clock_at("clock_until", "clock_ends.until_at") }}, 0)
            - coalesce({{ clock_at("clock_from", "clock_ends.from_at") }}, 0) as working_us,
            coalesce(
                {{ clock_at("clock_until", "clock_ends.until_at", "day_parts") }},
                0
            ) - coalesce(
                {{ clock_at("clock_from", "clock_ends.from_at", "day_parts") }}, 0
            ) as working_day_parts
        from clock_ends
        left join
            working_clock as clock_from
            on clock_ends.first_calendar_key = clock_from.calendar_key
            and cast(clock_ends.from_at as date) = clock_from.utc_date
        left join
            working_clock as clock_until
            on clock_ends.last_calendar_key = clock_until.calendar_key
            and cast(clock_ends.until_at as date) = clock_until.utc_date
    ),

    worked as (
        select
            application_id,
            sum(working_us) as working_us,
            sum(working_day_parts) as working_day_parts
        from readings
        group by application_id
    )

select
    ended_cases.application_id,
    ended_cases.office_code,
    ended_cases.case_on,
    ended_cases.holding_office_code,
    ended_cases.tier,
    ended_cases.category,
    ended_cases.channel,
    ended_cases.pages,
    ended_cases.validity_years,
    ended_cases.is_e_passport,
    ended_cases.fee_pkr,
    ended_cases.applicant_cnic_ref,
    ended_cases.applicant_cnic_is_valid,
    ended_cases.applicant_cnic_province,
    ended_cases.sex,
    ended_cases.birth_year,
    ended_cases.home_district,
    ended_cases.priority_reason,
    ended_cases.is_suspect,
    ended_cases.is_mission,
    ended_cases.submitted_at,
    ended_cases.submitted_on,
    ended_cases.first_event_at,
    ended_cases.last_event_at,
    {{ seconds_between("ended_cases.first_event_at", "ended_cases.last_event_at") }}
    as span_seconds,
    ended_cases.approved_at,
    ended_cases.deferred_at,
    ended_cases.printed_at,
    ended_cases.dispatched_at,
    ended_cases.ready_at,
    ended_cases.collected_at,
    ended_cases.cancelled_at,
    ended_cases.completed_at,
    ended_cases.ended_at,
    case
        when ended_cases.cancelled_at is not null
        then 'cancelled'
        when ended_cases.completed_at is null
        then null
        when ended_cases.delivery_outcome = 'lost'
        then 'lost'
        when ended_cases.is_handed_over or ended_cases.delivery_outcome = 'collected'
        then 'delivered'
        else 'refused'
    end as outcome,
    ended_cases.current_stage_code,
    ended_cases.current_owner,
    ended_cases.stage_entered_at,
    ended_cases.event_count,
    ended_cases.rework_count,
    ended_cases.is_straight,
    ended_cases.variant_text,
    md5(ended_cases.variant_text) as variant_key,
    promised_cases.target_pct as promise_target_pct,
    promised_cases.promised_days,
    promised_cases.unit as promise_unit,
    due_cases.promise_due_on,
    due_cases.promise_due_at,
    coalesce(lapses.promise_lapses_at, due_cases.promise_due_at) as promise_lapses_at,
    ended_cases.promise_met_at,
    {{ seconds_between("ended_cases.submitted_at", "ended_cases.promise_met_at") }}
    as turnaround_seconds,
    case
        when ended_cases.promise_met_at is not null
        then {{ minutes("coalesce(worked.working_us, 0)") }}
    end as turnaround_working_minutes,
    case
        when ended_cases.promise_met_at is not null
        then
            cast(
                cast(coalesce(worked.working_day_parts, 0) as decimal(18, 0))
                * cast(0.000000001 as decimal(9, 9)) as decimal(18, 9)
            )
    end as turnaround_working_days,
    {{ minutes("coalesce(stop_totals.stopped_us, 0)") }} as clock_stopped_minutes,
    stop_totals.stopped_since_at,
    ended_cases.updated_at
from ended_cases
left join promised_cases on ended_cases.application_id = promised_cases.application_id
left join due_cases on ended_cases.application_id = due_cases.application_id
left join lapses on ended_cases.application_id = lapses.application_id
left join stop_totals on ended_cases.application_id = stop_totals.application_id
left join worked on ended_cases.application_id = worked.application_id
order by case_on
