select
    office_code,
    link,
    read_at,
    state,
    latency_ms,
    recorded_at,
    deleted_at,
    observed_at,
    recorded_at as version_at,
    batch_id,
    batch_row
from {{ source("raw", "link_readings") }}
