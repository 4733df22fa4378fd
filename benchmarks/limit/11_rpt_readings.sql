-- UTC hours by time zone as far as they have begun. A place's day begins with the first full UTC
-- hour after its midnight.
create temp table hours as
select
    timezone,
    hour,
    local_time(hour, timezone)::date as day,
    least(us_between(hour, now_at()), 3600000000) as hour_us,
from
    (
        select unnest(range(first_hour, now_at(), interval 1 hour)) as hour
        from
            (
                select date_trunc('hour', min(read_at)) - interval 1 day as first_hour
                from
                    (
                        select min(read_at) as read_at from built.raw.link_readings
                        union all
                        select min(read_at) as read_at from built.raw.machine_readings
                    )
            )
    ),
    (select distinct timezone from places where is_current)
;

create temp macro end_of_hour(moment) as date_trunc('hour', moment) + interval 1 hour;

-- Readings of links in order, with the time for which each holds: until the next, half an hour at
-- most; silence is unknown, never down.
create temp table link_readings as
select
    *,
    is_carried and previous_state = 'down' as is_down_before,
    read_at + interval 30 minute >= next_at as is_followed,
    least(next_at, read_at + interval 30 minute) as ends_at,
from
    (
        select
            *,
            if(
                lead(office_code) over () = office_code and lead(link) over () = link,
                lead(read_at) over (),
                null
            ) as next_at,
            (
                lag(office_code) over () = office_code
                and lag(link) over () = link
                and lag(read_at) over () >= read_at - interval 30 minute
            ) is true as is_carried,
            lag(state) over () as previous_state,
        from
            (
                select
                    office_code::office as office_code,
                    link,
                    read_at,
                    state,
                    latency_ms::decimal(18, 3) as latency_ms,
                    recorded_at,
                from latest(built.raw.link_readings, (office_code, link, read_at), recorded_at)
                order by 1, 2, 3
            )
    )
;

-- The times that links were down without a break, by the day on which they went down.
create temp table link_outages as
select outages.office_code, link, day, max(down_us) as longest_us
from
    (
        select
            any_value(office_code) as office_code,
            any_value(link) as link,
            min(read_at) as from_at,
            us_between(min(read_at), max(ends_at)) as down_us,
        from
            (
                select
                    *,
                    sum((not is_down_before)::integer) over (rows unbounded preceding) as outage,
                from link_readings
                where state = 'down'
            )
        group by outage
    ) as outages
join places on outages.office_code = places.office_code and is_current
join hours on places.timezone = hours.timezone and date_trunc('hour', from_at) = hour
group by outages.office_code, link, day
;

-- One row per link and the place's day.
create table rpt_links as
with
    parts as (
        -- a reading holds in its hour, and for the rest in the next
        select
            office_code,
            link,
            date_trunc('hour', read_at) as hour,
            state,
            us_between(read_at, least(ends_at, end_of_hour(read_at), now_at())) as part_us,
            state = 'down' and not is_down_before as is_outage,
            latency_ms,
            1 as readings,
        from link_readings
        union all
        select
            office_code,
            link,
            date_trunc('hour', ends_at) as hour,
            state,
            us_between(date_trunc('hour', ends_at), least(ends_at, now_at())) as part_us,
            false as is_outage,
            null as latency_ms,
            0 as readings,
        from link_readings
        where date_trunc('hour', ends_at) > read_at
    ),

    days as (
        select
            parts.office_code,
            link,
            day,
            coalesce(sum(part_us) filter (state = 'up' and part_us > 0), 0) as up_us,
            coalesce(sum(part_us) filter (state = 'degraded' and part_us > 0), 0) as degraded_us,
            coalesce(sum(part_us) filter (state = 'down' and part_us > 0), 0) as down_us,
            count(*) filter (is_outage) as outages,
            quantile_cont(latency_ms, 0.95)::decimal(18, 3) as p95_latency_ms,
            sum(readings) as readings,
        from parts
        join places on parts.office_code = places.office_code and is_current
        join hours using (timezone, hour)
        group by parts.office_code, link, day
    ),

    links as (
        select
            office_code, link, timezone, valid_to_at::date as last_on, min(day) as first_on
        from days
        join places using (office_code)
        where is_current
        group by all
    ),

    passed as (
        select timezone, day, sum(hour_us) as passed_us from hours group by timezone, day
    )

