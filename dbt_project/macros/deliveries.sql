{# Cases that changed, with their delivery or the box it came in. #}
{% macro touched_handovers() %}
    {{ touched_by("fct_applications") }}
    union all
    {{ touched_by("fct_deliveries") }}
    union all
    select application_id
    from {{ ref("fct_deliveries") }}
    where
        box_id in (
            select key
            from {{ touched_log(ref("fct_consignments").identifier) }}
            where built_by > {{ last_build() }}
        )
{% endmacro %}


{# Boxes that changed, boxes whose passports changed, and those that are under way. #}
{% macro touched_boxes() %}
    {{ touched_by("fct_consignments") }}
    union all
    select box_id
    from {{ changed_rows("fct_deliveries") }}
    union all
    select box_id
    from {{ this }}
    where received_at is null
{% endmacro %}


{# The authority's month of a UTC timestamp, its first day. #}
{% macro authority_month(at) -%}
    cast(date_trunc('month', {{ authority_date(at) }}) as date)
{%- endmacro %}


{# The months in which changed boxes were received. #}
{% macro changed_leg_months() %}
    select {{ authority_month("received_at") }} as month from {{ changed_rows("fct_consignments") }}
{% endmacro %}


{#
    The days of `rpt_deliveries` to derive anew: from the oldest moment of any case that changed, or
    from the day of the last build, to the newest there is or will be; from the day on which a place came to
    another scope.
#}
{% macro changed_delivery_days() %}
    select cast(unnest(range(first_day, last_day + 1, interval '1' day)) as date) as day
    from
        (
            select
                least(
                    (
                        select min(day)
                        from
                            (
                                {% for at in handover_moments() %}
                                    select {{ authority_date("min(" ~ at ~ ")") }} as day
                                    from
                                        {{
                                            changed_values(
                                                "fct_handovers",
                                                ["application_id", "office_code", at],
                                            )
                                        }} as moved
                                    union all
                                {% endfor %}
                                select min(day) as day
                                from {{ this }}
                                where day >= {{ scopes_changed_on() }}
                            ) as changes
                    ),
                    {{ authority_date(mark_now()) }},
                    {{ today() }}
                ) as first_day,
                greatest({{ authority_date(mark_now()) }}, {{ today() }}) as last_day
        ) as bounds
{% endmacro %}


{# What can happen to a finished passport, in the order of its way. #}
{% macro handover_moments() -%}
    {{
        return(
            [
                "dispatched_at",
                "received_at",
                "left_transit_at",
                "ready_at",
                "collected_at",
                "left_shelf_at",
                "lost_at",
            ]
        )
    }}
{%- endmacro %}
