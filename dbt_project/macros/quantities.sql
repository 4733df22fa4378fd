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


{# Mean of seconds over a group: DECIMAL(18,6); what is null does not count. #}
{% macro mean_seconds(seconds) -%} cast(avg({{ seconds }}) as decimal(18, 6)) {%- endmacro %}


{# A linear quantile of seconds over a group, see `quantile`: DECIMAL(18,6). #}
{% macro quantile_seconds(seconds, share, shares=none) -%}
    cast({{ quantile(seconds, share, shares) }} as decimal(18, 6))
{%- endmacro %}


{# How many rows of a group fulfil a condition, in per cent of those that count; null of none. #}
{% macro pct(condition, counted="true") -%}
    cast(100.0 * count(*) filter (where {{ condition }}) as double)
    / nullif(count(*) filter (where {{ counted }}), 0)
{%- endmacro %}


{# A part of a whole in per cent, a double; null of nothing. #}
{% macro share_pct(part, whole) -%}
    100.0 * cast({{ part }} as double) / nullif(cast({{ whole }} as double), 0)
{%- endmacro %}
