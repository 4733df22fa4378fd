-- The days that cases, shifts and complaints can meet.
create temp table dates as
select
    cast(day as date) as day,
    isodow(day) as weekday
from
    generate_series(
        (select date_trunc('day', min(submitted_at)) - interval 70 day from built.raw.applications),
        now_at() + interval 200 day,
        interval 1 day
    ) as days(day)
;

-- Days of places: with the place's version of that day, judged at noon UTC.
create temp table place_days as
select
    places.office_code,
    places.country_code,
    places.timezone,
    places.works_holidays,
    dates.day,
    dates.weekday,
    midnights.starts_at,
    midnights.ends_at,
from dates
join
    (
        select
            office_code,
            country_code,
            timezone,
            works_holidays,
            valid_from_at - interval 12 hour as from_at,
            lead(valid_from_at - interval 12 hour, 1, timestamp '9999-12-31') over (
                partition by office_code order by valid_from_at
            ) as until_at,
        from places
    ) as places
    on places.from_at <= dates.day
    and dates.day < places.until_at
join
    (
        select
            timezone,
            day,
            utc_time(cast(day as timestamp), timezone) as starts_at,
            utc_time(day + interval 1 day, timezone) as ends_at,
        from dates, (select distinct timezone from places)
    ) as midnights
    on places.timezone = midnights.timezone
    and dates.day = midnights.day
;

-- Whether a rule closes or opens a day of a place: the place's beats the country's, an override
-- beats a holiday. Places that work on holidays heed only overrides of their own.
create temp table ruled_days as
with
    rules as (
        select country_code, office_code, holiday_date, is_working_day, false as is_override
        from latest(built.raw.holidays, (country_code, holiday_date, office_code), observed_at)
        union all
        select country_code, nullif(office_code, ''), holiday_date, is_working_day, true
        from built.seeds.calendar_overrides
    )

select
    days.office_code,
    days.day,
    coalesce(rules.is_working_day, false) as is_working_day,
    days.works_holidays
    and not (rules.is_override and rules.office_code is not null) as is_ignored,
from place_days as days
join
    rules
    on days.day = rules.holiday_date
    and days.country_code = rules.country_code
    and (rules.office_code is null or rules.office_code = days.office_code)
qualify
    row_number() over (
        partition by days.office_code, days.day
        order by
            rules.is_override desc,
            rules.office_code is not null desc,
            coalesce(rules.is_working_day, false) desc
    )
    = 1
;

-- Openings of places in UTC: those that meet or overlap within a day are one, and where two days'
-- overlap the earlier counts.
create temp table openings as
with
    hours as (
        select * replace (cast(office_code as office) as office_code)
        from
            latest(
                built.raw.office_hours, (office_code, weekday, opens_at, valid_from), observed_at
            )
    ),

    regimes as (
        -- the latest hours still valid replace all others for the whole week
        select days.office_code, days.day, max(valid_from) as valid_from
        from place_days as days
        join
            (select distinct office_code, valid_from, valid_to from hours) as validities
            on days.office_code = validities.office_code
            and validities.valid_from <= days.day
            and (validities.valid_to is null or days.day <= validities.valid_to)
        group by days.office_code, days.day
    ),

    clock_times as (
        select
            days.office_code,
            timezone,
            days.day,
            starts_at,
            ends_at,
            cast(opens_at as interval) as opens,
            case
                when opens_at = closes_at or closes_at like '24:00%' or closes_at like '23:59:59%'
                then interval 24 hour
                when closes_at < opens_at
                then cast(closes_at as interval) + interval 24 hour
                else cast(closes_at as interval)
            end as closes,
        from place_days as days
        join regimes on days.office_code = regimes.office_code and days.day = regimes.day
        join
            hours
            on days.office_code = hours.office_code
            and days.weekday = hours.weekday
            and regimes.valid_from = hours.valid_from
            and (hours.valid_to is null or days.day <= hours.valid_to)
        union all
        select
            office_code, timezone, day, starts_at, ends_at, interval 510 minute, interval 990 minute
        from place_days
        where
            weekday <= 5 and office_code not in (select distinct office_code from hours)
    ),

    open_times as (
        select
            clock_times.office_code,
            clock_times.day,
            -- the zone is asked again only where its clocks change, or beyond midnight
            case
                when ends_at = starts_at + interval 24 hour
                then starts_at + opens
                else utc_time(clock_times.day + opens, timezone)
            end as opens_at,
            case
                when ends_at = starts_at + interval 24 hour and closes <= interval 24 hour
                then starts_at + closes
                else utc_time(clock_times.day + closes, timezone)
            end as closes_at,
        from clock_times
        left join ruled_days using (office_code, day)
        where ruled_days.day is null or ruled_days.is_working_day or ruled_days.is_ignored
    ),

    merged as (
        select office_code, day, min(opens_at) as opens_at, max(closes_at) as closes_at
        from
            (
                select
                    *,
                    sum(is_new) over (
                        partition by office_code, day order by opens_at, closes_at
                    ) as opening,
                from
                    (
                        select
                            *,
                            coalesce(
                                opens_at > max(closes_at) over (
                                    partition by office_code, day
                                    order by opens_at, closes_at
                                    rows between unbounded preceding and 1 preceding
                                ),
                                true
                            )::integer as is_new,
                        from open_times
                        where opens_at < closes_at
                    )
            )
        group by office_code, day, opening
    )

