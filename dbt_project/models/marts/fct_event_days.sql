{{
    config(
        materialized="incremental",
        incremental_strategy="touched",
        unique_key="case_on",
        pre_hook="{{ note_touched(touched_case_days('fct_stage_events')) }}",
    )
}}

select
    case_on,
    office_code,
    max(recorded_at) as newest_recorded_at,
    cast(count(case when not is_application_known then 1 end) as bigint) as waiting_events
from {{ ref("fct_stage_events") }}
where {{ is_touched() }}
group by case_on, office_code
