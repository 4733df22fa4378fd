select
    stage_code,
    name,
    sequence,
    owner,
    clock,
    is_terminal,
    is_waiting_by_design,
    deleted_at,
    observed_at,
    observed_at as version_at,
    batch_id,
    batch_row
from {{ source("raw", "stages") }}
