{{
    config(
        materialized="incremental",
        incremental_strategy="touched",
        unique_key="office_code",
        pre_hook="{{ note_touched(touched_keys('office_code', ['stg_offices'])) }}",
        meta={"logged_columns": ["office_code", "place_scope", "from_on", "until_on"]},
    )
}}

with

    versions as (
        -- of versions that begin on one day the last counts for all of it; a deleted place stays
        -- where it was
        select office_code, is_mission, zone, {{ authority_date("valid_from_at") }} as from_on
        from {{ ref("dim_offices") }}
        where {{ is_touched() }}
        qualify
            row_number() over (
                partition by office_code, {{ authority_date("valid_from_at") }}
                order by valid_from_at desc
            )
            = 1
    ),

    compared as (
        select
            *,
            lag(is_mission) over versions_of_place as previous_is_mission,
            lag(zone) over versions_of_place as previous_zone
        from versions
        window versions_of_place as (partition by office_code order by from_on nulls last)
    ),

    memberships as (
        select
            office_code,
            is_mission,
            zone,
            from_on,
            coalesce(
                lead(from_on) over (partition by office_code order by from_on nulls last),
                date '9999-12-31'
            ) as until_on
        from compared
        where
            previous_is_mission is null
            or previous_is_mission <> is_mission
            or previous_zone is distinct from zone
    ),

    places as (
        select office_code, min(from_on) as from_on, max(until_on) as until_on
        from memberships
        group by office_code
    )

select office_code, 'country' as place_scope, false as is_one_office, from_on, until_on
from places
union all
select office_code, 'missions' as place_scope, false as is_one_office, from_on, until_on
from memberships
where is_mission
union all
select office_code, 'zone:' || zone as place_scope, false as is_one_office, from_on, until_on
from memberships
where zone is not null
union all
select
    office_code, 'office:' || office_code as place_scope, true as is_one_office, from_on, until_on
from places
