{{ config(tags=["nightly"]) }}

with

    cases as (
        select period_kind, place_scope, tier, sum(completed) as completed
        from {{ ref("rpt_turnaround") }}
        group by all
    )

select place_scope, tier
from cases
group by place_scope, tier
having min(completed) <> max(completed) or count(*) <> 3
