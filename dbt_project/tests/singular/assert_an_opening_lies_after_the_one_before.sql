{{ config(tags=["nightly"]) }}

select calendar_key, utc_date
from {{ ref("dim_working_clock") }}
where
    opens_1_at >= closes_1_at
    or opens_2_at < closes_1_at
    or opens_2_at >= closes_2_at
    or opens_3_at < closes_2_at
    or opens_4_at < closes_3_at
