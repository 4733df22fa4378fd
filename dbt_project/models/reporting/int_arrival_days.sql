{#
    What may be expected of a day besides its weekday: its season, that it is a holiday on which a
    place is open, and that days before were closed.
#}
{% set openings = [1, 2, 3, 4] %}

with

    thresholds as (select * from {{ rush_thresholds() }}),

    -- from a fortnight before the first arrival on, so that closed days in a row are counted whole
    calendar as (
        select *
        from {{ ref("dim_calendar") }}
        where
            calendar_date <= cast({{ now_at() }} as date) + 1
            and calendar_date >= cast(
                (
                    select least(min(queue.slot_start), min(cases.submitted_at))
                    from (select min(slot_start) as slot_start from {{ ref("rpt_queue") }}) as queue
                    cross join
                        (
                            select min(submitted_at) as submitted_at
                            from {{ ref("fct_applications") }}
                        ) as cases
                ) as date
            )
            - 16
    ),

    places as (
        select distinct calendar_key, country_code
        from
            (
                select
                    place_calendars.calendar_key,
                    max(offices.country_code) filter (where offices.is_current) as country_code
                from {{ ref("dim_offices") }} as offices
                join
                    {{ ref("dim_place_calendars") }} as place_calendars
                    on offices.office_code = place_calendars.office_code
                group by offices.office_code, place_calendars.calendar_key
            ) as countries
    ),

    -- how many usual days a holiday closed right before an open day, or before the last one
    open_days as (
        select
            calendar_key,
            calendar_date,
            holidays_before - lag(holidays_before) over (
                partition by calendar_key order by calendar_date
            ) as missed_days,
            lag(holidays_before) over (partition by calendar_key order by calendar_date)
            - lag(holidays_before, 2) over (
                partition by calendar_key order by calendar_date
            ) as missed_before_last
        from
            (
                select
                    calendar_key,
                    calendar_date,
                    is_working_day,
                    count(*) filter (where is_holiday and not is_working_day) over (
                        partition by calendar_key order by calendar_date
                    ) as holidays_before
                from calendar
            ) as counted
        where is_working_day
    ),

    seasons as (
        select
            calendar.calendar_key,
            calendar.calendar_date,
            places.country_code,
            seasons.season,
            seasons.usual_share
        from calendar
        join places on calendar.calendar_key = places.calendar_key
        join
            {{ ref("arrival_seasons") }} as seasons
            on calendar.calendar_date between seasons.from_on and seasons.until_on
            and coalesce(seasons.country_code, places.country_code) = places.country_code
        -- the country's own season, then the shorter one
        qualify
            row_number() over (
                partition by calendar.calendar_key, calendar.calendar_date, places.country_code
                order by
                    seasons.until_on - seasons.from_on, seasons.country_code is null, seasons.season
            )
            = 1
    )

select
    calendar.calendar_key,
    places.country_code,
    calendar.calendar_date,
    calendar.weekday,
    calendar.is_working_day,
    calendar.day_starts_at,
    calendar.day_ends_at,
    {% for number in openings %}
        calendar.opens_{{ number }}_at, calendar.closes_{{ number }}_at,
    {% endfor %}
    greatest(
        calendar.closes_1_at, calendar.closes_2_at, calendar.closes_3_at, calendar.closes_4_at
    ) as closes_at,
    concat_ws(
        ',',
        {% for number in openings %}
            epoch(calendar.opens_{{ number }}_at - calendar.day_starts_at),
            epoch(calendar.closes_{{ number }}_at - calendar.day_starts_at)
            {{- "," if not loop.last }}
        {% endfor %}
    ) as hours,
    case
        when calendar.is_holiday and calendar.is_working_day
        then 'holiday'
        when greatest(open_days.missed_days, open_days.missed_before_last) > 0
        then 'after_closure'
        else coalesce(seasons.season, 'usual')
    end as season,
    coalesce(seasons.usual_share, 1) * case
        when calendar.is_holiday and calendar.is_working_day
        then thresholds.holiday_share
        when open_days.missed_days > 0
        then
            1 + least(
                open_days.missed_days * thresholds.after_closure_share,
                thresholds.after_closure_limit
            )
        when open_days.missed_before_last > 0
        then 1 + thresholds.after_closure_share / 2
        else 1
    end as usual_share
from calendar
join places on calendar.calendar_key = places.calendar_key
cross join thresholds
left join
    open_days
    on calendar.calendar_key = open_days.calendar_key
    and calendar.calendar_date = open_days.calendar_date
left join
    seasons
    on calendar.calendar_key = seasons.calendar_key
    and places.country_code = seasons.country_code
    and calendar.calendar_date = seasons.calendar_date
