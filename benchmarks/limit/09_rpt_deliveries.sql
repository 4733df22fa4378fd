create temp table boxes as
select
    * replace (
        from_office_code::office as from_office_code, to_office_code::office as to_office_code
    )
from latest(built.raw.consignments, box_id, updated_at)
;

-- The way of finished passports.
create temp table handovers as
select
    *,
    -- received, or ended on the way; collected, or gone from the shelf without
    greatest(least(received_at, lost_at, ended_at), dispatched_at) as left_transit_at,
    greatest(least(collected_at, returned_at, lost_at, ended_at), ready_at) as left_shelf_at,
    least(received_at, lost_at, ended_at) is null as is_on_the_way,
    least(collected_at, returned_at, lost_at, ended_at) is null as is_on_the_shelf,
from
    (
        select
            coalesce(deliveries.office_code, cases.office_code) as office_code,
            cases.dispatched_at,
            coalesce(boxes.received_at, cases.ready_at, cases.collected_at) as received_at,
            cases.ready_at,
            coalesce(
                cases.collected_at, if(cases.outcome = 'delivered', cases.completed_at, null)
            ) as collected_at,
            if(deliveries.outcome = 'returned', deliveries.updated_at, null) as returned_at,
            case
                when deliveries.outcome = 'lost'
                then deliveries.updated_at
                when cases.outcome = 'lost'
                then cases.completed_at
            end as lost_at,
            cases.ended_at,
        from cases
        left join deliveries using (case_number)
        left join boxes using (box_id)
        where
            cases.dispatched_at is not null
            or cases.ready_at is not null
            or cases.collected_at is not null
            or deliveries.case_number is not null
    )
;

-- One row per authority day and scope.
create table rpt_deliveries as
with
    flows as (
        select office_code, figure, authority_date(moment) as day, count(*) as passports
        from
            (
                unpivot (
                    select
                        office_code,
                        dispatched_at as dispatched,
                        received_at as received,
                        ready_at as ready,
                        collected_at as collected,
                        lost_at as lost,
                    from handovers
                )
                on dispatched, received, ready, collected, lost
                into name figure value moment
            )
        where moment <= now_at()
        group by all
    ),

    stocks as (
        select
            office_code,
            'in_transit' as figure,
            dispatched_at as from_at,
            if(is_on_the_way, null, left_transit_at) as until_at,
        from handovers
        where dispatched_at <= now_at()
        union all
        select office_code, 'uncollected', ready_at, if(is_on_the_shelf, null, left_shelf_at)
        from handovers
        where ready_at <= now_at()
    ),

    cohorts as (
        select
            office_code,
            figure,
            authority_date(from_at) as since_on,
            if(until_at <= now_at(), authority_date(until_at), today() + 1) as until_on,
            count(*) as passports,
        from stocks
        group by all
    ),

    figures as (
        select *, null::date as since_on
        from flows
        union all by name
        select
            office_code,
            figure,
            unnest(range(since_on, until_on, interval 1 day))::date as day,
            passports,
            since_on,
        from cohorts
    ),

    counts as (
        select
            day,
            scope,
            coalesce(sum(passports) filter (figure = 'dispatched'), 0)::bigint as dispatched,
            coalesce(sum(passports) filter (figure = 'received'), 0)::bigint as received,
            coalesce(sum(passports) filter (figure = 'in_transit'), 0)::bigint as in_transit,
            coalesce(sum(passports) filter (figure = 'ready'), 0)::bigint as ready,
            coalesce(sum(passports) filter (figure = 'collected'), 0)::bigint as collected,
            coalesce(sum(passports) filter (figure = 'uncollected'), 0)::bigint as uncollected,
            coalesce(sum(passports) filter (figure = 'lost'), 0)::bigint as lost,
            day - min(since_on) filter (figure = 'uncollected') as uncollected_oldest_days,
        from figures
        join
            scopes
            on figures.office_code = scopes.office_code
            and from_on <= day
            and day < scopes.until_on
        group by day, scope
    ),

    transits as (
        select
            day, scope, quantile_cont(transit_seconds, [0.5, 0.9])::double[] as transit_seconds
        from
            (
                select
                    office_code,
                    authority_date(received_at) as day,
                    seconds_between(dispatched_at, received_at) as transit_seconds,
                from handovers
                where received_at <= now_at() and dispatched_at <= received_at
            ) as received
        join
            scopes
            on received.office_code = scopes.office_code
            and from_on <= day
            and day < until_on
        group by day, scope
    )

select
    day,
    place_scope,
    office_code::varchar as office_code,
    dispatched,
    received,
    in_transit,
    transit_seconds[1] / 86400 as transit_p50_days,
    transit_seconds[2] / 86400 as transit_p90_days,
    ready,
    collected,
    uncollected,
    uncollected_oldest_days,
    lost,
    received < 20 as is_small_number,
from counts
join scope_names using (scope)
left join transits using (day, scope)
;

-- One row per box.
create table rpt_boxes as
select
    box_id,
    from_office_code::varchar as from_office_code,
    to_office_code::varchar as to_office_code,
    carrier,
    dispatched_at,
    due_at,
    received_at,
    -- not known before the first of them is told of
    passports,
    if(
        due_at is not null,
        greatest(authority_date(coalesce(received_at, now_at())) - authority_date(due_at), 0),
        null
    ) as overdue_days,
from boxes
left join
    (select box_id, count(*) as passports from deliveries group by box_id) as passports
    using (box_id)
;

-- One row per month of receipt, receiving office, leg and carrier.
create table rpt_legs as
select
    month_of(authority_date(received_at)) as month,
    to_office_code::varchar as office_code,
    from_office_code || '→' || to_office_code as leg,
    carrier,
    count(*) as boxes,
    quantile_cont(transit_days, 0.5) as p50_days,
    quantile_cont(transit_days, 0.9) as p90_days,
    100.0 * count(*) filter (received_at > due_at) / nullif(count(due_at), 0) as late_pct,
from
    (
        select *, seconds_between(dispatched_at, received_at)::double / 86400 as transit_days
        from boxes
        where received_at is not null
    )
group by month, to_office_code, leg, carrier
;
