{{
    config(
        materialized="incremental",
        incremental_strategy="touched",
        unique_key="issue_id",
        pre_hook="{{ note_touched(touched_keys('issue_id', ['stg_technical_issues'])) }}",
    )
}}

with issues as ({{ latest_versions("stg_technical_issues", "issue_id", is_touched()) }})

select
    issue_id,
    office_code,
    machine_id,
    kind,
    opened_at,
    resolved_at,
    {{ seconds_between("opened_at", "resolved_at") }} as open_seconds,
    updated_at
from issues
