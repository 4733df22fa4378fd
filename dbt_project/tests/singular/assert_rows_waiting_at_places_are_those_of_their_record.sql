select record
from {{ ref("rpt_freshness") }}
group by record
having
    sum(waiting_for_parent) filter (where office_code = 'all')
    < coalesce(sum(waiting_for_parent) filter (where office_code <> 'all'), 0)
