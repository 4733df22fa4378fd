with offices as (select * from {{ ref("dim_offices") }} where is_current)

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
