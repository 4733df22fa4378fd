{# The sum over places and stages is the open cases, at the end of every day and not of today only. #}
{{ config(tags=["nightly"]) }}

with

    changes as (
        select tier, {{ authority_date("submitted_at") }} as day, 1 as change
        from {{ ref("fct_applications") }}
        where submitted_at <= {{ now_at() }}
        union all
        select
            tier,
            greatest({{ authority_date("ended_at") }}, {{ authority_date("submitted_at") }}) as day,
            -1 as change
        from {{ ref("fct_applications") }}
        where submitted_at <= {{ now_at() }} and ended_at <= {{ now_at() }}
    ),

    daily as (select tier, day, sum(change) as change from changes group by tier, day),

    open_cases as (
        select tier, day, sum(change) over (partition by tier order by day nulls last) as open_cases
        from daily
    ),

    backlog as (
        select tier, day, sum(closing) as closing
        from {{ ref("rpt_backlog_daily") }}
        where day < {{ today() }}
        group by tier, day
    )

select open_cases.tier, open_cases.day, open_cases.open_cases, backlog.closing
from open_cases
left join backlog on open_cases.tier = backlog.tier and open_cases.day = backlog.day
where open_cases.day < {{ today() }} and open_cases.open_cases <> coalesce(backlog.closing, 0)
