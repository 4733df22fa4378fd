with

    open_cases as (
        select
            holding_office_code as office_code,
            current_stage_code as stage_code,
            tier,
            count(*) as cases,
            count(*) filter (where is_beyond_promise) as beyond_promise,
            max(age_days) as oldest_days
        from {{ ref("rpt_applications") }}
        where is_open
        group by all
    ),

    backlog as (
        select * from {{ ref("rpt_backlog_daily") }} where day = {{ today() }} and closing > 0
    )

select
    coalesce(open_cases.office_code, backlog.office_code) as office_code,
    coalesce(open_cases.stage_code, backlog.stage_code) as stage_code,
    coalesce(open_cases.tier, backlog.tier) as tier,
    open_cases.cases,
    backlog.closing
from open_cases
full join
    backlog
    on open_cases.office_code = backlog.office_code
    and open_cases.stage_code = backlog.stage_code
    and open_cases.tier = backlog.tier
where
    open_cases.cases is distinct from backlog.closing
    or open_cases.beyond_promise is distinct from backlog.beyond_promise
    or open_cases.oldest_days is distinct from backlog.oldest_days
