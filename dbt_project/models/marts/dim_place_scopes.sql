{{
    config(
        materialized="incremental",
        incremental_strategy="touched",
        unique_key="office_code",
        pre_hook="{{ note_touched(touched_keys('office_code', ['stg_offices'])) }}",
        meta={"logged_columns": ["office_code", "place_scope"]},
    )
}}

with offices as (select * from {{ ref("dim_offices") }} where is_current and {{ is_touched() }})

select office_code, 'country' as place_scope, false as is_one_office
from offices
union all
select office_code, 'missions' as place_scope, false as is_one_office
from offices
where is_mission
union all
select office_code, 'zone:' || zone as place_scope, false as is_one_office
from offices
where zone is not null
union all
select office_code, 'office:' || office_code as place_scope, true as is_one_office
from offices
