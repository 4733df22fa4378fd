{{ config(tags=["nightly"]) }}

select month, place_scope, sum(share_of_turnaround_pct) as share_pct
from {{ ref("rpt_stage_times") }}
group by month, place_scope
having abs(sum(share_of_turnaround_pct) - 100) > 0.000001