select
    links.office_code::varchar as office_code,
    links.link,
    passed.day,
    -- of the time known, and of the time that has passed
    share_pct(up_us, up_us + degraded_us + down_us) as up_pct,
    share_pct(degraded_us, up_us + degraded_us + down_us) as degraded_pct,
    share_pct(
        greatest(passed_us - coalesce(up_us + degraded_us + down_us, 0), 0), passed_us
    ) as unknown_pct,
    coalesce(outages, 0) as outages,
    minutes(longest_us) as longest_outage_minutes,
    p95_latency_ms,
from links
join passed on links.timezone = passed.timezone and first_on <= passed.day
left join
    days
    on links.office_code = days.office_code
    and links.link = days.link
    and passed.day = days.day
left join
    link_outages
    on links.office_code = link_outages.office_code
    and links.link = link_outages.link
    and passed.day = link_outages.day
where passed.day <= last_on or readings > 0
;

-- One row per link with a reading, at a place in service.
create table rpt_link_now as
select
    office_code::varchar as office_code,
    link,
    if(is_unknown, 'unknown', state) as state,
    if(is_unknown, last_seen_at + interval 30 minute, changed_at) as since_at,
    last_seen_at,
    if(is_unknown, null, latency_ms) as latency_ms,
from
    (
        select
            office_code,
            link,
            max(read_at) as last_seen_at,
            max_by(state, read_at) as state,
            max_by(latency_ms, read_at) as latency_ms,
            max(read_at) filter (not (is_carried and previous_state = state)) as changed_at,
            max(read_at)
            < now_at() - any_value(late_after_minutes) * interval 1 minute as is_unknown,
        from link_readings
        join places using (office_code)
        cross join built.seeds.freshness_rules
        where is_current and valid_to_at > now_at() and record = 'link_readings'
        group by office_code, link
    )
;

-- Readings of machines, in the same way.
create temp table machine_readings as
select
    *,
    is_carried and previous_state = 'down' as is_down_before,
    read_at + interval 30 minute >= next_at as is_followed,
    least(next_at, read_at + interval 30 minute) as ends_at,
from
    (
        select
            *,
            if(lead(machine_id) over () = machine_id, lead(read_at) over (), null) as next_at,
            (
                lag(machine_id) over () = machine_id
                and lag(read_at) over () >= read_at - interval 30 minute
            ) is true as is_carried,
            lag(state) over () as previous_state,
        from
            (
                select machine_id, read_at, state, fault_code, produced_count, recorded_at
                from latest(built.raw.machine_readings, (machine_id, read_at), recorded_at)
                order by 1, 2
            )
    )
;

-- One row per machine with a reading and hour in which it was in some state.
create temp table machine_hours as
with
    parts as (
        select
            machine_id,
            date_trunc('hour', read_at) as hour,
            read_at,
            state,
            us_between(read_at, least(ends_at, end_of_hour(read_at))) as part_us,
            greatest(us_between(now_at(), least(ends_at, end_of_hour(read_at))), 0) as later_us,
            state = 'down' and not is_down_before as is_failure,
            fault_code,
            produced_count,
        from machine_readings
        union all
        select
            machine_id,
            date_trunc('hour', ends_at) as hour,
            null as read_at,
            state,
            us_between(date_trunc('hour', ends_at), ends_at) as part_us,
            greatest(us_between(now_at(), ends_at), 0) as later_us,
            false as is_failure,
            null as fault_code,
            null as produced_count,
        from machine_readings
        where date_trunc('hour', ends_at) > read_at
    )

select
    parts.machine_id,
    machines.office_code,
    places.timezone,
    hours.day,
    parts.hour,
    coalesce(sum(part_us - later_us) filter (state = 'running'), 0) as running_us,
    coalesce(sum(part_us - later_us) filter (state = 'idle'), 0) as idle_us,
    coalesce(sum(part_us - later_us) filter (state = 'down'), 0) as down_us,
    coalesce(sum(part_us - later_us) filter (state = 'maintenance'), 0) as maintenance_us,
    coalesce(sum(part_us) filter (state = 'down'), 0) as foretold_down_us,
    count(read_at) as readings,
    sum(produced_count) as produced_count,
    count(*) filter (is_failure) as failures,
    max_by(fault_code, read_at) as last_fault_code,
from parts
join machines using (machine_id)
join places on machines.office_code = places.office_code and places.is_current
join hours on places.timezone = hours.timezone and parts.hour = hours.hour
group by all
;

