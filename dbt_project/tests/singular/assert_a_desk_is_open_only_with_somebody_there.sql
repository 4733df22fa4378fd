{{ config(tags=["nightly"]) }}

select office_code, slot_start, desks_open, present_staff
from {{ ref("rpt_staffing") }}
where desks_open > present_staff
