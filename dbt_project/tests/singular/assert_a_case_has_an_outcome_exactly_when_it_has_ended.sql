{{ config(tags=["nightly"]) }}

select application_id
from {{ ref("fct_applications") }}
where (outcome is null) <> (ended_at is null)
