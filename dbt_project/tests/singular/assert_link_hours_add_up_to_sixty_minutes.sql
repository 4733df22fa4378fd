{{ config(tags=["nightly"]) }}

select link_hour_key
from {{ ref("fct_link_hours") }}
where up_seconds + degraded_seconds + down_seconds + unknown_seconds <> 3600 or unknown_seconds < 0
