{{ config(tags=["nightly"]) }}

select machine_hour_key
from {{ ref("fct_machine_hours") }}
where
    running_seconds + idle_seconds + down_seconds + maintenance_seconds + unknown_seconds <> 3600
    or unknown_seconds < 0
