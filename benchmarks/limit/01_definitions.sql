-- What the queries share. `now_at`, `authority_timezone` and `process_months` are set by the
-- script.
-- The authority's offset from UTC now, and the day since which it holds: zones are slow to ask.
set
    variable authority_offset
    = timezone(getvariable('authority_timezone'), timezone('UTC', getvariable('now_at')))
    - getvariable('now_at')
;

set
    variable offset_since = (
        select coalesce(max(day), timestamp '1970-01-01') + interval 1 day
        from
        generate_series(
            timestamp '1970-01-01',
            getvariable('now_at') + interval 400 day,
            interval 1 day
        ) as days(day)
        where
        timezone(getvariable('authority_timezone'), timezone('UTC', day)) - day
        <> getvariable('authority_offset')
    )
;

create temp macro now_at() as getvariable('now_at');

create temp macro local_time(moment, zone) as timezone(zone, timezone('UTC', moment));

create temp macro utc_time(wall_clock, zone) as timezone('UTC', timezone(zone, wall_clock));

create temp macro authority_date(moment) as
case
    when moment >= getvariable('offset_since')
    then cast(moment + getvariable('authority_offset') as date)
    else cast(local_time(moment, getvariable('authority_timezone')) as date)
end;

create temp macro today() as getvariable('today');

set variable today = authority_date(getvariable('now_at'))
;

-- The first day of the process tables.
set
    variable process_since
    = cast(getvariable('today') - to_months(getvariable('process_months')) as date)
;

create temp macro month_of(day) as cast(date_trunc('month', day) as date);

create temp macro us_between(since, until) as epoch_us(until) - epoch_us(since);

create temp macro seconds(us) as cast(us / 1e6 as decimal(18, 6));

create temp macro seconds_between(since, until) as seconds(us_between(since, until));

create temp macro minutes(us) as cast(us / 6e7 as decimal(18, 6));

create temp macro share_pct(part, whole) as
100.0 * cast(part as double) / nullif(cast(whole as double), 0);
