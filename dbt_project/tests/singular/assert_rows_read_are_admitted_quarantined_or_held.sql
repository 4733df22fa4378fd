-- a released batch or row comes as a batch of its own, so this holds for each
select record, batch_id
from {{ ref("rpt_load") }}
where rows_read <> rows_admitted + rows_quarantined + rows_held
