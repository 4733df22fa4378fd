{{ config(tags=["nightly"]) }}

with

    slots as (
        select
            count(*) filter (
                where issued <> served + left_count + no_show + still_waiting
            ) as unbalanced,
            coalesce(sum(issued), 0) as issued,
            coalesce(sum(still_waiting), 0) as still_waiting
        from {{ ref("rpt_queue") }}
    ),

    days as (
        select
            count(*) filter (
                where issued <> served + left_count + no_show + still_waiting
            ) as unbalanced,
            coalesce(sum(issued) filter (where place_scope = 'country'), 0) as issued,
            coalesce(sum(issued) filter (where office_code is not null), 0) as of_offices
        from {{ ref("rpt_queue_daily") }}
    ),

    visits as (
        select count(*) as issued, count(*) filter (where outcome is null) as still_waiting
        from {{ ref("fct_queue_visits") }}
    )

select visits.issued, slots.issued as of_slots, days.issued as of_days, days.of_offices
from slots
cross join days
cross join visits
where
    slots.unbalanced + days.unbalanced > 0
    or slots.issued <> visits.issued
    or slots.still_waiting <> visits.still_waiting
    or days.issued <> visits.issued
    or days.of_offices <> visits.issued
