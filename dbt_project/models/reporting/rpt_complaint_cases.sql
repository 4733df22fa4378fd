with

    complaints as (
        select
            *,
            {{ reached("acknowledged_at") }} as known_acknowledged_at,
            {{ reached("resolved_at") }} as known_resolved_at
        from {{ ref("fct_complaints") }}
        where opened_at <= {{ now_at() }}
    )

select
    complaint_id,
    office_code,
    application_id,
    channel,
    category,
    opened_at,
    known_acknowledged_at as acknowledged_at,
    known_resolved_at as resolved_at,
    case when known_resolved_at is not null then outcome end as outcome,
    stage_code,
    {{ authority_date("coalesce(known_resolved_at, " ~ now_at() ~ ")") }}
    - {{ authority_date("opened_at") }} as age_days,
    due_at,
    known_resolved_at is null as is_open,
    coalesce(coalesce(known_resolved_at, {{ now_at() }}) >= due_at, false) as is_late
from complaints
