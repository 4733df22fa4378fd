{# Shifts that came anew, and those at places whose days begin at another moment. #}
{% macro touched_shifts() %}
    {{
        touched_keys(
            joined_key(["staff_id", "planned_from"]) ~ " as shift_key", ["stg_staff_shifts"]
        )
    }}
    union all
    select shift_key
    from {{ this }}
    where office_code in ({{ offices_of_changed_zones() }})
{% endmacro %}


{#
    The days of `fct_staff_days` to derive anew: those of changed work and shifts, and every day of
    a member of staff, or of all where a place changed its zone, whose record changed. The place's
    date of a moment is its UTC date or a day beside it.
#}
{% macro touched_staff_days() %}
    {% set days %}
        select cast(completed_at as date) as day
        from
            {{
                changed_values(
                    "fct_stage_visits",
                    [
                        "staff_id",
                        "office_code",
                        "stage_code",
                        "tier",
                        "is_redone",
                        "completed_at",
                        "work_seconds",
                    ],
                )
            }} as worked
        where staff_id is not null
        union
        select work_on as day
        from {{ this }}
        where exists ({{ offices_of_changed_zones() }})
    {% endset %}
    select day as work_on
    from ({{ with_days_beside(days) }}) as near_days
    union all
    select shift_on as work_on
    from {{ changed_rows("fct_staff_shifts") }}
    union all
    select work_on
    from {{ this }}
    where staff_id in ({{ touched_keys("staff_id", ["stg_staff"]) }})
{% endmacro %}


{# The days and months in which someone worked, now or before a change, or is at work now. #}
{% macro changed_staff_periods() %}
    {% for kind in ["day", "month"] %}
        select cast(date_trunc('{{ kind }}', work_on) as date) as period_start
        from {{ changed_rows("fct_staff_days") }}
        union all
        -- a shift that goes on, or went on at the last build
        select cast(date_trunc('{{ kind }}', shift_on) as date) as period_start
        from {{ ref("fct_staff_shifts") }}
        where
            started_at is not null
            and ended_at is null
            and planned_until > least({{ mark_now() }}, {{ now_at() }})
        {% if not loop.last %}
            union all
        {% endif %}
    {% endfor %}
{% endmacro %}


{# Whether an authority's day lies so near a noted day that it may be one at some place. #}
{% macro ends_near_touched_day(column) -%}
    {%- if is_incremental() -%}
        {{ column }} in (
            {% for days in [-1, 0, 1] %}
                select {{ add_days("noted.work_on", days) }}
                from {{ noted_keys() }} as noted {{ "union" if not loop.last }}
            {% endfor %}
        )
    {%- else -%} true
    {%- endif -%}
{%- endmacro %}


{#
    The UTC days of `rpt_staffing` to derive anew: of changed shifts and tickets, those that the
    time since the last build reached, and those of places whose record changed.
#}
{% macro changed_staffing_days() %}
    {% for from_at, until_at in [("planned_from", "planned_until"), ("started_at", "ended_at")] %}
        select {{ add_days("cast(" ~ from_at ~ " as date)", "day_offsets.number") }} as slot_on
        from
            (
                select distinct {{ from_at }}, coalesce({{ until_at }}, planned_until) as until_at
                from {{ changed_rows("fct_staff_shifts") }}
                where {{ from_at }} is not null
            ) as shifts
        cross join (select unnest(range(0, 8)) as number) as day_offsets
        where
            cast({{ from_at }} as date) + day_offsets.number::integer
            <= cast(shifts.until_at as date)
        union all
    {% endfor %}
    select cast(issued_at as date) as slot_on
    from {{ changed_rows("fct_queue_visits") }}
    union all
    select slot_on
    from {{ this }}
    where
        slot_on between cast(least({{ mark_now() }}, {{ now_at() }}) as date) and cast(
            greatest({{ mark_now() }}, {{ now_at() }}) as date
        )
    union all
    select slots.slot_on
    from {{ this }} as slots
    join
        {{ changed_rows("dim_offices") }} as offices
        on slots.office_code = offices.office_code
        and offices.valid_from_at <= slots.slot_start
        and slots.slot_start < offices.valid_to_at
{% endmacro %}
