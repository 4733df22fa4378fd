{#
    Readings say what state a thing is in from the moment they are taken until the next one, but
    no longer than the carry: silence is unknown, never down. A row of an hour therefore depends on
    the readings of that hour and of the hour before, and a changed reading touches its own hour
    and the next. This holds as long as the carry is an hour or less.
#}
{% macro reading_carry() -%} interval '30' minute {%- endmacro %}


{% macro hour_of(at) -%} cast(date_trunc('hour', {{ at }}) as timestamp) {%- endmacro %}


{# The hours that readings of new batches touch, as the column `hour_start`. #}
{% macro touched_hours(model_name) %}
    select {{ hour_of("read_at") }} as hour_start
    from {{ ref(model_name) }}
    where batch_id > {{ mark() }}
    union all
    select {{ hour_of("read_at") }} + interval '1' hour as hour_start
    from {{ ref(model_name) }}
    where batch_id > {{ mark() }}
{% endmacro %}


{#
    Whether a reading may bear on a touched hour: it lies in one, or in the hour before. The bounds
    are literals, so that files and row groups outside them are not opened.
#}
{% macro bears_on_touched_hours(model_name) -%}
    {%- if execute and is_incremental() -%}
        {%- set bounds = run_query(
            "select min(read_at), max(read_at) from "
            ~ ref(model_name)
            ~ " where batch_id > "
            ~ mark()
        )[0] -%}
        {%- if bounds[0] is none -%} false
        {%- else -%}
            read_at >= timestamp '{{ bounds[0] }}' - interval '2' hour
            and read_at < timestamp '{{ bounds[1] }}' + interval '2' hour
            and {{ hour_of("read_at") }} in (
                select noted.hour_start
                from {{ noted_keys() }} as noted
                union all
                select noted.hour_start - interval '1' hour
                from {{ noted_keys() }} as noted
            )
        {%- endif -%}
    {%- else -%} true
    {%- endif -%}
{%- endmacro %}


{#
    The latest version of each reading of a thing with, in order of time: when it gives way
    (`ends_at`), the state before it (`previous_state`, unknown after silence) and its hour.
#}
{% macro reading_spans(latest, thing) %}
    select
        *,
        {{ hour_of("read_at") }} as hour_start,
        least(
            coalesce(lead(read_at) over readings_of_thing, read_at + {{ reading_carry() }}),
            read_at + {{ reading_carry() }}
        ) as ends_at,
        case
            when lag(read_at) over readings_of_thing >= read_at - {{ reading_carry() }}
            then lag(state) over readings_of_thing
            else 'unknown'
        end as previous_state
    from {{ latest }}
    window readings_of_thing as (partition by {{ thing }} order by read_at nulls last)
{% endmacro %}
