select
    job_id,
    application_id,
    machine_id,
    queued_at,
    started_at,
    finished_at,
    outcome,
    reason_code,
    booklet_number_ref,
    updated_at,
    deleted_at,
    observed_at,
    updated_at as version_at,
    batch_id,
    batch_row
from {{ source("raw", "print_jobs") }}