select
    office_code,
    day,
    sum(us_between(opens_at, closes_at)) over (partition by office_code, day) as day_us,
    greatest(
        opens_at,
        coalesce(
            max(closes_at) over (
                partition by office_code
                order by opens_at, closes_at
                rows between unbounded preceding and 1 preceding
            ),
            opens_at
        )
    ) as opens_at,
    closes_at,
from merged
;

-- Days of places, counted by working days.
create temp table calendar as
select
    place_days.office_code,
    place_days.day,
    starts_at,
    ends_at,
    open_days.day is not null as is_working_day,
    coalesce(not ruled_days.is_working_day, false) as is_holiday,
    minutes(coalesce(open_days.day_us, 0)) as open_minutes,
    cast(
        count(open_days.day) over (
            partition by place_days.office_code
            order by place_days.day
            rows between unbounded preceding and 1 preceding
        ) as integer
    ) as working_days_before,
from place_days
left join
    (select office_code, day, any_value(day_us) as day_us from openings group by all) as open_days
    using (office_code, day)
left join ruled_days using (office_code, day)
;

create temp table working_days as
select office_code, working_days_before, day, ends_at
from calendar
where is_working_day
;

-- The clock of a place: what has been open before an opening, in microseconds and in billionths of
-- a working day. An opening ends with the UTC day; what goes on at the same rate is one.
create temp table clocks as
with
    pieces as (
        select
            office_code,
            day_at,
            greatest(opens_at, day_at) as opens_at,
            least(closes_at, day_at + interval 1 day) as closes_at,
            rate,
        from
            (
                select
                    office_code,
                    opens_at,
                    closes_at,
                    1000000000.0 / day_us as rate,
                    unnest(
                        range(date_trunc('day', opens_at), closes_at, interval 1 day)
                    ) as day_at,
                from openings
                where opens_at < closes_at
            )
    ),

    numbered as (
        select
            *,
            sum(is_new::integer) over (partition by office_code order by opens_at) as opening,
        from
            (
                select
                    *,
                    (
                        lag(closes_at) over pieces_of_day = opens_at
                        and lag(rate) over pieces_of_day = rate
                    ) is not true as is_new,
                from pieces
                window pieces_of_day as (partition by office_code, day_at order by opens_at)
            )
    ),

    merged as (
        select
            office_code,
            min(opens_at) as opens_at,
            max(closes_at) as closes_at,
            any_value(rate) as rate,
            us_between(min(opens_at), max(closes_at)) as open_us,
        from numbered
        group by office_code, opening
    )

select
    office_code,
    opens_at,
    closes_at,
    rate,
    coalesce(sum(open_us) over openings_before, 0)::bigint as us_before,
    coalesce(
        sum(floor(open_us * rate + 0.5)::bigint) over openings_before, 0
    )::bigint as parts_before,
from merged
window
    openings_before as (
        partition by office_code
        order by opens_at
        rows between unbounded preceding and 1 preceding
    )
;

-- The place's date of a moment, from the calendar's day of the moment's UTC date.
create temp macro place_date(moment, day, starts_at, ends_at) as
case
    when moment < starts_at then day - 1 when moment >= ends_at then day + 1 else moment::date
end
;
