{# The UTC half-hour in which a moment lies. #}
{% macro slot_of(at) -%} time_bucket(interval '30' minute, {{ at }}) {%- endmacro %}


{# The half-hours in which tickets were issued that changed, as they were and as they are. #}
{% macro changed_queue_slots() %}
    select {{ slot_of("issued_at") }} as slot_start from {{ changed_rows("fct_queue_visits") }}
{% endmacro %}


{# The authority's days of such tickets, and those from the day a place came to another scope. #}
{% macro changed_queue_days() %}
    select {{ authority_date("issued_at") }} as day
    from {{ changed_rows("fct_queue_visits") }}
    union all
    select {{ authority_date("issued_at") }} as day
    from {{ ref("fct_queue_visits") }}
    where {{ authority_date("issued_at") }} >= {{ scopes_changed_on() }}
{% endmacro %}


{#
    The figures of a group of visits. Who left uncalled has waited until leaving; who still waits
    has no time yet. Time in the centre is from the ticket to the closing, whatever the outcome.
#}
{% macro queue_figures() %}
    {% set waits, stays = [0.5, 0.9], [0.5, 0.8, 0.9] %}
    count(*) as issued,
    count(*) filter (where outcome = 'served') as served,
    count(*) filter (where outcome = 'left') as left_count,
    count(*) filter (where outcome = 'no_show') as no_show,
    count(*) filter (where outcome is null) as still_waiting,
    {{ mean_seconds("waiting_seconds") }} as wait_all_mean_seconds,
    {{ quantile_seconds("waiting_seconds", 0.5, waits) }} as wait_all_p50_seconds,
    {{ quantile_seconds("waiting_seconds", 0.9, waits) }} as wait_all_p90_seconds,
    {{ quantile_seconds("case when outcome = 'served' then waiting_seconds end", 0.5) }}
    as wait_served_p50_seconds,
    {{ quantile_seconds("case when outcome = 'left' then waiting_seconds end", 0.5) }}
    as wait_left_p50_seconds,
    {{ mean_seconds("service_seconds") }} as service_mean_seconds,
    {{ quantile_seconds("service_seconds", 0.5) }} as service_p50_seconds,
    {{ quantile_seconds("in_centre_seconds", 0.5, stays) }} as in_centre_p50_seconds,
    {{ quantile_seconds("in_centre_seconds", 0.8, stays) }} as in_centre_p80_seconds,
    {{ quantile_seconds("in_centre_seconds", 0.9, stays) }} as in_centre_p90_seconds,
    {{ pct("in_centre_seconds <= 1800", "in_centre_seconds is not null") }}
    as in_centre_within_30_min_pct,
    {{ pct("in_centre_seconds <= 3600", "in_centre_seconds is not null") }}
    as in_centre_within_60_min_pct
{% endmacro %}
