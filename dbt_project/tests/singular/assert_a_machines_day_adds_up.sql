{# A day whose clocks change has an hour less or more; a day that is not over has what has passed. #}
{{ config(tags=["nightly"]) }}

with

    days as (
        select
            machine_id,
            day,
            running_minutes
            + idle_minutes
            + down_minutes
            + maintenance_minutes
            + unknown_minutes as all_minutes
        from {{ ref("rpt_machines") }}
    )

select machine_id, day, all_minutes
from days
where all_minutes > 1500 or (day < {{ today() }} - 1 and all_minutes not in (1380, 1440, 1500))
