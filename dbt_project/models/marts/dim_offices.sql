{{
    config(
        materialized="incremental",
        incremental_strategy="touched",
        unique_key="office_code",
        pre_hook="{{ note_touched(touched_keys('office_code', ['stg_offices'])) }}",
        meta={
            "logged_columns": [
                "office_code",
                "valid_from_at",
                "valid_to_at",
                "district",
                "is_mission",
                "counters",
            ]
        },
    )
}}

with offices as ({{ version_spans("stg_offices", "office_code") }})

select
    office_code,
    valid_from_at,
    valid_to_at,
    is_current,
    name,
    kind,
    kind = 'mission' as is_mission,
    zone,
    province,
    district,
    city,
    country_code,
    latitude,
    longitude,
    timezone,
    counters,
    coalesce(works_holidays, false) as works_holidays
from offices
where {{ is_touched() }}
