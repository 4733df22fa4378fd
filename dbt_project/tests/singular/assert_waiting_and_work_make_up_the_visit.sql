{{ config(tags=["nightly"]) }}

select application_id, stage_code, visit_number
from {{ ref("fct_stage_visits") }}
where waiting_seconds + work_seconds <> total_seconds
