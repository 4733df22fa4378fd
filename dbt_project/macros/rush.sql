{#
    What the rows of a place in `int_arrival_bands` follow from besides its arrivals, as a hash: rules,
    seasons, its calendar, and until when it is in service.
#}
{% macro arrival_rules() %}
    select
        place_calendars.office_code,
        md5(
            concat_ws(
                '|',
                place_calendars.calendar_key,
                max(offices.valid_to_at),
                max(offices.country_code) filter (where offices.is_current),
                (
                    select string_agg(threshold || '=' || value, ',' order by threshold)
                    from {{ ref("rush_thresholds") }}
                ),
                (
                    select
                        string_agg(
                            concat_ws(',', season, country_code, from_on, until_on, usual_share),
                            ';'
                            order by season, country_code, from_on
                        )
                    from {{ ref("arrival_seasons") }}
                )
            )
        ) as rules_key
    from {{ ref("dim_place_calendars") }} as place_calendars
    join {{ ref("dim_offices") }} as offices on place_calendars.office_code = offices.office_code
    group by place_calendars.office_code, place_calendars.calendar_key
{% endmacro %}


{# For how many days an arrival tells in the bands of later days, as tickets and as history. #}
{% macro arrival_reach_days() -%}
    ({{ var("arrival_oldest_day") }} + {{ var("arrival_ticket_days") }} + 1)
{%- endmacro %}


{# The half-hour up to whose end arrivals are known somewhere. #}
{% macro newest_arrival_slot() -%}
    least(
        {{ slot_of(now_at()) }} - interval '30' minute,
        greatest(
            (select max(slot_start) from {{ ref("rpt_queue") }}),
            (
                select {{ slot_of("max(submitted_at)") }}
                from {{ ref("fct_applications") }}
                where submitted_at <= {{ now_at() }}
            )
        )
    )
{%- endmacro %}


{#
    The days of places whose rows in `int_arrival_bands` are to be derived anew: those whose rules
    changed; those of arrivals that came, went or moved, and later ones whose bands they tell in;
    and all that have come or changed since the newest half-hour was another one.
#}
{% macro changed_arrival_days() %}
    {% set last_day = "cast(" ~ now_at() ~ " as date) + 1" %}
    select arrivals.place_day_key
    from {{ this }} as arrivals
    left join ({{ arrival_rules() }}) as rules on arrivals.office_code = rules.office_code
    where arrivals.rules_key is distinct from rules.rules_key
    union all
    select {{ joined_key(["office_code", "arrival_on"]) }} as place_day_key
    from
        (
            select
                office_code,
                unnest(
                    range(
                        cast(arrived_at as date) - 1,
                        least(cast(arrived_at as date) + {{ arrival_reach_days() }}, {{ last_day }})
                        + 1,
                        interval '1' day
                    )
                )::date as arrival_on
            from
                (
                    select office_code, issued_at as arrived_at
                    from {{ changed_values("fct_queue_visits", ["office_code", "issued_at"]) }}
                    union all
                    select office_code, submitted_at as arrived_at
                    from {{ changed_values("fct_applications", ["office_code", "submitted_at"]) }}
                ) as changed
        ) as reached
    union all
    select {{ joined_key(["places.office_code", "days.arrival_on"]) }} as place_day_key
    from {{ ref("dim_place_calendars") }} as places
    cross join
        (
            select
                unnest(
                    range(
                        least(
                            cast(coalesce({{ newest_arrival_slot() }}, {{ now_at() }}) as date),
                            (select max(built.arrival_on) from {{ this }} as built)
                        )
                        - 1,
                        {{ last_day }} + 1,
                        interval '1' day
                    )
                )::date as arrival_on
        ) as days
{% endmacro %}


{# Names of the thresholds, in the order of the seed. #}
{% macro rush_threshold_names() %}
    {{
        return(
            [
                "least_days",
                "least_season_days",
                "trend_days",
                "trend_weight",
                "weekday_weight",
                "clip_share",
                "usual_noise",
                "noise_weight",
                "least_noise",
                "even_day_tickets",
                "early_minutes",
                "score_stays",
                "score_rush",
                "least_slots",
                "least_excess",
                "surge_ratio",
                "drop_ratio",
                "high_ratio",
                "critical_ratio",
                "near_km",
                "near_places",
                "slack_ratio",
                "holiday_share",
                "after_closure_share",
                "after_closure_limit",
                "own_season_days",
                "new_hours_noise",
            ]
        )
    }}
{% endmacro %}


{# Whether a moment lies in reach of a noted day, so that it may tell in its band. #}
{% macro is_in_arrival_reach(at) -%}
    {%- if is_incremental() -%}
        {{ at }} >= (
            select min(split_part(noted.place_day_key, '|', 2)::timestamp)
            from {{ noted_keys() }} as noted
        )
        - {{ arrival_reach_days() }} * interval '1' day
        and office_code
        in (select split_part(noted.place_day_key, '|', 1) from {{ noted_keys() }} as noted)
    {%- else -%} true
    {%- endif -%}
{%- endmacro %}


{# Whether a row of a place and day is one to derive anew. #}
{% macro is_arrival_day(rows) -%}
    {{ is_touched(joined_key([rows ~ ".office_code", rows ~ ".arrival_on"])) }}
{%- endmacro %}


{#
    How far a count of this mean usually lies from it: chance, the noise of the place's days
    (`day_noise`, the square of a share), and the square of what is not known of the mean's share of
    the day. No count is steadier than by one.
#}
{% macro arrival_spread(mean, shape_squares) -%}
    sqrt(greatest({{ mean }} + day_noise * {{ mean }} ^ 2 + {{ shape_squares }}, 1))
{%- endmacro %}


{# The thresholds as a table of one row, a column each. #}
{% macro rush_thresholds() %}
    (
        select
            {% for name in rush_threshold_names() %}
                max(value) filter (where threshold = '{{ name }}') as {{ name }}
                {{- "," if not loop.last }}
            {% endfor %}
        from {{ ref("rush_thresholds") }}
    )
{% endmacro %}


{# Kilometres between two places on the ball that the earth nearly is. #}
{% macro kilometres(one, other) -%}
    12742 * asin(
        sqrt(
            least(
                sin(radians({{ other }}.latitude - {{ one }}.latitude) / 2) ^ 2
                + cos(radians({{ one }}.latitude))
                * cos(radians({{ other }}.latitude))
                * sin(radians({{ other }}.longitude - {{ one }}.longitude) / 2) ^ 2,
                1
            )
        )
    )
{%- endmacro %}
