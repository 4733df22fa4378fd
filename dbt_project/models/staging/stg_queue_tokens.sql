select
    token_id,
    office_code,
    service,
    issued_at,
    called_at,
    closed_at,
    counter,
    staff_id,
    application_id,
    outcome,
    updated_at,
    deleted_at,
    observed_at,
    updated_at as version_at,
    batch_id,
    batch_row
from {{ source("raw", "queue_tokens") }}
