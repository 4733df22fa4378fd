select
    staff_id,
    office_code,
    role,
    joined_on,
    left_on,
    updated_at,
    deleted_at,
    observed_at,
    coalesce(updated_at, observed_at) as version_at,
    batch_id,
    batch_row
from {{ source("raw", "staff") }}
