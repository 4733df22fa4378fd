select
    event_id,
    application_id,
    stage_code,
    event,
    occurred_at,
    office_code,
    staff_id,
    desk,
    reason_code,
    recorded_at,
    deleted_at,
    observed_at,
    recorded_at as version_at,
    batch_id,
    batch_row
from {{ source("raw", "stage_events") }}
