select
    application_id,
    office_code,
    box_id,
    ready_at,
    collected_at,
    outcome,
    updated_at,
    deleted_at,
    observed_at,
    updated_at as version_at,
    batch_id,
    batch_row
from {{ source("raw", "deliveries") }}
