{{
    config(
        materialized="incremental",
        incremental_strategy="touched",
        unique_key="day",
        pre_hook="{{ note_touched(changed_queue_days()) }}",
        meta={"built_in_parts": true},
    )
}}

with

    near_visits as (
        -- an authority's day lies within a day of the UTC date of the same name
        select *
        from {{ ref("fct_queue_visits") }}
        where {{ near_noted("issued_at", "interval '1' day", "interval '2' day") }}
    ),

    visits as (
        select *, {{ authority_date("issued_at") }} as day
        from near_visits
        where {{ is_touched(authority_date("issued_at")) }}
    ),

    scoped as (
        select
            scopes.place_scope,
            case when scopes.is_one_office then visits.office_code end as office_code,
            visits.day,
            visits.outcome,
            visits.waiting_seconds,
            visits.service_seconds,
            visits.in_centre_seconds
        from visits
        join {{ ref("dim_place_scopes") }} as scopes on {{ was_in_scope("visits", "visits.day") }}
    )

select
    day,
    place_scope,
    office_code,
    {{ queue_figures() }},
    count(in_centre_seconds) < 20 as is_small_number
from scoped
group by day, place_scope, office_code
