{# The columns of a key as one text, since a model's unique key is one column. #}
{% macro joined_key(columns) -%}
    {% for column in columns -%}
        cast({{ column }} as string) {%- if not loop.last %} || '|' || {% endif -%}
    {%- endfor %}
{%- endmacro %}
