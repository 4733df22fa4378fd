select
    complaint_id,
    office_code,
    application_id,
    channel,
    category,
    opened_at,
    acknowledged_at,
    resolved_at,
    outcome,
    updated_at,
    deleted_at,
    observed_at,
    updated_at as version_at,
    batch_id,
    batch_row
from {{ source("raw", "complaints") }}
