{{ config(tags=["nightly"]) }}

select cases.application_id
from {{ ref("fct_applications") }} as cases
left join
    {{ ref("rpt_audit_cases") }} as listed
    on cases.application_id = listed.application_id
    and listed.reason = 'suspect'
where cases.is_suspect <> (listed.application_id is not null)
