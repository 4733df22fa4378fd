select
    office_code,
    weekday,
    opens_at,
    closes_at,
    valid_from,
    valid_to,
    deleted_at,
    observed_at,
    observed_at as version_at,
    batch_id,
    batch_row
from {{ source("raw", "office_hours") }}
