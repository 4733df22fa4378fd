{{ config(tags=["nightly"]) }}

with

    changes as (
        select machine_id as thing, changed_at, change
        from {{ ref("fct_machine_changes") }}
        union all
        select office_code || '|' || link as thing, changed_at, change
        from {{ ref("fct_link_changes") }}
    ),

    ordered as (
        select
            *,
            lag(change) over (
                partition by thing order by changed_at, change desc
            ) as previous_change
        from changes
    )

select thing, changed_at, change
from ordered
where (change = 'down') = (coalesce(previous_change, 'up') = 'down')
