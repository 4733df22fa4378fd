{{
    config(
        materialized="incremental",
        incremental_strategy="touched",
        unique_key="calendar_key",
        pre_hook="{{ note_touched(touched_by('dim_calendar')) }}",
    )
}}

{% set slots = [1, 2, 3, 4] %}

with

    calendar as (select * from {{ ref("dim_calendar") }} where {{ is_touched() }}),

    openings as (
        {% for slot in slots %}
            select
                calendar_key,
                opens_{{ slot }}_at as opens_at,
                closes_{{ slot }}_at as closes_at,
                -- billionths of a working day for each microsecond
                1000000000.0 / cast(open_minutes * 60000000 as double) as rate
            from calendar
            where opens_{{ slot }}_at is not null
            {% if not loop.last %}
                union all
            {% endif %}
        {% endfor %}
    ),

    utc_days as (
        -- an opening meets up to three UTC days
        select
            openings.calendar_key,
            cast(date_trunc('day', openings.opens_at) as timestamp)
            + day_offsets.days * interval '1' day as day_at,
            openings.opens_at,
            openings.closes_at,
            openings.rate
        from openings
        cross join
            (
                select 0 as days
                union all
                select 1 as days
                union all
                select 2 as days
            ) as day_offsets
    ),

    pieces as (
        select
            calendar_key,
            cast(day_at as date) as utc_date,
            greatest(opens_at, day_at) as opens_at,
            least(closes_at, day_at + interval '1' day) as closes_at,
            rate
        from utc_days
        where closes_at > day_at
    ),

    merged as (
        select
            *,
            case
                when
                    opens_at <= max(closes_at) over (
                        partition by calendar_key, utc_date
                        order by opens_at, closes_at
                        rows between unbounded preceding and 1 preceding
                    )
                    and rate = lag(rate) over (
                        partition by calendar_key, utc_date order by opens_at, closes_at
                    )
                then 0
                else 1
            end as is_new
        from pieces
    ),

    islands as (
        select
            *,
            sum(is_new) over (
                partition by calendar_key, utc_date
                order by opens_at, closes_at
                rows between unbounded preceding and current row
            ) as slot,
            max(closes_at) over (
                partition by calendar_key, utc_date
                order by opens_at, closes_at
                rows between unbounded preceding and 1 preceding
            ) as closed_before_at
        from merged
    ),

    slots as (
        select
            calendar_key,
            utc_date,
            slot,
            -- where two days' openings overlap the earlier one counts
            min(greatest(opens_at, coalesce(closed_before_at, opens_at))) as opens_at,
            max(closes_at) as closes_at,
            max(rate) as rate
        from islands
        group by calendar_key, utc_date, slot
    ),

    slot_days as (
        select
            calendar_key,
            utc_date,
            {% for slot in slots %}
                max(case when slot = {{ slot }} then opens_at end) as opens_{{ slot }}_at,
                max(case when slot = {{ slot }} then closes_at end) as closes_{{ slot }}_at,
                max(case when slot = {{ slot }} then rate end) as rate_{{ slot }},
            {% endfor %}
            sum({{ microseconds("opens_at", "closes_at") }}) as open_us,
            sum(
                cast(floor({{ microseconds("opens_at", "closes_at") }} * rate + 0.5) as bigint)
            ) as day_parts
        from slots
        where opens_at < closes_at
        group by calendar_key, utc_date
    ),

    dates as (select distinct calendar_key, calendar_date as utc_date from calendar)

select
    dates.calendar_key,
    dates.utc_date,
    {% for slot in slots %}
        slot_days.opens_{{ slot }}_at, slot_days.closes_{{ slot }}_at, slot_days.rate_{{ slot }},
    {% endfor %}
    cast(coalesce(sum(slot_days.open_us) over days_before, 0) as bigint) as open_us_before,
    cast(coalesce(sum(slot_days.day_parts) over days_before, 0) as bigint) as day_parts_before
from dates
left join
    slot_days on dates.calendar_key = slot_days.calendar_key and dates.utc_date = slot_days.utc_date
window
    days_before as (
        partition by dates.calendar_key
        order by dates.utc_date nulls last
        rows between unbounded preceding and 1 preceding
    )
