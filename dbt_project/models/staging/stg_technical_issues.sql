select
    issue_id,
    office_code,
    machine_id,
    kind,
    opened_at,
    resolved_at,
    updated_at,
    deleted_at,
    observed_at,
    updated_at as version_at,
    batch_id,
    batch_row
from {{ source("raw", "technical_issues") }}
