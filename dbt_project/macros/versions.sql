{#
    The latest version of each key of a staging view, tombstones left out: the newest cursor wins,
    then the later batch, then the later row. `where` narrows the versions to whole keys.
#}
{% macro latest_versions(model_name, key, where="true") %}
    select *
    from {{ ref(model_name) }}
    where {{ where }}
    qualify
        row_number() over (
            partition by {{ key }}
            order by version_at desc nulls last, batch_id desc, batch_row desc
        )
        = 1
        and deleted_at is null
{% endmacro %}
