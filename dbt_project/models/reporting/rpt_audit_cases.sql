{{
    config(
        materialized="incremental",
        incremental_strategy="touched",
        unique_key="month",
        pre_hook="{{ note_touched(changed_audit_months()) }}",
    )
}}

with

    cases as (
        select *, cast(date_trunc('month', submitted_on) as date) as month
        from {{ ref("fct_applications") }}
        where {{ is_in_noted_months("submitted_on") }}
    ),

    -- what the same booklet costs in the normal tier
    normal_fees as (
        select
            month,
            is_mission,
            pages,
            validity_years,
            is_e_passport,
            cast(percentile_cont(0.5) within group (order by fee_pkr) as decimal(18, 2)) as fee_pkr
        from cases
        where tier = 'normal'
        group by month, is_mission, pages, validity_years, is_e_passport
    ),

    suspects as (
        select application_id, 'suspect' as reason, cast(null as varchar) as detail
        from cases
        where is_suspect
    ),

    out_of_district as (
        select
            cases.application_id,
            'out_of_district' as reason,
            cases.home_district || ' at ' || offices.district as detail
        from cases
        join
            {{ ref("dim_offices") }} as offices
            on cases.office_code = offices.office_code
            and offices.valid_from_at <= cases.submitted_at
            and cases.submitted_at < offices.valid_to_at
        where
            not offices.is_mission
            and lower(trim(cases.home_district)) <> lower(trim(offices.district))
    ),

    priorities as (
        select application_id, 'priority' as reason, priority_reason as detail
        from cases
        where priority_reason is not null
    ),

    late_fees as (
        select
            cases.application_id,
            'late_urgent_fee' as reason,
            'due '
            || states.promise_due_on
            || case
                when states.promise_state = 'missed'
                then ', met ' || {{ authority_date("cases.promise_met_at") }}
                else ', still open'
            end as detail
        from cases
        join {{ ref("rpt_applications") }} as states on cases.application_id = states.application_id
        where
            cases.tier <> 'normal'
            and states.tier <> 'normal'
            and states.promise_state in ('missed', 'open_beyond')
    ),

    findings as (
        select *
        from suspects
        union all
        select *
        from out_of_district
        union all
        select *
        from priorities
        union all
        select *
        from late_fees
    )

select
    findings.application_id,
    findings.reason,
    cases.month,
    cases.office_code,
    cases.tier,
    findings.detail,
    -- what was paid for a speed that was not given
    case
        when findings.reason = 'late_urgent_fee'
        then cast(cases.fee_pkr - normal_fees.fee_pkr as decimal(18, 2))
    end as fee_difference_pkr
from findings
join cases on findings.application_id = cases.application_id
left join
    normal_fees
    on cases.month = normal_fees.month
    and cases.is_mission = normal_fees.is_mission
    and cases.pages is not distinct from normal_fees.pages
    and cases.validity_years is not distinct from normal_fees.validity_years
    and cases.is_e_passport is not distinct from normal_fees.is_e_passport
