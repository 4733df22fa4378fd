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
