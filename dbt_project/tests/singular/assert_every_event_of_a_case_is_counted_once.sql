{{ config(tags=["nightly"]) }}

with

    counted as (select sum(event_count) as events from {{ ref("fct_applications") }}),

    kept as (
        select count(*) as events from {{ ref("fct_stage_events") }} where is_application_known
    ),

    published as (select count(*) as events from {{ ref("rpt_case_events") }})

select counted.events as counted_events, kept.events as kept_events
from counted
cross join kept
cross join published
where coalesce(counted.events, 0) <> kept.events or published.events <> kept.events
