{{
    config(
        materialized="incremental",
        incremental_strategy="touched",
        unique_key="place_day_key",
        pre_hook="{{ note_touched(changed_arrival_days()) }}",
    )
}}

{#
    How many are to be expected: level of the place × its weekday × trend × season × shape of the
    day, each robust and from whole days up to two days before. How sure that is: the noise of the
    place's days, the few days behind the level, the few tickets behind the shape, and chance.
#}
{% set openings = [1, 2, 3, 4] %}
{% set newest_day = var("arrival_newest_day") %}
{% set oldest_day = var("arrival_oldest_day") %}
{% set half_hour = "interval '30' minute" %}

with

    thresholds as (select * from {{ rush_thresholds() }}),

    newest as (select {{ newest_arrival_slot() }} as slot_start),

    tickets as (
        select office_code, slot_start, sum(issued) as tickets
        from {{ ref("rpt_queue") }}
        where {{ is_in_arrival_reach("slot_start") }}
        group by office_code, slot_start
    ),

    applications as (
        select office_code, {{ slot_of("submitted_at") }} as slot_start, count(*) as applications
        from {{ ref("fct_applications") }}
        where {{ is_in_arrival_reach("submitted_at") }} and submitted_at <= {{ now_at() }}
        group by office_code, {{ slot_of("submitted_at") }}
    ),

    counts as (
        select office_code, slot_start, tickets, 0 as applications
        from tickets
        union all
        select office_code, slot_start, 0 as tickets, applications
        from applications
    ),

    first_counts as (
        select office_code, min(cast(slot_start as date)) - 1 as from_on
        from counts
        group by office_code
    ),

    rules as ({{ arrival_rules() }}),

    places as (
        select
            offices.office_code,
            place_calendars.calendar_key,
            rules.rules_key,
            max(offices.country_code) filter (where offices.is_current) as country_code,
            max(offices.valid_to_at) as valid_to_at
        from {{ ref("dim_offices") }} as offices
        join
            {{ ref("dim_place_calendars") }} as place_calendars
            on offices.office_code = place_calendars.office_code
        join rules on offices.office_code = rules.office_code
        group by offices.office_code, place_calendars.calendar_key, rules.rules_key
    ),

    days as (
        select
            places.office_code,
            places.rules_key,
            kinds.* exclude (calendar_key, country_code, calendar_date, is_working_day),
            kinds.calendar_date as arrival_on,
            kinds.is_working_day and kinds.day_starts_at < places.valid_to_at as is_working_day
        from places
        join first_counts on places.office_code = first_counts.office_code
        join
            {{ ref("int_arrival_days") }} as kinds
            on places.calendar_key = kinds.calendar_key
            and places.country_code is not distinct from kinds.country_code
            and kinds.calendar_date >= first_counts.from_on
            and kinds.calendar_date <= (select cast(slot_start as date) + 1 from newest)
    ),

    open_slots as (
        {% for number in openings %}
            select
                office_code,
                arrival_on,
                unnest(
                    range(
                        {{ slot_of("opens_" ~ number ~ "_at") }},
                        closes_{{ number }}_at,
                        {{ half_hour }}
                    )
                ) as slot_start
            from days
            where
                is_working_day and opens_{{ number }}_at is not null
                {{ "union all" if not loop.last }}
        {% endfor %}
    ),

    -- a half-hour that two openings share belongs to the earlier day
    slots as (
        select
            office_code,
            slot_start,
            min(opening_on) as opening_on,
            sum(tickets) as tickets,
            sum(applications) as applications
        from
            (
                select
                    office_code,
                    slot_start,
                    arrival_on as opening_on,
                    0 as tickets,
                    0 as applications
                from open_slots
                union all
                select office_code, slot_start, null as opening_on, tickets, applications
                from counts
            ) as parts
        where slot_start <= (select newest.slot_start from newest)
        group by office_code, slot_start
    ),

    dated as (
        select
            slots.office_code,
            slots.slot_start,
            slots.opening_on is not null as is_open,
            coalesce(
                slots.opening_on, {{ place_date("slots.slot_start", "utc_days") }}
            ) as arrival_on,
            slots.tickets,
            slots.applications
        from slots
        join
            (
                select office_code, arrival_on as calendar_date, day_starts_at, day_ends_at
                from days
            ) as utc_days
            on slots.office_code = utc_days.office_code
            and cast(slots.slot_start as date) = utc_days.calendar_date
    ),

    -- whether the place issues tickets, and whether anybody came in reach of the day's band
    counted_days as (
        select
            days.*,
            max(coalesce(sums.tickets, 0)) over ticket_days > 0 as has_tickets,
            max(coalesce(sums.tickets, 0) + coalesce(sums.applications, 0)) over history_days
            > 0 as has_arrivals
        from days
        left join
            (
                select
                    office_code,
                    arrival_on,
                    sum(tickets) as tickets,
                    sum(applications) as applications
                from dated
                group by office_code, arrival_on
            ) as sums
            on days.office_code = sums.office_code
            and days.arrival_on = sums.arrival_on
        window
            ticket_days as (
                partition by days.office_code
                order by
                    days.arrival_on
                    range
                    between interval '{{ var("arrival_ticket_days") }}' day preceding
                    and current row
            ),
            history_days as (
                partition by days.office_code
                order by
                    days.arrival_on
                    range between interval '{{ oldest_day }}' day preceding and current row
            )
    ),

    counted_slots as (
        select
            dated.office_code,
            dated.slot_start,
            dated.arrival_on,
            dated.is_open,
            dated.is_open
            or (
                dated.slot_start < days.opens_1_at
                and dated.slot_start
                >= days.opens_1_at
                - (select thresholds.early_minutes from thresholds)::integer * interval '1' minute
            ) as is_judged,
            case when days.has_tickets then dated.tickets else dated.applications end as arrivals,
            days.has_tickets,
            days.hours,
            epoch(dated.slot_start - days.day_starts_at) as second_of_day,
            -- tenths of the time between first opening and last closing; what comes early is -1
            case
                when dated.is_open
                then
                    floor(
                        10 * greatest(
                            least(
                                epoch(dated.slot_start + interval '15' minute - days.opens_1_at)
                                / epoch(days.closes_at - days.opens_1_at),
                                0.99
                            ),
                            0
                        )
                    )
                else -1
            end as tenth
        from dated
        join
            counted_days as days
            on dated.office_code = days.office_code
            and dated.arrival_on = days.arrival_on
        where days.has_arrivals
    ),

    totals as (
        select
            days.office_code,
            days.arrival_on,
            days.weekday,
            days.season,
            days.usual_share,
            days.has_tickets,
            days.hours,
            coalesce(sum(slots.arrivals), 0) as arrivals
        from counted_days as days
        left join
            counted_slots as slots
            on days.office_code = slots.office_code
            and days.arrival_on = slots.arrival_on
            and slots.is_judged
        where days.is_working_day and days.has_arrivals
        group by all
    ),

    -- each day to be judged with the open days behind it
    season_history as (
        select
            days.office_code,
            days.arrival_on,
            days.weekday = earlier.weekday as is_same_weekday,
            case when days.usual_share = 1 then '' else days.season end
            = case when earlier.usual_share = 1 then '' else earlier.season end as is_same_season,
            earlier.weekday,
            earlier.arrival_on as earlier_on,
            earlier.arrivals / earlier.usual_share as arrivals,
            earlier.usual_share
        from totals as days
        cross join thresholds
        join
            totals as earlier
            on days.office_code = earlier.office_code
            and days.has_tickets = earlier.has_tickets
            and earlier.arrival_on
            between days.arrival_on - {{ oldest_day }} and days.arrival_on - {{ newest_day }}
        where {{ is_arrival_day("days") }}
        -- a place that was not there yet had no quiet days
        qualify
            earlier.arrival_on >= min(earlier.arrival_on) filter (where earlier.arrivals > 0) over (
                partition by days.office_code, days.arrival_on
            )
    ),

    -- with enough days of the season itself no others are asked
    history as (
        select season_history.*
        from season_history
        cross join thresholds
        qualify
            season_history.is_same_season
            or count(*) filter (where season_history.is_same_season) over (
                partition by season_history.office_code, season_history.arrival_on
            )
            < thresholds.own_season_days
    ),

    weekday_medians as (
        select office_code, arrival_on, weekday, median(arrivals) as median_arrivals
        from history
        group by office_code, arrival_on, weekday
    ),

    clipped as (
        select
            history.*,
            greatest(
                least(
                    history.arrivals,
                    weekday_medians.median_arrivals * (1 + thresholds.clip_share) + 3
                ),
                weekday_medians.median_arrivals * (1 - thresholds.clip_share) - 3
            ) as usual_arrivals
        from history
        join
            weekday_medians
            on history.office_code = weekday_medians.office_code
            and history.arrival_on = weekday_medians.arrival_on
            and history.weekday = weekday_medians.weekday
        cross join thresholds
    ),

    place_levels as (
        select office_code, arrival_on, avg(usual_arrivals) as level_arrivals, count(*) as days
        from clipped
        group by office_code, arrival_on
    ),

    weekday_levels as (
        select
            clipped.office_code,
            clipped.arrival_on,
            clipped.weekday,
            (
                sum(clipped.usual_arrivals)
                + max(thresholds.weekday_weight) * max(place_levels.level_arrivals)
            )
            / (count(*) + max(thresholds.weekday_weight)) as level_arrivals,
            count(*) as days
        from clipped
        join
            place_levels
            on clipped.office_code = place_levels.office_code
            and clipped.arrival_on = place_levels.arrival_on
        cross join thresholds
        group by clipped.office_code, clipped.arrival_on, clipped.weekday
    ),

    ratios as (
        select
            history.office_code,
            history.arrival_on,
            history.is_same_season,
            history.earlier_on
            > history.arrival_on - {{ newest_day }} - thresholds.trend_days::integer as is_recent,
            weekday_levels.level_arrivals * history.usual_share as expected_arrivals,
            history.arrivals / nullif(weekday_levels.level_arrivals, 0) as ratio
        from history
        join
            weekday_levels
            on history.office_code = weekday_levels.office_code
            and history.arrival_on = weekday_levels.arrival_on
            and history.weekday = weekday_levels.weekday
        cross join thresholds
    ),

    trends as (
        select
            office_code,
            arrival_on,
            count(ratio) filter (where is_same_season) as season_days,
            count(ratio) filter (where is_same_season and is_recent) as trend_days,
            median(ratio) filter (where is_same_season and is_recent) as trend,
            count(ratio) as noise_days,
            -- half of all days lie between; what chance adds to a count is not the place's noise
            greatest(
                ((quantile_cont(ratio, 0.75) - quantile_cont(ratio, 0.25)) / 1.349) ^ 2 * 1.3
                - 1 / nullif(avg(expected_arrivals), 0),
                0
            ) as noise_squared
        from ratios
        group by office_code, arrival_on
    ),

    levels as (
        select
            days.office_code,
            days.arrival_on,
            days.weekday,
            place_levels.days,
            coalesce(weekday_levels.days, 0) as weekday_days,
            coalesce(weekday_levels.level_arrivals, place_levels.level_arrivals) * case
                when trends.season_days >= thresholds.least_season_days
                then
                    days.usual_share * (
                        1
                        + (coalesce(trends.trend, 1) - 1)
                        * trends.trend_days
                        / (trends.trend_days + thresholds.trend_weight)
                    )
                else 1
            end as level_arrivals,
            case
                when trends.season_days >= thresholds.least_season_days then 1 else days.usual_share
            end as unsure_share,
            (
                trends.noise_days * trends.noise_squared
                + thresholds.noise_weight * thresholds.usual_noise ^ 2
            )
            / (trends.noise_days + thresholds.noise_weight) as noise_squared
        from totals as days
        join
            place_levels
            on days.office_code = place_levels.office_code
            and days.arrival_on = place_levels.arrival_on
        join trends on days.office_code = trends.office_code and days.arrival_on = trends.arrival_on
        cross join thresholds
        left join
            weekday_levels
            on days.office_code = weekday_levels.office_code
            and days.arrival_on = weekday_levels.arrival_on
            and days.weekday = weekday_levels.weekday
        where place_levels.days >= thresholds.least_days
    ),

    weighted_days as (
        select
            office_code,
            arrival_on,
            has_tickets,
            hours,
            arrivals,
            least(1, thresholds.even_day_tickets / nullif(arrivals, 0)) as weight
        from totals
        cross join thresholds
    ),

    -- what lies behind the shape of the day: the days with the same hours
    shape_days as (
        select
            *,
            count(*) filter (where arrivals > 0) over same_hours as shape_days,
            coalesce(sum(arrivals * weight) over same_hours, 0) as shape_arrivals
        from weighted_days
        window
            same_hours as (
                partition by office_code, has_tickets, hours
                order by
                    arrival_on
                    range
                    between interval '{{ oldest_day }}' day preceding
                    and interval '{{ newest_day }}' day preceding
            )
    ),

    shaped as (
        select
            slots.*, coalesce(sum(slots.arrivals * days.weight) over same_slots, 0) as slot_arrivals
        from counted_slots as slots
        join
            weighted_days as days
            on slots.office_code = days.office_code
            and slots.arrival_on = days.arrival_on
        where slots.is_judged
        window
            same_slots as (
                partition by slots.office_code, slots.has_tickets, slots.hours, slots.second_of_day
                order by
                    slots.arrival_on
                    range
                    between interval '{{ oldest_day }}' day preceding
                    and interval '{{ newest_day }}' day preceding
            )
    ),

    -- for hours that are new to the place: what share came in each tenth of its opening time
    new_hours as (
        select shape_days.office_code, shape_days.arrival_on, shape_days.has_tickets
        from shape_days
        cross join thresholds
        where
            shape_days.shape_days < thresholds.least_season_days
            and {{ is_arrival_day("shape_days") }}
    ),

    tenth_totals as (
        select
            slots.office_code,
            slots.arrival_on,
            slots.has_tickets,
            slots.tenth,
            sum(slots.arrivals * days.weight) as arrivals
        from counted_slots as slots
        join
            weighted_days as days
            on slots.office_code = days.office_code
            and slots.arrival_on = days.arrival_on
        where slots.is_judged and slots.office_code in (select office_code from new_hours)
        group by all
    ),

    tenth_slots as (
        select office_code, arrival_on, tenth, count(*) as slots
        from counted_slots
        where is_judged and office_code in (select office_code from new_hours)
        group by office_code, arrival_on, tenth
    ),

    -- a short day has no half-hour in some tenths: who came in them came in others
    tenths as (
        select
            new_hours.office_code,
            new_hours.arrival_on,
            tenth_slots.tenth,
            coalesce(sum(earlier.arrivals), 0) / max(tenth_slots.slots) as slot_arrivals,
            sum(coalesce(sum(earlier.arrivals), 0)) over (
                partition by new_hours.office_code, new_hours.arrival_on
            ) as shape_arrivals
        from new_hours
        join
            tenth_slots
            on new_hours.office_code = tenth_slots.office_code
            and new_hours.arrival_on = tenth_slots.arrival_on
        left join
            tenth_totals as earlier
            on new_hours.office_code = earlier.office_code
            and new_hours.has_tickets = earlier.has_tickets
            and tenth_slots.tenth = earlier.tenth
            and earlier.arrival_on
            between new_hours.arrival_on
            - {{ oldest_day }} and new_hours.arrival_on
            - {{ newest_day }}
        group by new_hours.office_code, new_hours.arrival_on, tenth_slots.tenth
    ),

    expectations as (
        select
            slots.office_code,
            slots.slot_start,
            case
                when levels.days is null
                then null
                when tenths.tenth is not null
                then 'new_hours'
                when levels.unsure_share <> 1
                then 'new_season'
                when levels.weekday_days < 2
                then 'place'
                else 'weekday'
            end as basis,
            levels.level_arrivals * case
                when tenths.tenth is null
                then (slots.slot_arrivals + 0.2) / (shape_days.shape_arrivals + 2)
                else (tenths.slot_arrivals + 0.2) / (tenths.shape_arrivals + 2)
            end as mean,
            levels.unsure_share,
            greatest(levels.noise_squared, thresholds.least_noise ^ 2)
            * (1 + 1.6 / greatest(levels.weekday_days, 1)) as day_noise,
            1 / (coalesce(tenths.slot_arrivals, slots.slot_arrivals) + 1) + case
                when tenths.tenth is null then 0 else thresholds.new_hours_noise ^ 2
            end as shape_noise
        from shaped as slots
        cross join thresholds
        join
            shape_days
            on slots.office_code = shape_days.office_code
            and slots.arrival_on = shape_days.arrival_on
        left join
            tenths
            on slots.office_code = tenths.office_code
            and slots.arrival_on = tenths.arrival_on
            and slots.tenth = tenths.tenth
        left join
            levels
            on slots.office_code = levels.office_code
            and slots.arrival_on = levels.arrival_on
        where {{ is_arrival_day("slots") }}
    ),

    -- the band's end that the arrivals are nearer to, where the season leaves it unsure
    banded as (
        select
            slots.office_code,
            slots.slot_start,
            slots.arrival_on,
            slots.is_open,
            slots.has_tickets,
            slots.arrivals,
            slots.is_judged and expectations.mean is not null as is_judged,
            expectations.basis,
            expectations.mean,
            least(
                greatest(slots.arrivals, expectations.mean * least(expectations.unsure_share, 1)),
                expectations.mean * greatest(expectations.unsure_share, 1)
            ) as near_mean,
            expectations.mean * least(expectations.unsure_share, 1) as low_mean,
            expectations.mean * greatest(expectations.unsure_share, 1) as high_mean,
            expectations.day_noise,
            expectations.shape_noise
        from counted_slots as slots
        left join
            expectations
            on slots.office_code = expectations.office_code
            and slots.slot_start = expectations.slot_start
        where {{ is_arrival_day("slots") }}
    ),

    scored as (
        select
            *,
            (arrivals - near_mean)
            / {{ arrival_spread("near_mean", "shape_noise * near_mean ^ 2") }} as score
        from banded
    )

select
    scored.office_code,
    scored.slot_start,
    {{ joined_key(["scored.office_code", "scored.arrival_on"]) }} as place_day_key,
    scored.arrival_on,
    cast(scored.arrivals as bigint) as arrivals,
    -- sums of doubles differ in their last digits from run to run
    round(scored.mean, 6) as expected,
    round(
        greatest(
            scored.low_mean
            - thresholds.score_rush
            * {{ arrival_spread("scored.low_mean", "scored.shape_noise * scored.low_mean ^ 2") }},
            0
        ),
        6
    ) as expected_low,
    round(
        scored.high_mean
        + thresholds.score_rush
        * {{ arrival_spread("scored.high_mean", "scored.shape_noise * scored.high_mean ^ 2") }},
        6
    ) as expected_high,
    round(scored.score, 6) as score,
    days.season,
    scored.basis,
    case when scored.has_tickets then 'tickets' else 'applications' end as counted_by,
    scored.is_open,
    scored.is_judged,
    round(scored.near_mean, 6) as expected_near,
    round(scored.day_noise, 9) as day_noise,
    round(scored.shape_noise, 9) as shape_noise,
    days.rules_key
from scored
cross join thresholds
join days on scored.office_code = days.office_code and scored.arrival_on = days.arrival_on
