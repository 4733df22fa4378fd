{{ config(tags=["nightly"]) }}

with

    months as (
        select month, sum(visits) as visits
        from {{ ref("rpt_stage_times") }}
        where place_scope = 'country'
        group by month
    ),

    visits as (
        select cast(date_trunc('month', ended_on) as date) as month, count(*) as visits
        from {{ ref("fct_stage_visits") }}
        where ended_at <= {{ now_at() }}
        group by all
    )

select coalesce(months.month, visits.month) as month, months.visits, visits.visits as ended_visits
from months
full join visits on months.month = visits.month
where months.visits is distinct from visits.visits
