{{ config(tags=["nightly"]) }}

with

    backlog as (select * from {{ ref("rpt_backlog_daily") }}),

    days_before as (
        select day + 1 as day, office_code, stage_code, tier, closing from backlog where closing > 0
    ),

    first_day as (select min(day) as day from backlog),

    days_after as (select backlog.* from backlog join first_day on backlog.day > first_day.day)

select
    coalesce(days_after.day, days_before.day) as day,
    coalesce(days_after.office_code, days_before.office_code) as office_code,
    coalesce(days_after.stage_code, days_before.stage_code) as stage_code,
    coalesce(days_after.tier, days_before.tier) as tier
from days_after
full join
    days_before
    on days_after.day = days_before.day
    and days_after.office_code = days_before.office_code
    and days_after.stage_code = days_before.stage_code
    and days_after.tier = days_before.tier
where
    coalesce(days_after.opening, 0) <> coalesce(days_before.closing, 0)
    and coalesce(days_after.day, days_before.day) <= {{ today() }}
