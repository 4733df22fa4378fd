-- One row per place.
create table rpt_places as
select
    office_code::varchar as office_code,
    name,
    kind,
    zone,
    province,
    city,
    country_code,
    timezone,
    latitude,
    longitude,
    counters,
    valid_to_at > now_at()
    and office_code in (
        select office_code from openings where opens_at <= now_at() and now_at() < closes_at
    ) as is_open_now,
    coalesce(days_off, '') as days_off,
from places
left join
    (
        select office_code, string_agg(day::varchar, ' ' order by day) as days_off
        from calendar
        where
            not is_working_day
            and day between (now_at() - interval 70 day)::date and (now_at() + interval 45 day)::date
        group by office_code
    ) using (office_code)
where is_current
;

-- How long each place has been open, until a moment.
create temp macro open_us(us_before, opens_at, closes_at, moment) as
us_before + us_between(opens_at, least(moment, closes_at))
;

-- The newest row of each record and place, and how many wait for their application.
create temp table newest_rows as
select 'applications' as record, office_code, max(updated_at) as newest_at, 0 as waiting
from applications
group by office_code
union all
select
    'stage_events',
    events.office_code::office,
    max(recorded_at),
    count(*) filter (case_number is null),
from latest(built.raw.stage_events, event_id, recorded_at) as events
left join applications using (application_id)
group by events.office_code
union all
select
    'queue_tokens',
    tokens.office_code::office,
    max(tokens.updated_at),
    count(application_id) filter (case_number is null)
from latest(built.raw.queue_tokens, token_id, updated_at) as tokens
left join applications using (application_id)
group by tokens.office_code
union all
select
    'print_jobs',
    office_code,
    max(updated_at),
    count(application_id) filter (case_number is null),
from print_jobs
left join machines using (machine_id)
group by office_code
union all
select 'machine_readings', office_code, max(recorded_at), 0
from machine_readings
left join machines using (machine_id)
group by office_code
union all
select 'link_readings', office_code, max(recorded_at), 0
from link_readings
group by office_code
union all
select 'consumables', office_code::office, max(recorded_at), 0
from latest(built.raw.consumables, (office_code, item, counted_at), recorded_at)
group by office_code
union all
select 'technical_issues', office_code::office, max(updated_at), 0
from latest(built.raw.technical_issues, issue_id, updated_at)
group by office_code
union all
select 'consignments', from_office_code, max(updated_at), 0
from boxes
group by from_office_code
union all
select 'deliveries', office_code, max(updated_at), count(*) filter (case_number is null)
from deliveries
group by office_code
union all
select 'staff_shifts', office_code, max(updated_at), 0
from shifts
group by office_code
union all
select
    'complaints',
    complaints.office_code::office,
    max(complaints.updated_at),
    count(application_id) filter (case_number is null)
from latest(built.raw.complaints, complaint_id, updated_at) as complaints
left join applications using (application_id)
group by complaints.office_code
;

-- One row per record and place, and one for all.
create table rpt_freshness as
with
    loads as (
        select record, max(loaded_at) as newest_loaded_at, bool_or(verdict = 'held') as is_held
        from built.ledger.batches
        group by record
    ),

    records as (
        select
            rules.*,
            newest_loaded_at,
            coalesce(is_held, false) as is_held,
            case
                when states.record is null and loads.record is null
                then 'absent'
                else coalesce(states.state, 'ok')
            end as source_state,
            checked_at,
        from built.seeds.freshness_rules as rules
        left join loads on rules.record = loads.record
        left join built.ledger.source_states as states on rules.record = states.record
    ),

    newest as (
        select record, office_code, newest_at, waiting
        from newest_rows
        where office_code is not null
        union all
        select
            records.record,
            null as office_code,
            -- a record that is read whole is as new as its last reading
            case
                when not any_value(is_read_whole)
                then max(newest_at)
                when any_value(source_state) = 'ok'
                then any_value(checked_at)
                else any_value(newest_loaded_at)
            end as newest_at,
            coalesce(sum(waiting), 0) as waiting,
        from records
        left join newest_rows on records.record = newest_rows.record
        group by records.record
    ),

