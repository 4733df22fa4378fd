{{ config(materialized="view") }}

with

    -- a box overdue for longer than a month is lost, and no longer a thing to act on now
    late_boxes as (
        select
            boxes.to_office_code as office_code,
            count(*) as boxes,
            max(boxes.overdue_days) as overdue_days,
            min(boxes.due_at) as due_at,
            min(boxes.box_id) as first_box
        from {{ ref("rpt_boxes") }} as boxes
        cross join {{ alert_rule("box_overdue") }} as rules
        where boxes.is_overdue and boxes.overdue_days between rules.threshold and 30
        group by boxes.to_office_code
    ),

    stocks as (
        select
            office_code,
            max(uncollected) filter (where day = {{ today() }}) as passports,
            max(uncollected) filter (where day = {{ today() }} - 28) as passports_before,
            max(uncollected_oldest_days) filter (where day = {{ today() }}) as oldest_days
        from {{ ref("rpt_deliveries") }}
        where day in ({{ today() }}, {{ today() }} - 28) and place_scope = 'office:' || office_code
        group by office_code
    )

select
    rules.rule,
    boxes.office_code as thing,
    'found' as state,
    boxes.office_code,
    null as severity,
    cast(boxes.overdue_days as double) as measured,
    rules.threshold as expected,
    boxes.due_at as since_at,
    '' as shared_cause,
    cast(json_object('boxes', boxes.boxes, 'first_box', boxes.first_box) as varchar) as parameters
from late_boxes as boxes
cross join {{ alert_rule("box_overdue") }} as rules
where boxes.boxes >= rules.minimum_volume
union all
select
    rules.rule,
    stocks.office_code as thing,
    'found' as state,
    stocks.office_code,
    null as severity,
    cast(stocks.passports as double) as measured,
    cast(stocks.passports_before as double) as expected,
    cast({{ today() }} as timestamp) as since_at,
    '' as shared_cause,
    cast(
        json_object('passports', stocks.passports, 'oldest_days', stocks.oldest_days) as varchar
    ) as parameters
from stocks
cross join {{ alert_rule("uncollected_stock") }} as rules
where
    stocks.passports - stocks.passports_before >= rules.minimum_volume
    and stocks.passports >= stocks.passports_before * rules.threshold
