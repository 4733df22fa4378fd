with

    batches as (select * from {{ source("ledger", "batches") }}),

    batch_rules as (select * from {{ source("ledger", "batch_rules") }}),

    -- a batch that is held or rejected is not in quarantine: it is out as a whole
    still_out as (
        select
            batch_rules.record,
            batch_rules.rule,
            batch_rules.rows - batch_rules.released_rows as rows_left,
            batch_rules.oldest_at,
            batch_rules.example_position,
            batch_rules.batch_id
        from batch_rules
        inner join batches on batch_rules.batch_id = batches.batch_id
        where batches.verdict = 'admitted' and batch_rules.rows > batch_rules.released_rows
    )

select
    record,
    rule,
    cast(sum(rows_left) as bigint) as rows,
    min(oldest_at) as oldest_at,
    max_by(example_position, batch_id) as example_position
from still_out
group by record, rule
