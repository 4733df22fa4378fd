{# The row of an alert rule: its thresholds; none where the rule was deleted, so nothing is found. #}
{% macro alert_rule(name) -%}
    (select * from {{ ref("incident_rules") }} where rule = '{{ name }}')
{%- endmacro %}


{# Minutes from a moment until the run's now. #}
{% macro minutes_since(at) -%}
    cast({{ microseconds(at, now_at()) }} / 60000000.0 as double)
{%- endmacro %}
