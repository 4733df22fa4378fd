{# A timestamp or date does not lie before another of the same row; null passes. #}
{% test not_before(model, column_name, other) %}
    select {{ column_name }}, {{ other }} from {{ model }} where {{ column_name }} < {{ other }}
{% endtest %}
