{# What orders the versions of a key, the one that holds first: cursor, then batch, then row. #}
{% macro newest_first(at="version_at", rows="") -%}
    {{ rows }}{{ at }} desc nulls last, {{ rows }}batch_id desc, {{ rows }}batch_row desc
{%- endmacro %}


{#
    The latest version of each key of a staging view, tombstones left out. `where` narrows the
    versions, to whole keys or to those that count. A full build leaves out what another version
    took the place of, since few keys have a second one and sorting all rows by their key is dear.
#}
{% macro latest_versions(model_name, key, where="true") %}
    {% if is_incremental() %}
        select *
        from {{ ref(model_name) }}
        where {{ where }}
        qualify
            row_number() over (partition by {{ key }} order by {{ newest_first() }}) = 1
            and deleted_at is null
    {% else %}
        {{
            versions_in_force(
                model_name, where, "(" ~ superseded_versions(model_name, key, where) ~ ")"
            )
        }}
    {% endif %}
{% endmacro %}


{# The batch and row of every version that another one took the place of. #}
{% macro superseded_versions(model_name, key, where="true") %}
    select batch_id, batch_row
    from
        (
            select
                batch_id,
                batch_row,
                row_number() over (
                    partition by {{ key }} order by {{ newest_first() }}
                ) as version_number
            from {{ ref(model_name) }}
            where
                {{ where }}
                -- a number for the key: many texts would not fit in memory
                and {{ key_number(key) }} in (
                    select {{ key_number(key) }}
                    from {{ ref(model_name) }}
                    where {{ where }}
                    group by {{ key_number(key) }}
                    having count(*) > 1
                )
        ) as versions
    where version_number > 1
{% endmacro %}


{#
    The versions that no other one took the place of, tombstones left out. `superseded` are those
    of the whole view; by default what the pre-hook `note_superseded` noted, once, for a full build
    that reads its rows part by part.
#}
{% macro versions_in_force(model_name, where="true", superseded=none) %}
    select *
    from {{ ref(model_name) }}
    where
        deleted_at is null
        and {{ where }}
        and (batch_id, batch_row) not in (
            select superseded.batch_id, superseded.batch_row
            from {{ superseded or noted_superseded() }} as superseded
        )
{% endmacro %}


{% macro noted_superseded() %}
    {{- return(target.database ~ ".meta.superseded__" ~ model.name) -}}
{% endmacro %}


{# Pre-hook of a full build: notes them; the post-hook `forget_superseded` takes them away. #}
{% macro note_superseded(model_name, key) %}
    {% if not is_incremental() %}
        create or replace table {{ noted_superseded() }} as
        {{ superseded_versions(model_name, key) }}
        ;
    {% endif %}
{% endmacro %}


{% macro forget_superseded() %}
    drop table if exists {{ noted_superseded() }}
    ;
{% endmacro %}


{#
    Every version of a key of a staging view with the span it holds for, half open: the first
    reaches back without limit, the last on without limit unless the key was deleted.
#}
{% macro version_spans(model_name, key) %}
    with

        versions as (
            -- of versions that start at one moment the last is the one that holds
            select *
            from {{ ref(model_name) }}
            qualify
                row_number() over (
                    partition by {{ key }}, version_at order by batch_id desc, batch_row desc
                )
                = 1
        ),

        spans as (
            select
                *,
                case
                    when lag(version_at) over versions_of_key is null
                    then timestamp '1900-01-01'
                    else version_at
                end as valid_from_at,
                coalesce(
                    lead(version_at) over versions_of_key, timestamp '9999-12-31'
                ) as valid_to_at
            from versions
            window versions_of_key as (partition by {{ key }} order by version_at nulls last)
        )

    -- the last version, ended or not, is what aggregates are cut by
    select
        *,
        row_number() over (partition by {{ key }} order by valid_from_at desc nulls last)
        = 1 as is_current
    from spans
    where deleted_at is null
{% endmacro %}
