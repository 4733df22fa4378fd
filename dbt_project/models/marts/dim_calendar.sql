{{
    config(
        materialized="incremental",
        incremental_strategy="touched",
        unique_key="calendar_key",
        pre_hook="{{ note_touched(changed_calendars()) }}",
    )
}}

{% set slots = [1, 2, 3, 4] %}

with

    hours as (
        {{ latest_versions("stg_office_hours", "office_code, weekday, opens_at, valid_from") }}
    ),

    holidays as ({{ latest_versions("stg_holidays", "country_code, holiday_date, office_code") }}),

    calendars as (
        -- any place of a calendar stands for it
        select
            calendar_key,
            min(office_code) as office_code,
            min(case when has_default_hours then 1 else 0 end) = 1 as has_default_hours
        from {{ ref("dim_place_calendars") }}
        where {{ is_touched() }}
        group by calendar_key
    ),

    dates as (
        select
            calendar_date,
            -- 2001-01-01 was a Monday
            cast(
                mod(
                    cast(
                        {{
                            microseconds(
                                "timestamp '2001-01-01'", "cast(calendar_date as timestamp)"
                            )
                        }} / 86400000000 as bigint
                    )
                    + 700000,
                    7
                )
                + 1 as integer
            ) as weekday
        from {{ every_date(var("calendar_from"), var("calendar_until")) }} as every_date
    ),

    settings as (
        -- which version of the place holds on which local date, judged at noon UTC
        select
            calendars.calendar_key,
            calendars.office_code,
            offices.country_code,
            offices.timezone,
            offices.works_holidays,
            cast(offices.valid_from_at - interval '12' hour as timestamp) as from_at,
            lead(cast(offices.valid_from_at - interval '12' hour as timestamp)) over (
                partition by calendars.calendar_key order by offices.valid_from_at nulls last
            ) as until_at
        from calendars
        join {{ ref("dim_offices") }} as offices on calendars.office_code = offices.office_code
    ),

    days as (
        select
            settings.calendar_key,
            settings.office_code,
            settings.country_code,
            settings.timezone,
            settings.works_holidays,
            dates.calendar_date,
            dates.weekday
        from settings
        join
            dates
            on settings.from_at <= cast(dates.calendar_date as timestamp)
            and (
                settings.until_at is null
                or cast(dates.calendar_date as timestamp) < settings.until_at
            )
    ),

    zone_days as (
        select
            zones.timezone,
            dates.calendar_date,
            {{ utc_time("cast(dates.calendar_date as timestamp)", "zones.timezone") }}
            as day_starts_at
        from (select distinct timezone from settings) as zones
        cross join dates
    ),

    midnights as (
        -- a day ends where the next begins; only after the last one the zone is asked again
        select
            timezone,
            calendar_date,
            day_starts_at,
            coalesce(
                lead(day_starts_at) over (partition by timezone order by calendar_date nulls last),
                {{ utc_time("cast(calendar_date as timestamp) + interval '1' day", "timezone") }}
            ) as day_ends_at
        from zone_days
    ),

    day_rules as (
        select country_code, office_code, holiday_date, is_working_day, 0 as weight
        from holidays
        union all
        select country_code, office_code, holiday_date, is_working_day, 10 as weight
        from {{ ref("calendar_overrides") }}
    ),

    ruled_days as (
        -- a rule for the place beats one for the country, an override beats a holiday
        select
            days.calendar_key,
            days.calendar_date,
            coalesce(day_rules.is_working_day, false) as is_working_day,
            days.works_holidays
            and not (day_rules.weight = 10 and day_rules.office_code is not null) as is_ignored
        from days
        join
            day_rules
            on days.calendar_date = day_rules.holiday_date
            and days.country_code = day_rules.country_code
            and (day_rules.office_code is null or day_rules.office_code = days.office_code)
        qualify
            row_number() over (
                partition by days.calendar_key, days.calendar_date
                order by
                    day_rules.weight
                    + case when day_rules.office_code is not null then 1 else 0 end desc,
                    coalesce(day_rules.is_working_day, false) desc
            )
            = 1
    ),

    regimes as (
        -- the latest hours still valid replace all others for the whole week; place and weekday
        -- are carried along, so that the hours are then found by their whole key
        select
            calendars.calendar_key,
            calendars.office_code,
            dates.calendar_date,
            dates.weekday,
            max(hours.valid_from) as valid_from
        from calendars
        join hours on calendars.office_code = hours.office_code
        join
            dates
            on hours.valid_from <= dates.calendar_date
            and (hours.valid_to is null or dates.calendar_date <= hours.valid_to)
        group by calendars.calendar_key, calendars.office_code, dates.calendar_date, dates.weekday
    ),

    clock_times as (
        select
            days.calendar_key,
            days.calendar_date,
            hours.opens_at as opens,
            hours.closes_at as closes
        from regimes
        join
            hours
            on regimes.office_code = hours.office_code
            and regimes.valid_from = hours.valid_from
            and regimes.weekday = hours.weekday
            and (hours.valid_to is null or regimes.calendar_date <= hours.valid_to)
        join
            days
            on regimes.calendar_key = days.calendar_key
            and regimes.calendar_date = days.calendar_date
        union all
        select days.calendar_key, days.calendar_date, '08:30:00' as opens, '16:30:00' as closes
        from days
        join calendars on days.calendar_key = calendars.calendar_key
        where calendars.has_default_hours and days.weekday <= 5
    ),

    clock_minutes as (
        select
            calendar_key,
            calendar_date,
            {{ clock_seconds("opens") }} as opens_second,
            case
                when closes = opens or closes like '24:00%' or closes like '23:59:59%'
                then 86400
                when closes < opens
                then 86400 + {{ clock_seconds("closes") }}
                else {{ clock_seconds("closes") }}
            end as closes_second
        from clock_times
    ),

    merged as (
        -- openings that meet or overlap are one
        select
            calendar_key,
            calendar_date,
            opens_second,
            closes_second,
            case
                when
                    opens_second <= max(closes_second) over (
                        partition by calendar_key, calendar_date
                        order by opens_second, closes_second
                        rows between unbounded preceding and 1 preceding
                    )
                then 0
                else 1
            end as is_new
        from clock_minutes
    ),

    islands as (
        select
            *,
            sum(is_new) over (
                partition by calendar_key, calendar_date
                order by opens_second, closes_second
                rows between unbounded preceding and current row
            ) as slot
        from merged
    ),

    slots as (
        select
            calendar_key,
            calendar_date,
            slot,
            min(opens_second) as opens_second,
            max(closes_second) as closes_second
        from islands
        group by calendar_key, calendar_date, slot
    ),

    openings as (
        select
            slots.calendar_key,
            slots.calendar_date,
            slots.slot,
            {{ wall_clock("slots.opens_second") }} as opens_at,
            {{ wall_clock("slots.closes_second") }} as closes_at
        from slots
        join
            days
            on slots.calendar_key = days.calendar_key
            and slots.calendar_date = days.calendar_date
        join
            midnights
            on days.timezone = midnights.timezone
            and days.calendar_date = midnights.calendar_date
        left join
            ruled_days
            on slots.calendar_key = ruled_days.calendar_key
            and slots.calendar_date = ruled_days.calendar_date
        where ruled_days.calendar_key is null or ruled_days.is_working_day or ruled_days.is_ignored
    ),

    opening_days as (
        select
            calendar_key,
            calendar_date,
            {% for slot in slots %}
                max(case when slot = {{ slot }} then opens_at end) as opens_{{ slot }}_at,
                max(case when slot = {{ slot }} then closes_at end) as closes_{{ slot }}_at,
            {% endfor %}
            max(slot) as openings,
            sum({{ microseconds("opens_at", "closes_at") }}) as open_us
        from openings
        where opens_at < closes_at
        group by calendar_key, calendar_date
    )

