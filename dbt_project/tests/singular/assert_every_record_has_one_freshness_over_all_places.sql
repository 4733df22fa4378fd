select rules.record
from {{ ref("freshness_rules") }} as rules
left join
    {{ ref("rpt_freshness") }} as freshness
    on rules.record = freshness.record
    and freshness.office_code = 'all'
group by rules.record
having count(freshness.record) <> 1
