select
    box_id,
    from_office_code,
    to_office_code,
    carrier,
    dispatched_at,
    due_at,
    received_at,
    updated_at,
    deleted_at,
    observed_at,
    updated_at as version_at,
    batch_id,
    batch_row
from {{ source("raw", "consignments") }}
