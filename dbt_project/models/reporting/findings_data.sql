{{ config(materialized="view", tags=["live"]) }}

with

    held as (
        select
            record,
            count(*) as batches,
            sum(rows_held) as held_rows,
            min(batch_id) as batch_id,
            min(loaded_at) as loaded_at
        from {{ ref("rpt_load") }}
        where verdict = 'held'
        group by record
    )

select
    rules.rule,
    held.record as thing,
    'found' as state,
    cast(null as varchar) as office_code,
    null as severity,
    cast(held.batches as double) as measured,
    0 as expected,
    held.loaded_at as since_at,
    '' as shared_cause,
    cast(
        json_object(
            'record', held.record, 'batch', held.batch_id, 'rows', held.held_rows
        ) as varchar
    ) as parameters
from held
cross join {{ alert_rule("batch_held") }} as rules
where held.batches >= rules.threshold
union all
select
    rules.rule,
    freshness.record as thing,
    'found' as state,
    cast(null as varchar) as office_code,
    case when freshness.state = 'late' then 'minor' end as severity,
    cast(freshness.lag_minutes as double) as measured,
    cast(limits.late_after_minutes as double) as expected,
    freshness.newest_source_at as since_at,
    '' as shared_cause,
    cast(json_object('record', freshness.record) as varchar) as parameters
from {{ ref("rpt_freshness") }} as freshness
join {{ ref("freshness_rules") }} as limits on freshness.record = limits.record
cross join {{ alert_rule("data_stale") }} as rules
where freshness.office_code = 'all' and freshness.state in ('late', 'silent')
