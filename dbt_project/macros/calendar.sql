{# Every place there is or was. #}
{% macro every_place() %}
    select office_code
    from {{ ref("dim_offices") }}
    union all
    select office_code
    from {{ this }}
{% endmacro %}


{# The calendars that `dim_calendar` lacks or has no place for any more: keys are content hashes. #}
{% macro changed_calendars() %}
    select calendar_key
    from {{ ref("dim_place_calendars") }}
    where calendar_key not in (select built.calendar_key from {{ this }} as built)
    union all
    select calendar_key
    from {{ this }}
    where calendar_key not in (select calendar_key from {{ ref("dim_place_calendars") }})
{% endmacro %}


{# The second of the day of a clock time `HH:MM[:SS]`. #}
{% macro clock_seconds(clock) -%}
    (
        cast(split_part({{ clock }}, ':', 1) as integer) * 3600
        + cast(split_part({{ clock }}, ':', 2) as integer) * 60
        + cast(coalesce(nullif(split_part({{ clock }}, ':', 3), ''), '0') as integer)
    )
{%- endmacro %}


{#
    The UTC moment when the wall clock of a local day shows a second (beyond 86400: of the next
    day). Only on days with a change of the clocks is the zone asked again; then a moment that the
    clocks jump over is the moment of the jump.
#}
{% macro wall_clock(second) -%}
    case
        when
            midnights.day_ends_at = midnights.day_starts_at + interval '24' hour
            and {{ second }} <= 86400
        then midnights.day_starts_at + {{ second }} * interval '1' second
        else
            {{
                utc_time(
                    "(cast(days.calendar_date as timestamp) + "
                    ~ second
                    ~ " * interval '1' second)",
                    "days.timezone",
                )
            }}
    end
{%- endmacro %}


{# Microseconds (or billionths of a working day) open from the calendar's start until a moment. #}
{% macro clock_at(clock, at, measure="open_us") -%}
    (
        {{ clock }}.{{ measure }}_before
        {% for slot in [1, 2, 3, 4] %}
            {% set elapsed -%}
                least(
                    greatest({{ microseconds(clock ~ ".opens_" ~ slot ~ "_at", at) }}, 0),
                    {{ microseconds(clock ~ ".opens_" ~ slot ~ "_at", clock ~ ".closes_" ~ slot ~ "_at") }}
                )
            {%- endset %} + case
                when {{ clock }}.opens_{{ slot }}_at is null
                then 0
                {% if measure == "open_us" %} else {{ elapsed }}
                {% else %}
                    else cast(floor({{ elapsed }} * {{ clock }}.rate_{{ slot }} + 0.5) as bigint)
                {% endif %}
            end
        {% endfor %}
    )
{%- endmacro %}


{# A moment, or the end of the calendars that it lies beyond: their clocks stand still there. #}
{% macro within_calendar(at) -%}
    least(
        greatest({{ at }}, timestamp '{{ var("calendar_from") }}'),
        timestamp '{{ var("calendar_until") }}'
    )
{%- endmacro %}


{#
    The place's date of a UTC moment, from the calendar row of the moment's UTC date: the zone is
    not asked again. The UTC date itself outside the calendar.
#}
{% macro place_date(at, calendar) -%}
    case
        when {{ at }} < {{ calendar }}.day_starts_at
        then {{ add_days(calendar ~ ".calendar_date", -1) }}
        when {{ at }} >= {{ calendar }}.day_ends_at
        then {{ add_days(calendar ~ ".calendar_date", 1) }}
        else cast({{ at }} as date)
    end
{%- endmacro %}


{# The places whose days may begin at another moment since this model's mark. #}
{% macro offices_of_changed_zones() %}
    select office_code
    from {{ ref("stg_offices") }}
    group by office_code
    having
        max(batch_id) > {{ mark() }}
        and (count(*) = 1 or count(distinct concat_ws(',', timezone, deleted_at is not null)) > 1)
{% endmacro %}


{# A date moved on by a number of days (an expression). #}
{% macro add_days(date, days) -%}
    cast(cast({{ date }} as timestamp) + ({{ days }}) * interval '1' day as date)
{%- endmacro %}


{# The dates `day` of a query, and the days before and after each. #}
{% macro with_days_beside(days) %}
    select {{ add_days("days.day", "day_offsets.number") }} as day
    from ({{ days }}) as days
    cross join
        (
            select -1 as number
            union all
            select 0 as number
            union all
            select 1 as number
        ) as day_offsets
{% endmacro %}


{# Days from one date to another, an integer. #}
{% macro days_between(from_date, until_date) -%}
    cast(
        {{
            microseconds(
                "cast(" ~ from_date ~ " as timestamp)", "cast(" ~ until_date ~ " as timestamp)"
            )
        }} / 86400000000 as integer
    )
{%- endmacro %}
