{{ config(materialized="view", tags=["live"]) }}

with

    machines as (select * from {{ ref("rpt_machine_now") }}),

    -- what ran for less than two hours tells little: most of it is when it was read
    machine_days as (
        select
            machine_id,
            office_code,
            day,
            oee_pct,
            avg(oee_pct) over fortnight as usual_pct,
            count(oee_pct) over fortnight as days_before
        from {{ ref("rpt_machines") }}
        where day >= {{ today() }} - 16 and day < {{ today() }} and running_minutes >= 120
        window
            fortnight as (
                partition by machine_id
                order by
                    day range between interval '14' day preceding and interval '1' day preceding
            )
    ),

    stocks as (
        select
            stock_key,
            office_code,
            item,
            max(day) as day,
            max_by(quantity, day) as quantity,
            max_by(days_left, day) as days_left,
            max_by(on_order, day) as on_order
        from {{ ref("rpt_consumables") }}
        group by stock_key, office_code, item
    ),

    -- a site whose counts do not come: its stock is not known
    not_counted as (
        select office_code
        from {{ ref("rpt_freshness") }}
        where record = 'consumables' and state in ('silent', 'held')
    )

{% for rule, state in [("machine_down", "down"), ("machine_unknown", "unknown")] %}
    select
        rules.rule,
        machines.machine_id as thing,
        case when machines.state = '{{ state }}' then 'found' else 'unknown' end as state,
        machines.office_code,
        null as severity,
        {{ minutes_since("machines.since_at") }} as measured,
        rules.threshold as expected,
        machines.since_at,
        '' as shared_cause,
        cast(
            json_object('machine', machines.machine_id, 'fault', machines.fault_code) as varchar
        ) as parameters
    from machines
    cross join {{ alert_rule(rule) }} as rules
    where
        machines.state in ('{{ state }}', 'unknown')
        and (
            machines.state = 'unknown'
            or {{ minutes_since("machines.since_at") }} >= rules.threshold
        )
    union all
{% endfor %}
select
    rules.rule,
    days.machine_id as thing,
    'found' as state,
    days.office_code,
    null as severity,
    cast(days.oee_pct as double) as measured,
    cast(days.usual_pct as double) as expected,
    cast(days.day as timestamp) as since_at,
    '' as shared_cause,
    cast(json_object('machine', days.machine_id) as varchar) as parameters
from machine_days as days
cross join {{ alert_rule("oee_fall") }} as rules
where
    days.day = {{ today() }} - 1
    and days.days_before >= rules.minimum_volume
    and days.usual_pct - days.oee_pct >= rules.threshold
{% for rule, measure in [("consumable_low", "days_left"), ("consumable_out", "quantity")] %}
    union all
    select
        rules.rule,
        stocks.stock_key as thing,
        case when not_counted.office_code is null then 'found' else 'unknown' end as state,
        stocks.office_code,
        null as severity,
        cast(stocks.{{ measure }} as double) as measured,
        rules.threshold as expected,
        cast(stocks.day as timestamp) as since_at,
        stocks.item as shared_cause,
        cast(
            json_object(
                'item',
                stocks.item,
                'days_left',
                cast(floor(stocks.days_left) as integer),
                'on_order',
                stocks.on_order
            ) as varchar
        ) as parameters
    from stocks
    cross join {{ alert_rule(rule) }} as rules
    left join not_counted on stocks.office_code = not_counted.office_code
    where
        stocks.{{ measure }}
        {{ "<" if rule == "consumable_low" else "<=" }} rules.threshold
        or not_counted.office_code is not null
{% endfor %}
