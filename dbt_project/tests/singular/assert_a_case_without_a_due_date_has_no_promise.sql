{{ config(tags=["nightly"]) }}

select application_id, promise_state
from {{ ref("rpt_applications") }}
where (promise_due_on is null) <> (promise_state = 'none') and promise_state <> 'cancelled'
