select
    service,
    place_kind,
    tier,
    promise,
    unit,
    target_pct,
    valid_from,
    valid_to,
    deleted_at,
    observed_at,
    observed_at as version_at,
    batch_id,
    batch_row
from {{ source("raw", "service_levels") }}
