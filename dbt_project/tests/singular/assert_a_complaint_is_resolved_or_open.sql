{{ config(tags=["nightly"]) }}

with

    counts as (
        select
            sum(opened) as opened,
            count(*) filter (where opened <> resolved + open_now) as unbalanced
        from {{ ref("rpt_complaints") }}
        where place_scope = 'country'
    ),

    cases as (
        select count(*) as opened
        from {{ ref("rpt_complaint_cases") }} as cases
        join
            {{ ref("dim_place_scopes") }} as scopes
            on cases.office_code = scopes.office_code
            and scopes.place_scope = 'country'
    )

select counts.opened, cases.opened as cases, counts.unbalanced
from counts
cross join cases
where coalesce(counts.opened, 0) <> cases.opened or counts.unbalanced > 0
