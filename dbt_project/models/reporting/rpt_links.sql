{{
    config(
        materialized="incremental",
        incremental_strategy="touched",
        unique_key="day",
        pre_hook="{{ note_touched(changed_link_days()) }}",
    )
}}

with

    links as ({{ read_links() }}),

    day_hours as ({{ hours_of_days("select min(hour_start) from " ~ ref("fct_link_hours")) }}),

    hours as (
        select *
        from {{ ref("fct_link_hours") }}
        where hour_start in (select hour_start from day_hours)
    ),

    link_hours as (
        select
            links.office_code,
            links.link,
            links.last_on,
            day_hours.day,
            day_hours.hour_start,
            day_hours.hour_us,
            {% for state in ["up", "degraded", "down"] %}
                coalesce({{ passed_us("hours", state) }}, 0) as {{ state }}_us,
            {% endfor %}
            hours.readings,
            hours.outages,
            hours.latency_values,
            hours.last_state,
            hours.last_latency_ms,
            hours.last_read_at,
            hours.last_changed_at
        from links
        join day_hours on links.timezone = day_hours.timezone and links.first_on <= day_hours.day
        left join
            hours
            on links.office_code = hours.office_code
            and links.link = hours.link
            and day_hours.hour_start = hours.hour_start
    ),

    outages as ({{ down_spans("fct_link_changes", "office_code, link") }}),

    longest_outages as (
        select
            link_hours.office_code, link_hours.link, link_hours.day, max(outages.down_us) as down_us
        from outages
        join
            link_hours
            on outages.office_code = link_hours.office_code
            and outages.link = link_hours.link
            and outages.hour_start = link_hours.hour_start
        group by link_hours.office_code, link_hours.link, link_hours.day
    ),

    days as (
        select
            office_code,
            link,
            day,
            sum(up_us) as up_us,
            sum(degraded_us) as degraded_us,
            sum(down_us) as down_us,
            sum(hour_us) as passed_us,
            sum(readings) as readings,
            coalesce(sum(outages), 0) as outages,
            max_by(last_state, last_read_at) as last_state,
            max_by(last_latency_ms, last_read_at) as last_latency_ms,
            max(last_read_at) as last_read_at,
            max(last_changed_at) as last_changed_at
        from link_hours
        group by office_code, link, day, last_on
        having day <= last_on or count(readings) > 0
    ),

    latencies as (
        select
            office_code,
            link,
            day,
            percentile_cont(0.95) within group (order by latency_ms) as p95_latency_ms
        from
            (
                select
                    office_code,
                    link,
                    day,
                    cast(unnest(string_split(latency_values, ',')) as decimal(18, 3)) as latency_ms
                from link_hours
            ) as readings
        group by office_code, link, day
    )

select
    days.office_code,
    days.link,
    days.day,
    -- of the time known
    {{ share_pct("days.up_us", "days.up_us + days.degraded_us + days.down_us") }} as up_pct,
    {{ share_pct("days.degraded_us", "days.up_us + days.degraded_us + days.down_us") }}
    as degraded_pct,
    -- of the time that has passed
    {{
        share_pct(
            "greatest(days.passed_us - days.up_us - days.degraded_us - days.down_us, 0)",
            "days.passed_us",
        )
    }} as unknown_pct,
    cast(days.outages as bigint) as outages,
    {{ minutes("longest_outages.down_us") }} as longest_outage_minutes,
    cast(latencies.p95_latency_ms as decimal(18, 3)) as p95_latency_ms,
    cast(coalesce(days.readings, 0) as bigint) as readings,
    days.last_state,
    days.last_latency_ms,
    days.last_read_at,
    days.last_changed_at
from days
left join
    longest_outages
    on days.office_code = longest_outages.office_code
    and days.link = longest_outages.link
    and days.day = longest_outages.day
left join
    latencies
    on days.office_code = latencies.office_code
    and days.link = latencies.link
    and days.day = latencies.day
