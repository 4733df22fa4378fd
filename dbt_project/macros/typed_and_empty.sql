{#
    The rows of a table that a later piece of the dashboard fills: none, typed as the model's own
    contract says.
#}
{% macro typed_and_empty() %}
    select
        {% for column in model.columns.values() -%}
            cast(null as {{ column.data_type }}) as {{ column.name }} {{- "," if not loop.last }}
        {% endfor %}
    where false
{% endmacro %}
