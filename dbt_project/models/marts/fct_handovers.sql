{{
    config(
        materialized="incremental",
        incremental_strategy="touched",
        unique_key="application_id",
        pre_hook="{{ note_touched(touched_handovers(), 'fct_case_days') }}",
        meta={
            "ordered_by_case_day": true,
            "logged_columns": ["application_id", "office_code"] + handover_moments(),
        },
    )
}}

with

    cases as (select * from {{ ref("fct_applications") }} where {{ is_touched_case() }}),

    deliveries as (select * from {{ ref("fct_deliveries") }} where {{ is_touched() }}),

    moments as (
        select
            cases.application_id,
            cases.case_on,
            coalesce(deliveries.office_code, cases.office_code) as office_code,
            deliveries.box_id,
            cases.dispatched_at,
            -- who is ready has come, however it came
            coalesce(boxes.received_at, cases.ready_at, cases.collected_at) as received_at,
            cases.ready_at,
            coalesce(
                cases.collected_at,
                case when cases.outcome = 'delivered' then cases.completed_at end
            ) as collected_at,
            case when deliveries.outcome = 'returned' then deliveries.updated_at end as returned_at,
            case
                when deliveries.outcome = 'lost'
                then deliveries.updated_at
                when cases.outcome = 'lost'
                then cases.completed_at
            end as lost_at,
            cases.ended_at
        from cases
        left join deliveries on cases.application_id = deliveries.application_id
        left join {{ ref("fct_consignments") }} as boxes on deliveries.box_id = boxes.box_id
        where
            cases.dispatched_at is not null
            or cases.ready_at is not null
            or cases.collected_at is not null
            or deliveries.application_id is not null
    ),

    ends as (
        select
            *,
            least(received_at, lost_at, ended_at) as transit_ends_at,
            least(collected_at, returned_at, lost_at, ended_at) as shelf_ends_at
        from moments
    )

select
    application_id,
    case_on,
    office_code,
    box_id,
    dispatched_at,
    received_at,
    -- received, or ended on the way
    case
        when dispatched_at < transit_ends_at
        then transit_ends_at
        when transit_ends_at is not null
        then dispatched_at
    end as left_transit_at,
    ready_at,
    collected_at,
    -- collected, or gone from the shelf without
    case
        when ready_at < shelf_ends_at
        then shelf_ends_at
        when shelf_ends_at is not null
        then ready_at
    end as left_shelf_at,
    lost_at,
    {{ seconds_between("dispatched_at", "received_at") }} as transit_seconds
from ends
order by case_on
