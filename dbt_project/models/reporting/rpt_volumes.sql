{{
    config(
        materialized="incremental",
        incremental_strategy="touched",
        unique_key="day",
        pre_hook="{{ note_touched(changed_volume_days()) }}",
    )
}}

{% set names = milestones() | map(attribute=0) | unique | list %}

with

    milestones as (select * from {{ ref("fct_milestone_days") }}),

    scopes as (select * from {{ ref("dim_place_scopes") }}),

    counts as (
        select
            milestones.day,
            scopes.place_scope,
            coalesce(milestones.tier, 'all') as tier,
            {% for name in names %} sum(milestones.{{ name }}) as {{ name }}, {% endfor %}
            sum(milestones.fee_pkr) as fee_pkr
        from milestones
        join scopes on {{ was_in_scope("milestones", "milestones.day") }}
        where {{ is_compared_with_noted_days("milestones.day") }}
        group by
            grouping sets (
                (milestones.day, scopes.place_scope, milestones.tier),
                (milestones.day, scopes.place_scope)
            )
    ),

    -- every day from a scope's first on has a row, a day without anything too
    first_days as (
        select place_scope, tier, min(day) as first_day
        from
            (
                select place_scope, tier, day
                from counts
                {% if is_incremental() %}
                    union all
                    select place_scope, tier, day
                    from {{ this }}
                    where not {{ is_compared_with_noted_days("day") }}
                {% endif %}
            ) as counted_days
        group by place_scope, tier
    ),

    days as (
        select
            place_scope,
            tier,
            unnest(
                range({{ within_compared_days("first_day") }}, {{ today() }} + 1, interval '1' day)
            )::date as day
        from first_days
    ),

    scope_calendars as (
        select
            scopes.place_scope,
            scopes.from_on,
            scopes.until_on,
            place_calendars.calendar_key,
            count(*) as places
        from scopes
        join
            {{ ref("dim_place_calendars") }} as place_calendars
            on scopes.office_code = place_calendars.office_code
        group by all
    ),

    -- a scope is closed where most of its places are, and keeps a holiday where that closes them
    closed_days as (
        select
            scope_calendars.place_scope,
            calendar.calendar_date as day,
            coalesce(
                sum(scope_calendars.places) filter (
                    where calendar.is_holiday and not calendar.is_working_day
                ),
                0
            )
            * 2
            > sum(scope_calendars.places) as is_holiday
        from {{ ref("dim_calendar") }} as calendar
        join
            scope_calendars
            on calendar.calendar_key = scope_calendars.calendar_key
            and scope_calendars.from_on <= calendar.calendar_date
            and calendar.calendar_date < scope_calendars.until_on
        where
            calendar.calendar_date >= (select min(day) from days)
            and calendar.calendar_date <= {{ today() }}
        group by scope_calendars.place_scope, calendar.calendar_date
        having
            sum(scope_calendars.places) filter (where not calendar.is_working_day) * 2
            > sum(scope_calendars.places)
    ),

    submissions as (
        select
            days.day,
            days.place_scope,
            days.tier,
            coalesce(counts.submitted, 0) as submitted,
            closed_days.day is not null as is_closed,
            coalesce(closed_days.is_holiday, false) as is_holiday
        from days
        left join
            counts
            on days.day = counts.day
            and days.place_scope = counts.place_scope
            and days.tier = counts.tier
        left join
            closed_days on days.place_scope = closed_days.place_scope and days.day = closed_days.day
    ),

    -- a day is compared with days of its kind in the eight weeks before: a holiday with all on
    -- which the scope was closed, any other day with its weekday, less the holidays
    compared_days as (
        select
            day,
            place_scope,
            tier,
            is_holiday,
            day
            - unnest(case when is_holiday then range(1, 57) else range(7, 57, 7) end)::integer
            as earlier_day
        from submissions
        where {{ is_touched() }}
    ),

    expectations as (
        select
            compared_days.day,
            compared_days.place_scope,
            compared_days.tier,
            median(earlier.submitted) as expected_submitted
        from compared_days
        join
            submissions as earlier
            on compared_days.earlier_day = earlier.day
            and compared_days.place_scope = earlier.place_scope
            and compared_days.tier = earlier.tier
        where
            case
                when compared_days.is_holiday then earlier.is_closed else not earlier.is_holiday
            end
        group by all
    )

select
    days.day,
    days.place_scope,
    days.tier,
    case
        when starts_with(days.place_scope, 'office:') then substr(days.place_scope, 8)
    end as office_code,
    {% for name in names %}
        cast(coalesce(counts.{{ name }}, 0) as bigint) as {{ name }},
    {% endfor %}
    cast(coalesce(counts.fee_pkr, 0) as decimal(18, 2)) as fee_pkr,
    expectations.expected_submitted
from days
left join
    counts
    on days.day = counts.day
    and days.place_scope = counts.place_scope
    and days.tier = counts.tier
left join
    expectations
    on days.day = expectations.day
    and days.place_scope = expectations.place_scope
    and days.tier = expectations.tier
where {{ is_touched("days.day") }}
