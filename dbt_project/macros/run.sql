{#
    What the run in progress says of itself (`meta.run`, one row). Read when a model runs, so that
    another "now" costs no parsing. Unit tests override these macros.
#}
{% macro run_value(column, default) -%}
    {%- set query = "select " ~ column ~ " from " ~ source("meta", "run") -%}
    {%- if execute -%} {{ return(asked_once(query)[0][0]) }}
    {%- else -%} {{ return(default) }}
    {%- endif -%}
{%- endmacro %}

{#
    The rows of a query that has one answer as long as a model is built. Models ask a thousand times
    in a run, each time for some milliseconds, so answers are kept in `graph`, which all share.
#}
{% macro asked_once(query) -%}
    {%- set answers = graph.setdefault("answers", {}) -%}
    {%- if query not in answers -%}
        {%- do answers.update({query: run_query(query).rows}) -%}
    {%- endif -%}
    {{ return(answers[query]) }}
{%- endmacro %}

{# The run's now, a UTC timestamp. The only clock there is. #}
{% macro now_at() -%}
    timestamp '{{ run_value("cast(now_at as varchar)", "2000-01-01") }}'
{%- endmacro %}

{# The authority's time zone, as a SQL literal. #}
{% macro authority_timezone() -%} '{{ run_value("authority_timezone", "UTC") }}' {%- endmacro %}

{#
    The authority's day of a UTC timestamp. Asking the zone row by row is what costs most in a large
    build, so it is asked only of moments before its clocks last changed; later ones are moved by
    the offset that holds since.
#}
{% macro authority_date(at) -%}
    {%- set offset = authority_offset() -%}
    case
        when {{ at }} >= timestamp '{{ offset.since }}'
        then cast({{ at }} + interval '{{ offset.seconds }}' second as date)
        else cast({{ local_time(at, authority_timezone()) }} as date)
    end
{%- endmacro %}

{#
    The authority's last offset from UTC in seconds, and a moment since when it holds: the first
    Thursday after the last one with another offset.
#}
{% macro authority_offset() -%}
    {%- set at = "cast(calendar_date as timestamp)" -%}
    {%- set query -%}
        with
            weeks as (
                select
                    {{ at }} as week_at,
                    {{ microseconds(at, local_time(at, authority_timezone())) }}
                    / 1000000 as offset_seconds
                from {{ every_date("1970-01-01", var("calendar_until")) }} as every_date
                where mod({{ days_between("date '1970-01-01'", "calendar_date") }}, 7) = 0
            ),

            last_week as (select * from weeks order by week_at desc nulls last limit 1)

        select
            cast(
                coalesce(
                    max(weeks.week_at) + interval '7' day, timestamp '1970-01-01'
                ) as varchar(30)
            ) as since,
            cast(max(last_week.offset_seconds) as bigint) as offset_seconds
        from last_week
        left join weeks on last_week.offset_seconds <> weeks.offset_seconds
    {%- endset -%}
    {%- if execute -%}
        {%- set row = asked_once(query)[0] -%} {{- return({"since": row[0], "seconds": row[1]}) -}}
    {%- endif -%}
    {{- return({"since": "9999-12-31 00:00:00", "seconds": 0}) -}}
{%- endmacro %}

{# The authority's day in which the run's now lies. #}
{% macro today() -%} {{ authority_date(now_at()) }} {%- endmacro %}

{# How many months before now the process tables look at. #}
{% macro process_months() -%} {{ run_value("process_months", 12) }} {%- endmacro %}

{# Into how many parts a full build of the largest models cuts the applications. #}
{% macro full_build_parts() %} {{- return(run_value("full_build_parts", 1)) -}} {% endmacro %}
