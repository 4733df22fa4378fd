{{ config(tags=["nightly"]) }}

select application_id
from {{ ref("rpt_applications") }}
where
    turnaround_working_minutes * 60 > greatest(turnaround_seconds, 0) + 0.001
    or (turnaround_working_minutes is null) <> (turnaround_seconds is null)
