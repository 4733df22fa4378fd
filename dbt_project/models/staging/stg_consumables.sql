select
    office_code,
    item,
    counted_at,
    quantity,
    unit,
    received_quantity,
    on_order,
    due_on,
    recorded_at,
    deleted_at,
    observed_at,
    recorded_at as version_at,
    batch_id,
    batch_row
from {{ source("raw", "consumables") }}
