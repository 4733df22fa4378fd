{#
    The half-hours of `rpt_arrivals` that make up a rush, put together; and who could help: places
    near by that are open then, have no more arrivals than expected themselves, and desks or staff
    to spare where shifts tell.
#}
with

    thresholds as (select * from {{ rush_thresholds() }}),

    arrivals as (select * from {{ ref("rpt_arrivals") }}),

    newest as (select max(slot_start) as slot_start from arrivals),

    runs as (
        select
            rush_id,
            office_code,
            split_part(rush_id, '|', 2) as direction,
            arrival_on,
            min(slot_start) as started_at,
            max(rush_detected_at) as detected_at,
            arg_max(slot_start, (abs(score), - epoch(slot_start))) as peak_at,
            max(slot_start) + interval '30' minute as last_ends_at,
            sum(arrivals) as arrivals,
            round(sum(expected), 6) as expected
        from arrivals
        where rush_id is not null
        group by rush_id, office_code, arrival_on
    ),

    -- it goes on until two half-hours of the place's day are no longer beyond
    ended as (
        select
            runs.*,
            case
                when
                    runs.last_ends_at + interval '30' minute > newest.slot_start
                    and coalesce(days.closes_at > newest.slot_start + interval '30' minute, false)
                then null
                else runs.last_ends_at
            end as ended_at
        from runs
        cross join newest
        join
            {{ ref("dim_place_calendars") }} as place_calendars
            on runs.office_code = place_calendars.office_code
        left join
            (
                select
                    calendar_key,
                    calendar_date,
                    greatest(closes_1_at, closes_2_at, closes_3_at, closes_4_at) as closes_at
                from {{ ref("dim_calendar") }}
                where is_working_day
            ) as days
            on place_calendars.calendar_key = days.calendar_key
            and runs.arrival_on = days.calendar_date
    ),

    places as (
        select *
        from {{ ref("rpt_places") }}
        where latitude is not null and longitude is not null and is_in_service and counters > 0
    ),

    near_places as (
        select office_code, near_code, distance_km
        from
            (
                select
                    places.office_code,
                    near_places.office_code as near_code,
                    {{ kilometres("places", "near_places") }} as distance_km
                from places
                join
                    places as near_places
                    on places.office_code <> near_places.office_code
                    and abs(places.latitude - near_places.latitude) < 1
                    and places.country_code = near_places.country_code
            ) as distances
        cross join thresholds
        where distance_km <= thresholds.near_km
    ),

    -- the place near by in the time of a surge; a rush that nobody could see coming asks nobody
    near_sums as (
        select
            ended.rush_id,
            near_places.near_code,
            near_places.distance_km,
            sum(near_arrivals.arrivals) as arrivals,
            sum(near_arrivals.expected) as expected,
            bool_or(near_arrivals.rush_id like '%|surge|%') as is_in_rush,
            sum(staffing.desks_open) as desks_open,
            sum(staffing.required_staff) as required_staff
        from ended
        join near_places on ended.office_code = near_places.office_code
        join
            arrivals as near_arrivals
            on near_places.near_code = near_arrivals.office_code
            and near_arrivals.slot_start >= ended.started_at
            and near_arrivals.slot_start < ended.last_ends_at
            and near_arrivals.is_open
        left join
            {{ ref("rpt_staffing") }} as staffing
            on near_arrivals.office_code = staffing.office_code
            and near_arrivals.slot_start = staffing.slot_start
        where ended.direction = 'surge'
        group by ended.rush_id, near_places.near_code, near_places.distance_km
    ),

    helpers as (
        select
            near_sums.*,
            row_number() over (
                partition by near_sums.rush_id order by near_sums.distance_km, near_sums.near_code
            ) as nth
        from near_sums
        cross join thresholds
        where
            not coalesce(near_sums.is_in_rush, false)
            and near_sums.arrivals <= thresholds.slack_ratio * near_sums.expected
            and coalesce(near_sums.required_staff < near_sums.desks_open, true)
    ),

    near_texts as (
        select
            helpers.rush_id,
            string_agg(
                helpers.near_code || ' (' || round(helpers.distance_km)::integer || ' km)',
                ', '
                order by helpers.nth
            ) as near_places_with_slack
        from helpers
        cross join thresholds
        where helpers.nth <= thresholds.near_places
        group by helpers.rush_id
    )

select
    ended.rush_id,
    ended.office_code,
    ended.direction,
    ended.started_at,
    ended.detected_at,
    ended.peak_at,
    ended.ended_at,
    cast(ended.arrivals as bigint) as arrivals,
    ended.expected,
    case
        when ended.direction = 'drop'
        then case when ended.arrivals = 0 then 'critical' else 'high' end
        when ended.arrivals >= thresholds.critical_ratio * ended.expected
        then 'critical'
        when ended.arrivals >= thresholds.high_ratio * ended.expected
        then 'high'
        else 'moderate'
    end as severity,
    near_texts.near_places_with_slack
from ended
cross join thresholds
left join near_texts on ended.rush_id = near_texts.rush_id
