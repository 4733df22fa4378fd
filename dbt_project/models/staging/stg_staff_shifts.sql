select
    staff_id,
    planned_from,
    office_code,
    planned_until,
    started_at,
    ended_at,
    desk,
    updated_at,
    deleted_at,
    observed_at,
    updated_at as version_at,
    batch_id,
    batch_row
from {{ source("raw", "staff_shifts") }}