-- how long a place was open since then; for a whole record the mean over its places
    open_since as (
        select
            record,
            newest.office_code,
            avg(
                open_us(now_clock.us_before, now_clock.opens_at, now_clock.closes_at, now_at())
                - open_us(
                    then_clock.us_before, then_clock.opens_at, then_clock.closes_at, newest_at
                )
            )
            / 60000000 as open_minutes,
        from
            (
                select
                    record,
                    newest.office_code,
                    newest_at,
                    places.office_code as place,
                    now_at() as now_at,
                from newest
                join (select distinct office_code from places) as places
                    on newest.office_code is null
                    or newest.office_code = places.office_code
            ) as newest
        asof join
            clocks as now_clock
            on newest.place = now_clock.office_code
            and newest.now_at >= now_clock.opens_at
        asof join
            clocks as then_clock
            on newest.place = then_clock.office_code
            and newest.newest_at >= then_clock.opens_at
        group by record, newest.office_code
    ),

    loads_by_cursor as (
        -- the load that first reached a cursor
        select record, cursor_max, min(loaded_at) as loaded_at
        from built.ledger.batches
        where verdict in ('admitted', 'released') and cursor_max is not null
        group by record, cursor_max
    ),

    judged as (
        select
            newest.record,
            coalesce(newest.office_code::varchar, 'all') as office_code,
            newest_at as newest_source_at,
            coalesce(loads_by_cursor.loaded_at, newest_loaded_at) as newest_loaded_at,
            greatest(date_diff('minute', newest_at, now_at()), 0) as lag_minutes,
            waiting::bigint as waiting_for_parent,
            is_expected_of_each_place,
            if(counts_opening_time, coalesce(open_minutes, lag_minutes), lag_minutes) as minutes,
            case
                when source_state = 'absent'
                then 'absent'
                when is_held
                then 'held'
                when newest_at is null or minutes > silent_after_minutes
                then 'silent'
                when minutes > late_after_minutes
                then 'late'
                else 'fresh'
            end as state,
        from newest
        join records using (record)
        left join
            open_since
            on newest.record = open_since.record
            and newest.office_code is not distinct from open_since.office_code
        asof left join
            loads_by_cursor
            on newest.record = loads_by_cursor.record
            and newest.newest_at <= loads_by_cursor.cursor_max
    )

select
    judged.record,
    judged.office_code,
    judged.newest_source_at,
    judged.newest_loaded_at,
    judged.lag_minutes,
    judged.waiting_for_parent,
    -- where a place need not send every day, its silence alone says nothing
    if(judged.is_expected_of_each_place, judged.state, of_all.state) as state,
from judged
join judged as of_all on judged.record = of_all.record and of_all.office_code = 'all'
;

-- One row per place in service.
create table rpt_place_now as
with
    -- what people at a place do; its links and machines report by themselves
    seen as (
        select office_code, max(newest_at) as last_seen_at
        from newest_rows
        where record in ('applications', 'stage_events', 'queue_tokens', 'print_jobs', 'deliveries')
        group by office_code
    ),

    queues as (
        select office_code, count(*) as waiting
        from queue_visits
        where result is null and slot_start > now_at() - interval 1 day
        group by office_code
    ),

    bounds as (
        select
            office_code,
            max(opens_at) filter (opens_at <= now_at()) as opened_at,
            max(closes_at) filter (closes_at <= now_at()) as closed_at,
        from openings
        where
            day between (now_at() - interval 30 day)::date and (now_at() + interval 1 day)::date
        group by office_code
    ),

    judged as (
        select
            places.office_code,
            is_open_now as should_be_open,
            last_seen_at,
            coalesce(waiting, 0) as waiting,
            opened_at,
            closed_at,
            is_open_now
            and coalesce(
                open_us(now_clock.us_before, now_clock.opens_at, now_clock.closes_at, now_at())
                - open_us(
                    then_clock.us_before, then_clock.opens_at, then_clock.closes_at, last_seen_at
                )
                > 7200000000,
                false
            ) as is_silent,
        from
            (
                select office_code, seen.last_seen_at, now_at() as now_at
                from places
                left join seen using (office_code)
                where is_current and valid_to_at > now_at()
            ) as places
        join rpt_places on places.office_code::varchar = rpt_places.office_code
        left join queues on places.office_code = queues.office_code
        left join bounds on places.office_code = bounds.office_code
        asof left join
            clocks as now_clock
            on places.office_code = now_clock.office_code
            and places.now_at >= now_clock.opens_at
        asof left join
            clocks as then_clock
            on places.office_code = then_clock.office_code
            and places.last_seen_at >= then_clock.opens_at
    )

select
    office_code::varchar as office_code,
    case
        when is_silent
        then 'silent'
        when not should_be_open
        then 'closed'
        when last_seen_at is null
        then 'unknown'
        else 'open'
    end as state,
    case
        state
        when 'silent'
        then last_seen_at
        when 'closed'
        then closed_at
        when 'open'
        then opened_at
    end as since_at,
    last_seen_at,
    should_be_open,
    is_silent,
    waiting,
from judged
;
