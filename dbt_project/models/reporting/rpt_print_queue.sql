{{
    config(
        materialized="incremental",
        incremental_strategy="touched",
        unique_key="day",
        pre_hook="{{ note_touched(changed_print_queue_days()) }}",
    )
}}

with

    backlog as (select * from {{ ref("rpt_backlog_daily") }} where {{ is_touched() }}),

    print_stages as (
        -- the first of the print stages is where cases wait for a machine
        select stage_code
        from {{ ref("dim_stages") }}
        where owner = 'print_site'
        qualify row_number() over (order by sequence, stage_code) = 1
    ),

    queues as (
        select
            backlog.office_code,
            backlog.day,
            backlog.tier,
            sum(backlog.closing) as waiting,
            sum(backlog.opening + backlog.entered) as had,
            max(backlog.oldest_days) as oldest_days
        from backlog
        join print_stages on backlog.stage_code = print_stages.stage_code
        group by backlog.office_code, backlog.day, backlog.tier
    ),

    printers as (select * from {{ ref("dim_machines") }} where kind = 'printer'),

    sites as (
        select office_code
        from printers
        union
        select office_code
        from queues
    ),

    site_days as (
        select sites.office_code, days.day
        from sites
        cross join (select distinct day from backlog) as days
    ),

    -- what the printers in service are rated for in the opening hours of the day
    capacities as (
        select
            site_days.office_code,
            site_days.day,
            sum(printers.rated_per_hour) * max(calendar.open_minutes) / 60 as jobs
        from site_days
        join
            printers
            on site_days.office_code = printers.office_code
            and site_days.day >= printers.commissioned_on
            and (printers.retired_on is null or site_days.day <= printers.retired_on)
        join
            {{ ref("dim_place_calendars") }} as place_calendars
            on site_days.office_code = place_calendars.office_code
        join
            {{ ref("dim_calendar") }} as calendar
            on place_calendars.calendar_key = calendar.calendar_key
            and site_days.day = calendar.calendar_date
        group by site_days.office_code, site_days.day
    ),

    tiers as (
        select
            site_days.office_code,
            site_days.day,
            tiers.tier,
            tiers.sequence,
            cast(coalesce(queues.waiting, 0) as bigint) as waiting,
            coalesce(queues.had, 0) as had,
            queues.oldest_days,
            cast(floor(capacities.jobs) as bigint) as capacity,
            -- what more urgent tiers take of it
            coalesce(
                sum(queues.had) over (
                    partition by site_days.office_code, site_days.day
                    order by tiers.sequence desc
                    rows between unbounded preceding and 1 preceding
                ),
                0
            ) as taken
        from site_days
        cross join {{ ref("dim_tiers") }} as tiers
        left join
            queues
            on site_days.office_code = queues.office_code
            and site_days.day = queues.day
            and tiers.tier = queues.tier
        left join
            capacities
            on site_days.office_code = capacities.office_code
            and site_days.day = capacities.day
    )

select
    office_code as site,
    day,
    tier,
    office_code,
    waiting,
    oldest_days,
    -- the least urgent tier has what the others leave
    cast(
        case
            when sequence = min(sequence) over (partition by office_code, day)
            then greatest(capacity - taken, 0)
            else least(had, greatest(capacity - taken, 0))
        end as bigint
    ) as planned
from tiers
where waiting > 0 or had > 0 or capacity is not null
