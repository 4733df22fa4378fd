{{ config(tags=["nightly"]) }}

select token_id
from {{ ref("fct_queue_visits") }}
where waiting_seconds + service_seconds <> in_centre_seconds
