{{ config(tags=["nightly"]) }}

with

    periods as (
        select period_kind, sum(cases) as cases from {{ ref("rpt_staff") }} group by period_kind
    ),

    visits as (
        select count(*) as cases
        from {{ ref("fct_stage_visits") }}
        where completed_at is not null and staff_id is not null
    )

select periods.period_kind, periods.cases, visits.cases as completions
from periods
cross join visits
where periods.cases <> visits.cases
