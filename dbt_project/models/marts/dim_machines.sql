with machines as ({{ latest_versions("stg_machines", "machine_id") }})

select machine_id, office_code, kind, model, rated_per_hour, commissioned_on, retired_on
from machines