select
    days.calendar_key,
    days.calendar_date,
    days.weekday,
    days.timezone,
    midnights.day_starts_at,
    midnights.day_ends_at,
    coalesce(not ruled_days.is_working_day, false) as is_holiday,
    opening_days.calendar_key is not null as is_working_day,
    cast(coalesce(opening_days.openings, 0) as integer) as openings,
    {% for slot in slots %}
        opening_days.opens_{{ slot }}_at, opening_days.closes_{{ slot }}_at,
    {% endfor %}
    {{ minutes("coalesce(opening_days.open_us, 0)") }} as open_minutes,
    {{ minutes("coalesce(sum(opening_days.open_us) over days_before, 0)") }} as open_minutes_before,
    cast(
        coalesce(count(opening_days.calendar_key) over days_before, 0) as bigint
    ) as working_days_before
from days
join
    midnights on days.timezone = midnights.timezone and days.calendar_date = midnights.calendar_date
left join
    ruled_days
    on days.calendar_key = ruled_days.calendar_key
    and days.calendar_date = ruled_days.calendar_date
left join
    opening_days
    on days.calendar_key = opening_days.calendar_key
    and days.calendar_date = opening_days.calendar_date
window
    days_before as (
        partition by days.calendar_key
        order by days.calendar_date nulls last
        rows between unbounded preceding and 1 preceding
    )
