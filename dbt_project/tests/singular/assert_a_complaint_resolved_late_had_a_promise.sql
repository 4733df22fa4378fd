select complaint_id
from {{ ref("fct_complaints") }}
where is_resolved_late and (due_at is null or resolved_at < due_at)
