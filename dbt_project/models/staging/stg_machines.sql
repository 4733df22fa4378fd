select
    machine_id,
    office_code,
    kind,
    model,
    rated_per_hour,
    commissioned_on,
    retired_on,
    deleted_at,
    observed_at,
    observed_at as version_at,
    batch_id,
    batch_row
from {{ source("raw", "machines") }}
