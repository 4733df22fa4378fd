-- One row per machine, UTC hour and tier.
create table rpt_print as
with
    jobs as (
        select
            machine_id,
            date_trunc('hour', finished_at) as hour,
            coalesce(tier::varchar, 'unknown') as tier,
            outcome,
            if(outcome = 'spoiled', reason_code, null) as reason_code,
        from print_jobs
        where outcome is not null and finished_at is not null
    ),

    top_reasons as (
        select machine_id, hour, tier, reason_code
        from jobs
        where reason_code is not null
        group by machine_id, hour, tier, reason_code
        qualify
            row_number() over (
                partition by machine_id, hour, tier order by count(*) desc, reason_code
            )
            = 1
    )

select
    machine_id,
    hour,
    tier,
    any_value(office_code)::varchar as office_code,
    count(*) as jobs,
    count(*) filter (outcome = 'good') as good,
    count(*) filter (outcome = 'spoiled') as spoiled,
    any_value(top_reasons.reason_code) as top_reason_code,
from jobs
left join machines using (machine_id)
left join top_reasons using (machine_id, hour, tier)
group by machine_id, hour, tier
;

-- One row per site, authority day and tier: what waits, and what the printers can do of it.
create table rpt_print_queue as
with
    queues as (
        select
            office_code,
            day,
            tier,
            sum(closing) as waiting,
            sum(opening + entered) as had,
            max(oldest_days) as oldest_days
        from rpt_backlog_daily
        where
            stage_code = (
                -- the first of the print stages is where cases wait for a machine
                select arg_min(stage_code::varchar, (sequence, stage_code::varchar))
                from stages
                where owner = 'print_site'
            )
        group by all
    ),

    printers as (
        select * replace (office_code::varchar as office_code) from machines where kind = 'printer'
    ),

    site_days as (
        select office_code, day
        from
            (
                select office_code from printers
                union
                select office_code from queues
            ),
            (select distinct day from rpt_backlog_daily)
    ),

-- what the printers in service are rated for in the opening hours of the day
    capacities as (
        select
            site_days.office_code,
            site_days.day,
            floor(sum(rated_per_hour) * max(open_minutes) / 60)::bigint as capacity
        from site_days
        join
            printers
            on site_days.office_code = printers.office_code
            and site_days.day >= commissioned_on
            and (retired_on is null or site_days.day <= retired_on)
        join
            calendar
            on site_days.office_code = calendar.office_code::varchar
            and site_days.day = calendar.day
        group by all
    ),

    tiers as (
        select
            office_code,
            day,
            tier,
            coalesce(waiting, 0) as waiting,
            coalesce(had, 0) as had,
            oldest_days,
            capacity,
            -- what more urgent tiers take of it
            coalesce(
                sum(had) over (
                    partition by office_code, day
                    order by urgency desc
                    rows between unbounded preceding and 1 preceding
                ),
                0
            ) as taken,
        from site_days
        cross join
            (values ('normal', 1), ('urgent', 2), ('fast_track', 3)) as tiers(tier, urgency)
        left join queues using (office_code, day, tier)
        left join capacities using (office_code, day)
    )

select
    office_code as site,
    day,
    tier,
    waiting::bigint as waiting,
    oldest_days,
    -- the least urgent tier has what the others leave
    if(
        tier = 'normal', greatest(capacity - taken, 0), least(had, greatest(capacity - taken, 0))
    )::bigint as planned,
from tiers
where waiting > 0 or had > 0 or capacity is not null
;

-- Counts of what is used up, with what was used since the count before.
create temp table counts as
select
    *,
    lag(counted_at) over item_counts as previous_at,
    lag(quantity) over item_counts + coalesce(received_quantity, 0) - quantity as used,
from
    (
        select
            counts.office_code,
            item,
            counted_at,
            local_time(counted_at, places.timezone)::date as day,
            quantity::decimal(18, 3) as quantity,
            received_quantity::decimal(18, 3) as received_quantity,
            on_order::decimal(18, 3) as on_order,
            recorded_at,
        from latest(built.raw.consumables, (office_code, item, counted_at), recorded_at) as counts
        join places on counts.office_code = places.office_code::varchar and places.is_current
    )
window item_counts as (partition by office_code, item order by counted_at)
;

-- One row per place, item and the place's day of a count.
create table rpt_consumables as
with
    uses as (
        select
            *,
            -- a count that finds more than there can be corrects an earlier one: no use
            sum(greatest(used, 0)) over four_weeks as used_in_window,
            us_between(min(previous_at) over four_weeks, counted_at) as window_us,
        from counts
        window
            four_weeks as (
                partition by office_code, item
                order by counted_at
                range between interval 28 day preceding and current row
            )
    ),

    days as (
        select
            office_code,
            item,
            day,
            max_by(quantity, counted_at) as quantity,
            (
                max_by(used_in_window, counted_at)
                * 86400000000
                / nullif(max_by(window_us, counted_at), 0)
            )::double as used_per_day,
            sum(received_quantity)::decimal(18, 3) as received,
            max_by(on_order, counted_at) as on_order,
        from uses
        group by office_code, item, day
    )

select
    *,
    quantity::double / nullif(used_per_day, 0) as days_left,
    -- what is on order counts as there; an order takes two weeks
    day
    + floor((quantity::double + coalesce(on_order, 0)) / nullif(used_per_day, 0))::integer
    - 14 as reorder_on,
from days
;

-- One row per site and its month.
create table rpt_booklets as
with
    booklets as (
        select *, month_of(day) as month from counts where item like 'booklet%'
    ),

    stocks as (
        select
            office_code,
            month,
            sum(used)::bigint as issued,
            min(previous_at) as counted_from_at,
            max(counted_at) filter (previous_at is not null) as counted_until_at,
        from booklets
        group by all
    ),

    last_counts as (
        select office_code, month, sum(quantity)::bigint as in_stock
        from
            (
                select office_code, month, max_by(quantity, counted_at) as quantity
                from booklets
                group by office_code, item, month
            )
        group by all
    ),

    jobs as (
        select
            machines.office_code::varchar as office_code,
            month_of(local_time(finished_at, timezone)::date) as month,
            finished_at,
            outcome,
            booklet_number_ref,
        from print_jobs
        join machines using (machine_id)
        join places on machines.office_code = places.office_code and is_current
        where outcome is not null and finished_at is not null
    ),

    duplicates as (
        select booklet_number_ref
        from print_jobs
        where outcome is not null and finished_at is not null and booklet_number_ref is not null
        group by booklet_number_ref
        having count(*) > 1
    ),

    prints as (
        select
            office_code,
            month,
            count(*) filter (outcome = 'good') as good,
            count(*) filter (outcome = 'spoiled') as spoiled,
            count(distinct duplicates.booklet_number_ref) as duplicate_refs,
        from jobs
        left join duplicates using (booklet_number_ref)
        group by all
    ),

    accounted as (
        -- what was printed between the counts that tell what was issued
        select stocks.office_code, stocks.month, count(jobs.finished_at) as jobs
        from stocks
        left join
            jobs
            on stocks.office_code = jobs.office_code
            and finished_at > counted_from_at
            and finished_at <= counted_until_at
        group by all
    )

select
    office_code as site,
    month,
    issued,
    coalesce(good, 0) as good,
    coalesce(spoiled, 0) as spoiled,
    in_stock,
    issued - jobs as difference,
    coalesce(duplicate_refs, 0) as duplicate_refs,
from stocks
full join prints using (office_code, month)
left join last_counts using (office_code, month)
left join accounted using (office_code, month)
;
