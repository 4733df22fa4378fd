{{
    config(
        materialized="incremental",
        incremental_strategy="touched",
        unique_key="token_id",
        pre_hook="{{ note_touched(touched_keys('token_id', ['stg_queue_tokens'])) }}",
        meta={
            "logged_columns": [
                "office_code",
                "service",
                "issued_at",
                "outcome",
                "waiting_seconds",
                "service_seconds",
                "in_centre_seconds",
            ]
        },
    )
}}

{#- where only times were sent, they tell the outcome #}
{% set outcome %}
    case
        when outcome is not null
        then outcome
        when closed_at is null
        then null
        when called_at is null
        then 'left'
        else 'served'
    end
{% endset %}

with tokens as ({{ latest_versions("stg_queue_tokens", "token_id", is_touched()) }})

select
    token_id,
    office_code,
    service,
    issued_at,
    called_at,
    closed_at,
    counter,
    staff_id,
    application_id,
    {{ outcome }} as outcome,
    -- who left uncalled has waited until then
    {{ seconds_between("issued_at", "coalesce(called_at, closed_at)") }} as waiting_seconds,
    case
        when {{ outcome }} = 'served' then {{ seconds_between("called_at", "closed_at") }}
    end as service_seconds,
    {{ seconds_between("issued_at", "closed_at") }} as in_centre_seconds,
    updated_at
from tokens
