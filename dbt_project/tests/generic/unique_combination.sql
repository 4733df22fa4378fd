{#
    The grain: no two rows agree in all of these columns (nulls count as equal). Looked at are rows
    whose number of the key is there twice: many texts would not fit in memory.
#}
{% test unique_combination(model, columns) %}
    {% set key = columns | join(", ") %}
    select {{ key }}
    from {{ model }}
    where
        {{ key_number(key) }} in (
            select {{ key_number(key) }}
            from {{ model }}
            group by {{ key_number(key) }}
            having count(*) > 1
        )
    group by {{ key }}
    having count(*) > 1
{% endtest %}


{# The same of one column, of which null may be there twice; takes the place of dbt's own. #}
{% test unique(model, column_name) %}
    {{
        test_unique_combination(
            "(select * from " ~ model ~ " where " ~ column_name ~ " is not null) as known",
            [column_name],
        )
    }}
{% endtest %}
