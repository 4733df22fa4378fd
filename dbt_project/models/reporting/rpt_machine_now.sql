with

    machines as (select * from {{ ref("dim_machines") }}),

    days as ({{ newest_readings("rpt_machines", "machine_id", "fault_code") }}),

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
    {{ state_now() }},
    case when not is_unknown and state = 'down' then fault_code end as fault_code
from judged
