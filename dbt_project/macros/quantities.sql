{# Seconds between two timestamps: DECIMAL(18,6), exact to the microsecond. #}
{% macro seconds_between(from_at, until_at) -%}
    {{ seconds(microseconds(from_at, until_at)) }}
{%- endmacro %}


{# Microseconds as seconds: DECIMAL(18,6), by exact multiplication. #}
{% macro seconds(us) -%}
    cast(cast({{ us }} as decimal(18, 0)) * cast(0.000001 as decimal(6, 6)) as decimal(18, 6))
{%- endmacro %}


{# Microseconds as minutes: DECIMAL(18,6). #}
{% macro minutes(us) -%} cast(cast({{ us }} as double) / 60000000 as decimal(18, 6)) {%- endmacro %}
