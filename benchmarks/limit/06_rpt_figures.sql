-- One row per authority day, scope and tier: a case counts once in each, on the day of the first.
create temp table milestones as
select office_code, tier, authority_date(reached_at) as day, milestone, count(*) as cases
from
    (
        unpivot (
            select
                office_code,
                tier,
                submitted_at as submitted,
                approved_at as approved,
                deferred_at as deferred,
                printed_at as printed,
                dispatched_at as dispatched,
                ready_at as ready,
                coalesce(
                    collected_at, if(outcome = 'delivered', completed_at, null)
                ) as collected,
                cancelled_at as cancelled,
            from cases
        )
        on submitted, approved, deferred, printed, dispatched, ready, collected, cancelled
        into name milestone value reached_at
    )
where reached_at <= now_at()
group by all
;

create temp table fees as
select office_code, tier, authority_date(submitted_at) as day, sum(fee_pkr) as fee_pkr
from cases
where submitted_at <= now_at()
group by all
;

create temp table scope_volumes as
select
    scope,
    coalesce(tier::varchar, 'all') as tier,
    day,
    sum(cases) filter (milestone = 'submitted') as submitted,
    sum(cases) filter (milestone = 'approved') as approved,
    sum(cases) filter (milestone = 'deferred') as deferred,
    sum(cases) filter (milestone = 'printed') as printed,
    sum(cases) filter (milestone = 'dispatched') as dispatched,
    sum(cases) filter (milestone = 'ready') as ready,
    sum(cases) filter (milestone = 'collected') as collected,
    sum(cases) filter (milestone = 'cancelled') as cancelled,
    sum(fee_pkr) as fee_pkr,
from
    (
        select * from milestones
        union all by name
        select * from fees
    ) as figures
join
    scopes
    on figures.office_code = scopes.office_code
    and scopes.from_on <= day
    and day < scopes.until_on
group by grouping sets ((scope, day, tier), (scope, day))
;

-- Every day from a scope's first on has a row. A scope is closed where most of its places are, and
-- keeps a holiday where that closes them.
create temp table scope_days as
with
    first_days as (
        select scope, tier, min(day) as first_day from scope_volumes group by scope, tier
    ),

    closed_days as (
        select
            scope,
            day,
            count(*) filter (is_holiday and not is_working_day) * 2 > count(*) as is_holiday
        from calendar
        join
            scopes
            on calendar.office_code = scopes.office_code
            and scopes.from_on <= day
            and day < scopes.until_on
        where day between (select min(first_day) from first_days) and today()
        group by scope, day
        having count(*) filter (not is_working_day) * 2 > count(*)
    )

select
    days.*,
    coalesce(submitted, 0) as submitted,
    closed_days.day is not null as is_closed,
    coalesce(closed_days.is_holiday, false) as is_holiday,
from
    (
        select
            scope, tier, unnest(range(first_day, today() + 1, interval 1 day))::date as day
        from first_days
    ) as days
left join scope_volumes using (scope, tier, day)
left join closed_days using (scope, day)
;

create table rpt_volumes as
with
    -- days of its kind in the eight weeks before: a holiday with all on which the scope was closed,
    -- any other day with its weekday, less the holidays
    compared as (
        select days.scope, days.tier, days.day, earlier.submitted
        from scope_days as days
        join scope_days as earlier
            on days.scope = earlier.scope
            and days.tier = earlier.tier
            and days.day - earlier.day between 7 and 56
            and (days.day - earlier.day) % 7 = 0
        where not days.is_holiday and not earlier.is_holiday
        union all
        select days.scope, days.tier, days.day, earlier.submitted
        from scope_days as days
        join scope_days as earlier
            on days.scope = earlier.scope
            and days.tier = earlier.tier
            and days.day - earlier.day between 1 and 56
        where days.is_holiday and earlier.is_closed
    ),

    expectations as (
        select scope, tier, day, median(submitted) as expected_submitted
        from compared
        group by scope, tier, day
    )

select
    day,
    place_scope,
    tier,
    office_code::varchar as office_code,
    coalesce(volumes.submitted, 0)::bigint as submitted,
    coalesce(approved, 0)::bigint as approved,
    coalesce(deferred, 0)::bigint as deferred,
    coalesce(printed, 0)::bigint as printed,
    coalesce(dispatched, 0)::bigint as dispatched,
    coalesce(ready, 0)::bigint as ready,
    coalesce(collected, 0)::bigint as collected,
    coalesce(cancelled, 0)::bigint as cancelled,
    coalesce(fee_pkr, 0)::decimal(18, 2) as fee_pkr,
    expected_submitted,
from scope_days
left join scope_volumes as volumes using (scope, tier, day)
left join expectations using (scope, tier, day)
join scope_names using (scope)
;

