with

    days as ({{ newest_readings("rpt_links", "office_code, link", "latency_ms") }}),

    rules as (select * from {{ ref("freshness_rules") }} where record = 'link_readings'),

    judged as (
        select
            days.office_code,
            days.link,
            days.last_seen_at,
            days.changed_at,
            days.state,
            days.latency_ms,
            {{ is_silent_reading("days.last_seen_at") }} as is_unknown
        from days
        cross join rules
        join
            {{ ref("dim_offices") }} as places
            on days.office_code = places.office_code
            and places.is_current
        where places.valid_to_at > {{ now_at() }}
    )

select
    office_code, link, {{ state_now() }}, case when not is_unknown then latency_ms end as latency_ms
from judged
