{{ config(materialized="view", tags=["live"]) }}

with

    rushes as (
        select
            office_code,
            direction,
            max_by(arrivals, started_at) as arrivals,
            max_by(expected, started_at) as expected,
            max_by(severity, started_at) as severity,
            max_by(near_places_with_slack, started_at) as near_places_with_slack,
            max(started_at) as started_at
        from {{ ref("rpt_rush") }}
        where ended_at is null
        group by office_code, direction
    ),

    -- visitors who came long enough ago to have been inside for that long, and those who were
    {% for minutes in [30, 60] %}
        slow_{{ minutes }} as (
            select
                office_code,
                min(slot_start) as since_at,
                sum(issued) as issued,
                sum(
                    still_waiting
                    + (issued - still_waiting)
                    * (1 - coalesce(in_centre_within_{{ minutes }}_min_pct, 100) / 100)
                )
                / sum(issued) as slow_share
            from {{ ref("rpt_queue") }}
            where
                slot_start > {{ now_at() }} - interval '{{ minutes + 120 }}' minute
                and slot_start <= {{ now_at() }} - interval '{{ minutes + 30 }}' minute
                and issued > 0
            group by office_code
        ),
    {% endfor %}

    -- the newest slot that is over: of the one that goes on not every shift was told of
    newest_slots as (
        select *
        from {{ ref("rpt_staffing") }}
        where
            slot_start > {{ now_at() }} - interval '90' minute
            and slot_start <= {{ now_at() }} - interval '30' minute
        qualify row_number() over (partition by office_code order by slot_start desc) = 1
    ),

    -- places whose tickets or shifts do not come: nothing is known of their queue or staff
    not_sent as (
        select freshness.record, freshness.office_code, freshness.newest_source_at
        from {{ ref("rpt_freshness") }} as freshness
        join {{ ref("rpt_place_now") }} as places on freshness.office_code = places.office_code
        where
            freshness.record in ('queue_tokens', 'staff_shifts')
            and freshness.state in ('silent', 'held')
            and places.should_be_open
    )

{% for direction, rule in [("surge", "rush"), ("drop", "drop")] %}
    select
        rules.rule,
        rushes.office_code as thing,
        'found' as state,
        rushes.office_code,
        case
            when rushes.severity in ('minor', 'major', 'critical') then rushes.severity
        end as severity,
        cast(rushes.arrivals as double) as measured,
        rushes.expected,
        rushes.started_at as since_at,
        '' as shared_cause,
        cast(
            json_object('near_places_with_slack', rushes.near_places_with_slack) as varchar
        ) as parameters
    from rushes
    cross join {{ alert_rule(rule) }} as rules
    where
        rushes.direction = '{{ direction }}'
        and greatest(rushes.arrivals, rushes.expected) >= rules.minimum_volume
    union all
{% endfor %}
select
    rules.rule,
    places.office_code as thing,
    case when places.state = 'silent' then 'found' else 'unknown' end as state,
    places.office_code,
    null as severity,
    null as measured,
    null as expected,
    places.since_at,
    '' as shared_cause,
    '{}' as parameters
from {{ ref("rpt_place_now") }} as places
cross join {{ alert_rule("silence") }} as rules
where
    places.state in ('silent', 'unknown')
    -- that it has closed since is no sign of life
    or (
        places.state = 'closed'
        and places.last_seen_at
        < places.since_at - interval '{{ var("place_silent_after_minutes") }}' minute
    )
{% for minutes in [30, 60] %}
    union all
    select
        rules.rule,
        slow.office_code as thing,
        'found' as state,
        slow.office_code,
        null as severity,
        cast(slow.slow_share * 100 as double) as measured,
        rules.threshold as expected,
        slow.since_at,
        '' as shared_cause,
        cast(json_object('visitors', slow.issued) as varchar) as parameters
    from slow_{{ minutes }} as slow
    cross join {{ alert_rule("queue_over_" ~ minutes) }} as rules
    where slow.issued >= rules.minimum_volume and slow.slow_share * 100 >= rules.threshold
{% endfor %}
union all
select
    rules.rule,
    slots.office_code as thing,
    'found' as state,
    slots.office_code,
    null as severity,
    cast(slots.present_staff as double) as measured,
    cast(slots.planned_staff as double) as expected,
    slots.slot_start as since_at,
    '' as shared_cause,
    '{}' as parameters
from newest_slots as slots
cross join {{ alert_rule("staff_gap") }} as rules
where
    slots.planned_staff >= rules.minimum_volume
    and slots.present_staff * 100 < slots.planned_staff * rules.threshold
{% for rule, record, sent in [
        ("queue_over_30", "queue_tokens", "slow_30"),
        ("queue_over_60", "queue_tokens", "slow_60"),
        ("staff_gap", "staff_shifts", "newest_slots"),
    ] %}
    union all
    select
        rules.rule,
        not_sent.office_code as thing,
        'unknown' as state,
        not_sent.office_code,
        null as severity,
        null as measured,
        null as expected,
        not_sent.newest_source_at as since_at,
        '' as shared_cause,
        '{}' as parameters
    from not_sent
    cross join {{ alert_rule(rule) }} as rules
    left join {{ sent }} as sent on not_sent.office_code = sent.office_code
    where not_sent.record = '{{ record }}' and sent.office_code is null
{% endfor %}
