{{ config(tags=["nightly"]) }}

with

    periods as (
        select
            period_kind, sum(due) as due, sum(kept + missed + open_within + open_beyond) as stated
        from {{ ref("rpt_promise") }}
        where place_scope = 'country' and tier = 'all'
        group by period_kind
    ),

    cases as (
        select count(*) as due
        from {{ ref("rpt_applications") }}
        where promise_state not in ('cancelled', 'none')
    )

select periods.period_kind, periods.due, periods.stated
from periods
cross join cases
where periods.due <> cases.due or periods.stated <> cases.due