-- One row per machine and the place's day.
create table rpt_machines as
with
    breakdowns as (
        select
            *,
            -- how long it was up since the last time down; unknown when that ended in silence
            if(
                lag(is_mended) over breakdowns_of_machine,
                us_between(lag(ended_at) over breakdowns_of_machine, from_at),
                null
            ) as up_us,
            us_between(from_at, ended_at) as repair_us,
        from
            (
                select
                    machine_id,
                    min(read_at) as from_at,
                    max(ends_at) as ended_at,
                    max_by(coalesce(is_followed, false), read_at) as is_mended,
                from
                    (
                        select
                            *,
                            sum((not is_down_before)::integer) over (
                                rows unbounded preceding
                            ) as breakdown,
                        from machine_readings
                        where state = 'down'
                    )
                group by machine_id, breakdown
            )
        window breakdowns_of_machine as (partition by machine_id order by from_at)
    ),

    repairs as (
        select
            breakdowns.machine_id,
            day,
            avg(up_us) / 3600000000 as mtbf_hours,
            avg(repair_us) filter (is_mended) / 3600000000 as mttr_hours,
        from breakdowns
        join
            machine_hours
            on breakdowns.machine_id = machine_hours.machine_id
            and date_trunc('hour', from_at) = hour
        group by all
    ),

    top_faults as (
        select machine_id, day, last_fault_code as top_fault_code
        from machine_hours
        where last_fault_code is not null
        group by machine_id, day, last_fault_code
        qualify
            row_number() over (
                partition by machine_id, day order by sum(foretold_down_us) desc, last_fault_code
            )
            = 1
    ),

    prints as (
        select
            machine_id,
            local_time(hour, timezone)::date as day,
            sum(good) as good,
            sum(spoiled) as spoiled,
        from rpt_print
        join machines using (machine_id)
        join places on machines.office_code = places.office_code and is_current
        group by all
    ),

    days as (
        select
            machine_id,
            day,
            sum(running_us) as running_us,
            sum(idle_us) as idle_us,
            sum(down_us) as down_us,
            sum(maintenance_us) as maintenance_us,
            sum(readings) as readings,
            sum(produced_count) as produced_count,
            sum(failures) as failures,
        from machine_hours
        group by machine_id, day
    ),

    firsts as (
        select
            machine_id,
            machines.office_code,
            places.timezone,
            rated_per_hour,
            least(coalesce(retired_on, date '9999-12-31'), valid_to_at::date) as last_on,
            min(day) as first_on,
        from days
        join machines using (machine_id)
        join places on machines.office_code = places.office_code and is_current
        group by all
    ),

    passed as (
        select timezone, day, sum(hour_us) as passed_us from hours group by timezone, day
    )

select
    machine_id,
    passed.day,
    office_code::varchar as office_code,
    minutes(coalesce(running_us, 0)) as running_minutes,
    minutes(coalesce(idle_us, 0)) as idle_minutes,
    minutes(coalesce(down_us, 0)) as down_minutes,
    minutes(coalesce(maintenance_us, 0)) as maintenance_minutes,
    minutes(
        greatest(passed_us - coalesce(running_us + idle_us + down_us + maintenance_us, 0), 0)
    ) as unknown_minutes,
    -- able to work, of the time known without planned maintenance
    share_pct(running_us + idle_us, running_us + idle_us + down_us) as availability_pct,
    share_pct(produced_count, rated_per_hour * running_us::double / 3600000000) as performance_pct,
    share_pct(good, good + spoiled) as quality_pct,
    availability_pct * performance_pct * quality_pct / 10000 as oee_pct,
    coalesce(failures, 0)::bigint as failures,
    mtbf_hours,
    mttr_hours,
    top_fault_code,
from firsts
join passed on firsts.timezone = passed.timezone and first_on <= passed.day
left join days using (machine_id, day)
left join prints using (machine_id, day)
left join repairs using (machine_id, day)
left join top_faults using (machine_id, day)
where passed.day <= last_on or readings > 0
;

-- One row per machine in service.
create table rpt_machine_now as
with
    newest as (
        select
            machine_id,
            max(read_at) as last_seen_at,
            max_by(state, read_at) as state,
            max_by(fault_code, read_at) as fault_code,
            max(read_at) filter (not (is_carried and previous_state = state)) as changed_at,
        from machine_readings
        group by machine_id
    )

select
    machine_id,
    machines.office_code::varchar as office_code,
    if(is_unknown, 'unknown', state) as state,
    if(is_unknown, last_seen_at + interval 30 minute, changed_at) as since_at,
    last_seen_at,
    if(not is_unknown and state = 'down', fault_code, null) as fault_code,
from
    (
        select
            machines.*,
            newest.* exclude (machine_id),
            coalesce(
                last_seen_at < now_at() - late_after_minutes * interval 1 minute, true
            ) as is_unknown,
        from machines
        cross join built.seeds.freshness_rules
        left join newest using (machine_id)
        where record = 'machine_readings' and (retired_on is null or retired_on >= today())
    ) as machines
;
