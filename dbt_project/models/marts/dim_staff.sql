with staff as ({{ version_spans("stg_staff", "staff_id") }})

select staff_id, valid_from_at, valid_to_at, is_current, office_code, role, joined_on, left_on
from staff
