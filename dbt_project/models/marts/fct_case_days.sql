{{
    config(
        materialized="incremental",
        incremental_strategy="touched",
        unique_key="application_id",
        pre_hook="{{ note_touched(touched_keys('application_id', ['stg_applications'])) }}",
        meta={"logged_columns": ["application_id", "case_on"]},
    )
}}

with

    days as (
        select application_id, cast(submitted_at as date) as case_on
        from {{ ref("stg_applications") }}
        where {{ is_new() }}
        {% if is_incremental() %}
            -- the least of all versions needs of the older ones only the least
            union all
            select application_id, case_on
            from {{ this }}
            where {{ is_touched() }}
        {% endif %}
    )

select application_id, min(case_on) as case_on
from days
group by application_id
