with

    machines as (select * from {{ ref("dim_machines") }}),

    days as (
        select
            machine_id,
            max(last_read_at) as last_seen_at,
            max(last_changed_at) as changed_at,
            max_by(last_state, last_read_at) as state,
            max_by(last_fault_code, last_read_at) as fault_code
        from {{ ref("rpt_machines") }}
        where readings > 0
        group by machine_id
    ),

    rules as (select * from {{ ref("freshness_rules") }} where record = 'machine_readings'),

    judged as (
        select
            machines.machine_id,
            machines.office_code,
            days.last_seen_at,
            days.changed_at,
            days.state,
            days.fault_code,
            coalesce({{ is_silent_reading("days.last_seen_at") }}, true) as is_unknown
        from machines
        cross join rules
        left join days on machines.machine_id = days.machine_id
        where machines.retired_on is null or machines.retired_on >= {{ today() }}
    )

select
    machine_id,
    office_code,
    case when is_unknown then 'unknown' else state end as state,
    case when is_unknown then last_seen_at + {{ reading_carry() }} else changed_at end as since_at,
    last_seen_at,
    case when not is_unknown and state = 'down' then fault_code end as fault_code
from judged
