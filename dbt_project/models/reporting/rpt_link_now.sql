with

    days as (
        select
            office_code,
            link,
            max(last_read_at) as last_seen_at,
            max(last_changed_at) as changed_at,
            max_by(last_state, last_read_at) as state,
            max_by(last_latency_ms, last_read_at) as latency_ms
        from {{ ref("rpt_links") }}
        where readings > 0
        group by office_code, link
    ),

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
    office_code,
    link,
    case when is_unknown then 'unknown' else state end as state,
    case when is_unknown then last_seen_at + {{ reading_carry() }} else changed_at end as since_at,
    last_seen_at,
    case when not is_unknown then latency_ms end as latency_ms
from judged
