{{ config(materialized="view", tags=["live"]) }}

with

    -- a cut fibre takes several links of a place: one thing, however many they are
    places as (
        select
            office_code,
            bool_or(state = 'down') as is_down,
            bool_or(state = 'unknown') as is_unknown,
            bool_or(state = 'degraded') as is_degraded,
            {% for state in ["down", "degraded"] %}
                count(*) filter (where state = '{{ state }}') as {{ state }}_links,
                string_agg(link, ', ' order by link) filter (
                    where state = '{{ state }}'
                ) as links_{{ state }},
                min(since_at) filter (where state = '{{ state }}') as {{ state }}_since_at,
            {% endfor %}
            string_agg(link, ', ' order by link) filter (where state = 'unknown') as links_unknown,
            min(since_at) filter (where state = 'unknown') as unknown_since_at
        from {{ ref("rpt_link_now") }}
        group by office_code
    )

{% for state in ["down", "degraded"] %}
    select
        rules.rule,
        places.office_code as thing,
        case when places.is_{{ state }} then 'found' else 'unknown' end as state,
        places.office_code,
        null as severity,
        case
            when places.is_{{ state }} then {{ minutes_since("places." ~ state ~ "_since_at") }}
        end as measured,
        rules.threshold as expected,
        case
            when places.is_{{ state }} then places.{{ state }}_since_at else places.unknown_since_at
        end as since_at,
        case
            when places.{{ state }}_links > 1 then 'several' else coalesce(links_{{ state }}, '')
        end as shared_cause,
        cast(
            json_object('link', coalesce(links_{{ state }}, links_unknown)) as varchar
        ) as parameters
    from places
    cross join {{ alert_rule("link_" ~ state) }} as rules
    where
        (
            places.is_{{ state }}
            and {{ minutes_since("places." ~ state ~ "_since_at") }} >= rules.threshold
        )
        or (not places.is_{{ state }} and places.is_unknown)
        {{ "union all" if not loop.last }}
{% endfor %}
