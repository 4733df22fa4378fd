{{ config(tags=["nightly"]) }}

with

    variants as (
        select place_scope, sum(cases) as cases, sum(share_pct) as share_pct
        from {{ ref("rpt_process_variants") }}
        group by place_scope
    ),

    cases as (
        select scopes.place_scope, count(*) as cases
        from {{ ref("fct_applications") }} as applications
        join
            {{ ref("dim_place_scopes") }} as scopes
            on {{ was_in_scope("applications", authority_date("applications.last_event_at")) }}
        where
            applications.variant_key is not null
            and applications.first_event_at <= {{ now_at() }}
            and applications.last_event_at >= {{ process_since_at() }}
        group by scopes.place_scope
    )

select
    coalesce(variants.place_scope, cases.place_scope) as place_scope,
    variants.cases,
    cases.cases as cases_seen,
    variants.share_pct
from variants
full join cases on variants.place_scope = cases.place_scope
where variants.cases is distinct from cases.cases or abs(variants.share_pct - 100) > 0.000001
