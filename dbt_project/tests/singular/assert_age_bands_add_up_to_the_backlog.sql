{{ config(tags=["nightly"]) }}

select day, office_code, stage_code, tier
from {{ ref("rpt_backlog_daily") }}
where
    age_0_7_days + age_8_21_days + age_22_60_days + age_over_60_days <> closing
    or opening + entered - left_count <> closing
    or beyond_promise > closing
