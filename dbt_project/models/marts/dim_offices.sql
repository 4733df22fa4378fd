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

with

    versions as (
        -- of versions that start at one moment the last is the one that holds
        select *
        from {{ ref("stg_offices") }}
        qualify
            row_number() over (
                partition by office_code, version_at order by batch_id desc, batch_row desc
            )
            = 1
    ),

    spans as (
        select
            *,
            lag(version_at) over versions_of_office as previous_at,
            lead(version_at) over versions_of_office as next_at
        from versions
        window versions_of_office as (partition by office_code order by version_at nulls last)
    )

select
    office_code,
    -- the first version reaches back without limit
    case when previous_at is null then timestamp '1900-01-01' else version_at end as valid_from_at,
    coalesce(next_at, timestamp '9999-12-31') as valid_to_at,
    -- the last version, ended or not: what aggregates are cut by
    lead(version_at) over (partition by office_code order by version_at nulls last)
    is null as is_current,
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
from spans
where deleted_at is null and {{ is_touched() }}
