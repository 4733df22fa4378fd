{{ config(tags=["nightly"]) }}

with

    counts as (
        select
            day,
            sum(submitted) filter (where place_scope = 'country' and tier = 'all') as of_country,
            sum(submitted) filter (where office_code is not null and tier = 'all') as of_offices,
            sum(submitted) filter (where place_scope = 'country' and tier <> 'all') as of_tiers
        from {{ ref("rpt_volumes") }}
        group by day
    )

select day, of_country, of_offices, of_tiers
from counts
where of_country <> of_offices or of_country <> of_tiers
