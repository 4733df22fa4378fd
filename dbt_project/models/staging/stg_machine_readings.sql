select
    machine_id,
    read_at,
    state,
    fault_code,
    temperature_celsius,
    produced_count,
    consumable_pct,
    recorded_at,
    deleted_at,
    observed_at,
    recorded_at as version_at,
    batch_id,
    batch_row
from {{ source("raw", "machine_readings") }}
