with batches as (select * from {{ source("ledger", "batches") }})

select
    record,
    batch_id,
    window_from,
    window_until,
    rows_read,
    rows_admitted,
    rows_repeated,
    rows_quarantined,
    rows_held,
    verdict,
    reasons,
    source_name,
    releases_batch_id,
    loaded_at
from batches
