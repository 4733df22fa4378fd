with record_counts as (select * from {{ source("ledger", "record_counts") }})

select
    record, day, source_rows, landed_rows, cast(source_rows - landed_rows as bigint) as difference
from record_counts
