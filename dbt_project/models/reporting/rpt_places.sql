with

    offices as (select * from {{ ref("dim_offices") }} where is_current),

    place_calendars as (select * from {{ ref("dim_place_calendars") }}),

    clocks as (
        select * from {{ ref("dim_working_clock") }} where utc_date = cast({{ now_at() }} as date)
    ),

    -- those about which somebody may ask whether a briefing goes out
    closed_days as (
        select
            calendar_key,
            string_agg(
                strftime(calendar_date, '%Y-%m-%d'), ' ' order by calendar_date nulls last
            ) as days_off
        from {{ ref("dim_calendar") }}
        where
            not is_working_day
            and calendar_date >= cast({{ now_at() }} - interval '70' day as date)
            and calendar_date <= cast({{ now_at() }} + interval '45' day as date)
        group by calendar_key
    )

select
    offices.office_code,
    offices.name,
    offices.kind,
    offices.zone,
    offices.province,
    offices.district,
    offices.city,
    offices.country_code,
    offices.timezone,
    offices.latitude,
    offices.longitude,
    offices.counters,
    offices.valid_to_at > {{ now_at() }} as is_in_service,
    offices.valid_to_at > {{ now_at() }}
    and (
        {% for slot in [1, 2, 3, 4] %}
            coalesce(
                clocks.opens_{{ slot }}_at <= {{ now_at() }}
                and clocks.closes_{{ slot }}_at > {{ now_at() }},
                false
            ) {{ "or" if not loop.last }}
        {% endfor %}
    ) as is_open_now,
    place_calendars.has_default_hours,
    coalesce(closed_days.days_off, '') as days_off
from offices
left join place_calendars on offices.office_code = place_calendars.office_code
left join clocks on place_calendars.calendar_key = clocks.calendar_key
left join closed_days on place_calendars.calendar_key = closed_days.calendar_key
