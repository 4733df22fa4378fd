{#
    What the run in progress says of itself (`meta.run`, one row). Read when a model runs, so that
    another "now" costs no parsing. Unit tests override these macros.
#}
{% macro run_value(column, default) -%}
    {%- set query = "select " ~ column ~ " from " ~ source("meta", "run") -%}
    {%- if execute -%} {{ return(run_query(query)[0][0]) }}
    {%- else -%} {{ return(default) }}
    {%- endif -%}
{%- endmacro %}

{# The run's now, a UTC timestamp. The only clock there is. #}
{% macro now_at() -%}
    timestamp '{{ run_value("cast(now_at as varchar)", "2000-01-01") }}'
{%- endmacro %}

{# The authority's time zone, as a SQL literal. #}
{% macro authority_timezone() -%} '{{ run_value("authority_timezone", "UTC") }}' {%- endmacro %}

{# The authority's day of a UTC timestamp. #}
{% macro authority_date(at) -%}
    cast({{ local_time(at, authority_timezone()) }} as date)
{%- endmacro %}

{# The authority's day in which the run's now lies. #}
{% macro today() -%} {{ authority_date(now_at()) }} {%- endmacro %}

{# How many months before now the process tables look at. #}
{% macro process_months() -%} {{ run_value("process_months", 12) }} {%- endmacro %}
