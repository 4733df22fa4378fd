{{ config(materialized="view") }}

with

    -- work in hand; what lies ready for the applicant is uncollected stock
    backlogs as (
        select
            office_code,
            sum(closing) filter (where day = {{ today() }}) as cases,
            sum(closing) filter (where day = {{ today() }} - 7) as cases_before
        from {{ ref("rpt_backlog_daily") }}
        where day in ({{ today() }}, {{ today() }} - 7) and stage_code <> 'ready'
        group by office_code
    ),

    at_risk as (
        select
            applications.holding_office_code as office_code,
            count(*) as cases,
            count(*) filter (where risks.probability_late >= 0.5) as late
        from {{ ref("rpt_promise_risk") }} as risks
        join
            {{ ref("rpt_applications") }} as applications
            on risks.application_id = applications.application_id
        where applications.is_open
        group by applications.holding_office_code
    ),

    late_complaints as (
        select office_code, count(*) as complaints, min(due_at) as due_at
        from {{ ref("rpt_complaint_cases") }}
        where is_open and is_late
        group by office_code
    )

select
    rules.rule,
    backlogs.office_code as thing,
    'found' as state,
    backlogs.office_code,
    null as severity,
    cast(backlogs.cases as double) as measured,
    cast(backlogs.cases_before as double) as expected,
    cast({{ today() }} as timestamp) as since_at,
    '' as shared_cause,
    '{}' as parameters
from backlogs
cross join {{ alert_rule("backlog_jump") }} as rules
where
    backlogs.cases - backlogs.cases_before >= rules.minimum_volume
    and backlogs.cases >= backlogs.cases_before * rules.threshold
union all
select
    rules.rule,
    at_risk.office_code as thing,
    'found' as state,
    at_risk.office_code,
    null as severity,
    cast(at_risk.late * 100.0 / at_risk.cases as double) as measured,
    rules.threshold as expected,
    {{ now_at() }} as since_at,
    '' as shared_cause,
    cast(json_object('late', at_risk.late, 'cases', at_risk.cases) as varchar) as parameters
from at_risk
cross join {{ alert_rule("promise_risk") }} as rules
where
    at_risk.cases >= rules.minimum_volume
    and at_risk.late * 100.0 >= at_risk.cases * rules.threshold
union all
select
    rules.rule,
    complaints.office_code as thing,
    'found' as state,
    complaints.office_code,
    null as severity,
    cast(complaints.complaints as double) as measured,
    rules.threshold as expected,
    complaints.due_at as since_at,
    '' as shared_cause,
    cast(json_object('complaints', complaints.complaints) as varchar) as parameters
from late_complaints as complaints
cross join {{ alert_rule("complaint_overdue") }} as rules
where complaints.complaints >= rules.threshold
