with

    places as (select * from {{ ref("rpt_places") }} where is_in_service),

    -- what people at a place do; its links and machines report by themselves
    seen as (
        select office_code, max(newest_source_at) as last_seen_at
        from {{ ref("rpt_freshness") }}
        where record in ('applications', 'stage_events', 'queue_tokens', 'print_jobs', 'deliveries')
        group by office_code
    ),

    queues as (
        select office_code, sum(still_waiting) as waiting
        from {{ ref("rpt_queue") }}
        where slot_start > {{ now_at() }} - interval '1' day
        group by office_code
    ),

    -- places where a band was known lately, and those in a surge
    rushes as (
        select office_code, bool_or(is_surge) as in_rush
        from
            (
                select office_code, false as is_surge
                from {{ ref("rpt_arrivals") }}
                where slot_start > {{ now_at() }} - interval '10' day and expected is not null
                union all
                select office_code, true as is_surge
                from {{ ref("rpt_rush") }}
                where direction = 'surge' and ended_at is null
            ) as known
        group by office_code
    ),

    -- visitors who would usually have come since a place was last seen; a place that nobody visits,
    -- as a print site, has no row
    awaited as (
        select arrivals.office_code, sum(arrivals.expected) as visitors
        from {{ ref("rpt_arrivals") }} as arrivals
        join
            seen
            on arrivals.office_code = seen.office_code
            and arrivals.slot_start >= seen.last_seen_at
        where
            arrivals.slot_start > {{ now_at() }} - interval '10' day
            and arrivals.slot_start <= {{ now_at() }} - interval '30' minute
        group by arrivals.office_code
    ),

    place_calendars as (select * from {{ ref("dim_place_calendars") }}),

    near_days as (
        select *
        from {{ ref("dim_calendar") }}
        where
            calendar_date >= cast({{ now_at() }} - interval '30' day as date)
            and calendar_date <= cast({{ now_at() }} + interval '1' day as date)
    ),

    -- the latest opening and closing by now
    bounds as (
        select
            calendar_key,
            {% for slot in [1, 2, 3, 4] %}
                max(opens_{{ slot }}_at) filter (
                    where opens_{{ slot }}_at <= {{ now_at() }}
                ) as opened_{{ slot }}_at,
                max(closes_{{ slot }}_at) filter (
                    where closes_{{ slot }}_at <= {{ now_at() }}
                ) as closed_{{ slot }}_at {{ "," if not loop.last }}
            {% endfor %}
        from near_days
        group by calendar_key
    ),

    judged as (
        select
            places.office_code,
            places.is_open_now as should_be_open,
            seen.last_seen_at,
            rushes.in_rush,
            cast(coalesce(queues.waiting, 0) as bigint) as waiting,
            greatest(
                bounds.opened_1_at, bounds.opened_2_at, bounds.opened_3_at, bounds.opened_4_at
            ) as opened_at,
            greatest(
                bounds.closed_1_at, bounds.closed_2_at, bounds.closed_3_at, bounds.closed_4_at
            ) as closed_at,
            places.is_open_now
            and coalesce(
                (
                    {{ clock_at("clock_now", now_at()) }}
                    - {{ clock_at("clock_then", "seen.last_seen_at") }}
                )
                / 60000000
                > {{ var("place_silent_after_minutes") }},
                false
            )
            and (
                awaited.office_code is null
                or coalesce(awaited.visitors >= {{ var("place_silent_visitors") }}, false)
            ) as is_silent
        from places
        left join seen on places.office_code = seen.office_code
        left join queues on places.office_code = queues.office_code
        left join rushes on places.office_code = rushes.office_code
        left join awaited on places.office_code = awaited.office_code
        left join place_calendars on places.office_code = place_calendars.office_code
        left join bounds on place_calendars.calendar_key = bounds.calendar_key
        left join
            {{ ref("dim_working_clock") }} as clock_now
            on place_calendars.calendar_key = clock_now.calendar_key
            and clock_now.utc_date = cast({{ now_at() }} as date)
        left join
            {{ ref("dim_working_clock") }} as clock_then
            on place_calendars.calendar_key = clock_then.calendar_key
            and clock_then.utc_date = cast(seen.last_seen_at as date)
    ),

    stated as (
        select
            *,
            case
                when is_silent
                then 'silent'
                when not should_be_open
                then 'closed'
                when last_seen_at is null
                then 'unknown'
                else 'open'
            end as state
        from judged
    )

select
    office_code,
    state,
    case
        when state = 'silent'
        then last_seen_at
        when state = 'closed'
        then closed_at
        when state = 'open'
        then opened_at
    end as since_at,
    last_seen_at,
    should_be_open,
    is_silent,
    in_rush,
    waiting
from stated
