{{ config(tags=["nightly"]) }}

select
    period_kind,
    period_start,
    role,
    sum(ratio_to_expected * hours_at_desk) / sum(hours_at_desk) as mean_ratio
from {{ ref("rpt_staff") }}
where ratio_to_expected is not null
group by period_kind, period_start, role
having abs(sum(ratio_to_expected * hours_at_desk) / sum(hours_at_desk) - 1) > 0.000001