-- One row per period, scope and tier in which a promise was met.
create table rpt_turnaround as
with
    met as (
        select
            office_code,
            tier,
            turnaround_seconds::double / 86400 as days,
            working_days::double as working_days,
            authority_date(promise_met_at) as day,
        from cases
        where promise_met_at <= now_at()
    ),

    periods as (
        select * replace (period_start::date as period_start)
        from
            (
                unpivot (
                    select
                        *,
                        day as d,
                        date_trunc('week', day)::date as w,
                        date_trunc('month', day)::date as m,
                    from met
                )
                on d as day, w as week, m as month
                into name period_kind value period_start
            )
    ),

    figures as (
        select
            period_kind,
            period_start,
            scope,
            tier,
            count(*) as completed,
            avg(days::decimal(18, 9))::double as mean_days,
            quantile_cont(days, [0.5, 0.8, 0.9, 0.95]) as days,
            quantile_cont(working_days, [0.5, 0.8, 0.9]) as working_days,
        from periods
        join
            scopes
            on periods.office_code = scopes.office_code
            and from_on <= day
            and day < until_on
        group by
            grouping sets (
                (period_kind, period_start, scope, tier), (period_kind, period_start, scope)
            )
    )

select
    period_kind,
    period_start,
    place_scope,
    coalesce(tier::varchar, 'all') as tier,
    office_code::varchar as office_code,
    completed,
    mean_days,
    days[1] as p50_days,
    days[2] as p80_days,
    days[3] as p90_days,
    days[4] as p95_days,
    working_days[1] as p50_working_days,
    working_days[2] as p80_working_days,
    working_days[3] as p90_working_days,
    completed < 20 as is_small_number,
from figures
join scope_names using (scope)
;

-- One row per period of the due day, scope and tier.
create table rpt_promise as
with
    due as (
        select
            office_code,
            tier,
            promise_due_on as day,
            count(*) filter (promise_state = 'kept') as kept,
            count(*) filter (promise_state = 'missed') as missed,
            count(*) filter (promise_state = 'open_within') as open_within,
            count(*) filter (promise_state = 'open_beyond') as open_beyond,
            count(*) as due,
            sum(promise_target_pct::decimal(9, 6)) as target_sum,
        from rpt_applications
        where promise_state in ('kept', 'missed', 'open_within', 'open_beyond')
        group by all
    ),

-- by day and scope first: a longer period adds its days up
    days as (
        select
            scope,
            tier,
            day,
            sum(due) as due,
            sum(kept) as kept,
            sum(missed) as missed,
            sum(open_within) as open_within,
            sum(open_beyond) as open_beyond,
            sum(target_sum) as target_sum,
        from due
        join
            scopes
            on due.office_code = scopes.office_code::varchar
            and from_on <= day
            and day < until_on
        group by scope, tier, day
    ),

    periods as (
        select *, 'day' as period_kind, day as period_start
        from days
        union all
        select *, 'week', date_trunc('week', day)::date
        from days
        union all
        select *, 'month', date_trunc('month', day)::date
        from days
    )

select
    period_kind,
    period_start,
    any_value(place_scope) as place_scope,
    coalesce(tier, 'all') as tier,
    sum(due)::bigint as due,
    sum(kept)::bigint as kept,
    sum(missed)::bigint as missed,
    sum(open_within)::bigint as open_within,
    sum(open_beyond)::bigint as open_beyond,
    share_pct(sum(kept), sum(due)) as kept_pct,
    sum(target_sum)::double / sum(due) as target_pct,
    sum(due) < 20 as is_small_number,
from periods
join scope_names using (scope)
group by
    grouping sets ((period_kind, period_start, scope, tier), (period_kind, period_start, scope))
;

-- One row per authority day, holder, stage and tier with a case in it at the beginning or end.
create table rpt_backlog_daily as
with
    -- where a case stands at the end of each day on which something happened to it
    ends_of_days as (
        select
            case_number,
            office_code,
            stage_code::varchar as stage_code,
            authority_date(occurred_at) as from_on,
            authority_date(next_event_at) as until_on,
        from moments
        where
            next_event_at is null
            or authority_date(next_event_at) <> authority_date(occurred_at)
        union all
        select
            case_number,
            office_code,
            'not_started' as stage_code,
            authority_date(submitted_at) as from_on,
            authority_date(first_event_at) as until_on,
        from cases
    ),

    stays as (
        select
            case_number,
            stays.office_code,
            stays.stage_code,
            tier,
            authority_date(submitted_at) as submitted_on,
            -- the authority's day: the case's own `submitted_on` is the place's
            greatest(from_on, authority_date(submitted_at)) as from_on,
            least(until_on, authority_date(ended_at)) as until_on,
            authority_date(least(promise_met_at, ended_at)) as settled_on,
            -- a clock that stopped in time lets no promise lapse while it stands
            if(
                (stopped_since_at is null or stopped_since_at >= promise_lapses_at)
                and promise_lapses_at <= now_at(),
                authority_date(promise_lapses_at - interval 1 microsecond),
                null
            ) as lapses_on,
        from ends_of_days as stays
        join cases using (case_number)
    ),

-- a stay that goes on in the same cell is no new one
    turned as (
        select
            *,
            lag(office_code) over case_stays is not distinct from office_code
            and lag(stage_code) over case_stays is not distinct from stage_code
            and lag(until_on) over case_stays is not distinct from from_on as is_same_before,
            lead(office_code) over case_stays is not distinct from office_code
            and lead(stage_code) over case_stays is not distinct from stage_code
            and lead(from_on) over case_stays is not distinct from until_on as is_same_after,
        from stays
        where (until_on is null or from_on < until_on) and from_on <= today()
        window case_stays as (partition by case_number order by from_on)
    ),

-- alike cases together
    cohorts as (
        select * exclude (case_number), count(*) as cases from turned group by all
    ),

    days as (
        select *, day = from_on and not is_same_before as is_entry, false as is_exit
        from
            (
                select
                    *,
                    unnest(
                        range(
                            from_on,
                            least(coalesce(until_on, today() + 1), today() + 1),
                            interval 1 day
                        )
                    )::date as day,
                from cohorts
            )
        union all
        select *, until_on as day, false as is_entry, true as is_exit
        from cohorts
        where until_on <= today() and not is_same_after
    )

select
    day,
    office_code::varchar as office_code,
    stage_code,
    tier::varchar as tier,
    coalesce(sum(cases) filter (is_exit), 0)
    + coalesce(sum(cases) filter (not is_exit), 0)
    - coalesce(sum(cases) filter (is_entry), 0) as opening,
    coalesce(sum(cases) filter (is_entry), 0) as entered,
    coalesce(sum(cases) filter (is_exit), 0) as left_count,
    coalesce(sum(cases) filter (not is_exit), 0) as closing,
    coalesce(
        sum(cases) filter (
            not is_exit and lapses_on <= day and (settled_on is null or day < settled_on)
        ),
        0
    ) as beyond_promise,
    coalesce(sum(cases) filter (not is_exit and day - submitted_on <= 7), 0) as age_0_7_days,
    coalesce(
        sum(cases) filter (not is_exit and day - submitted_on between 8 and 21), 0
    ) as age_8_21_days,
    coalesce(
        sum(cases) filter (not is_exit and day - submitted_on between 22 and 60), 0
    ) as age_22_60_days,
    coalesce(sum(cases) filter (not is_exit and day - submitted_on > 60), 0) as age_over_60_days,
    max(day - submitted_on) filter (not is_exit) as oldest_days,
from days
group by day, office_code, stage_code, tier
;

-- One row per application and reason.
create table rpt_audit_cases as
with
    cases as (
        select
            cases.*,
            month_of(submitted_on) as month,
            states.promise_state,
            states.promise_due_on as present_due_on,
        from cases
        join rpt_applications as states using (application_id)
    ),

    normal_fees as (
        select
            month,
            is_mission,
            pages,
            validity_years,
            is_e_passport,
            quantile_cont(fee_pkr, 0.5)::decimal(18, 2) as normal_fee_pkr
        from cases
        where tier = 'normal'
        group by all
    ),

    findings as (
        select *, 'suspect' as reason, null as detail
        from cases
        where is_suspect
        union all
        select *, 'out_of_district', home_district || ' at ' || office_district
        from cases
        where not is_mission and lower(trim(home_district)) <> lower(trim(office_district))
        union all
        select *, 'priority', priority_reason
        from cases
        where priority_reason is not null
        union all
        select
            *,
            'late_urgent_fee',
            'due '
            || present_due_on
            || if(
                promise_state = 'missed',
                ', met ' || authority_date(promise_met_at),
                ', still open'
            )
        from cases
        where tier <> 'normal' and promise_state in ('missed', 'open_beyond')
    )

select
    application_id,
    reason,
    office_code::varchar as office_code,
    tier::varchar as tier,
    detail,
    if(
        reason = 'late_urgent_fee', (fee_pkr - normal_fee_pkr)::decimal(18, 2), null
    ) as fee_difference_pkr,
from findings
left join
    normal_fees
    on findings.month = normal_fees.month
    and findings.is_mission = normal_fees.is_mission
    and findings.pages is not distinct from normal_fees.pages
    and findings.validity_years is not distinct from normal_fees.validity_years
    and findings.is_e_passport is not distinct from normal_fees.is_e_passport
;
