"""What the small publication says of risks, forecasts, bottlenecks and incidents."""

SQL = """
insert into rpt_applications
select * exclude (n) replace (
    'Z' || n || '-' || application_id as application_id, 'open_within' as promise_state,
    date '2026-11-23' as promise_due_on, 'approval' as current_stage_code,
    false as is_beyond_promise, null::timestamptz as ready_at, 3::bigint as age_days
)
from (
    select *, row_number() over (order by application_id) as n
    from rpt_applications where is_open and office_code in ('KAR-1', 'HYD-1')
)
where n <= 40;
create table rpt_promise_risk as
select application_id, 0.75::double as probability_late, date '2026-12-01' as expected_on,
    'machines' as reason
from rpt_applications where promise_state = 'open_within';

insert into rpt_forecast
select place_scope, measure, $last::date + n::integer, 90.0 * size, 100.0 * size, 120.0 * size,
    'weekday_mean', 0.2
from (select distinct place_scope from rpt_volumes)
cross join (values ('arrivals', 1), ('completed', 1), ('backlog', 10)) as measures(measure, size)
cross join unnest(generate_series(1, 14)) as days(n);

create table rpt_bottlenecks as
select
    'print_queue' as stage_code, 'Print queue' as stage_name, 'LAH-1' as office_code,
    1::bigint as priority, 4100::bigint as cases, 2000.0::double as usual_cases,
    33.0::double as growth_per_day, 1.5::double as days_saved, 'machine_down' as cause,
    'M1' as cause_detail;

create table rpt_incidents as
select
    id::varchar as incident_id, parent::varchar as parent_incident_id, rule, thing, severity, state,
    place_scope, opened - interval 20 minute as since_at, opened as opened_at,
    opened + to_minutes(taken) as acknowledged_at, assigned_to, 1::integer as escalation_level,
    case when state = 'resolved' then opened + interval 3 hour end as resolved_at,
    case when state = 'resolved' then 'The carrier mended the fibre' end as cause,
    case when state = 'resolved' then 'real' end as outcome,
    taken::decimal(18, 6) as acknowledge_minutes,
    case when state = 'resolved' then 180 end::decimal(18, 6) as resolve_minutes,
    0::integer as reopened_count, title, action, owner_role, 95.0::double as measured,
    0.0::double as expected, 'minutes' as unit, parameters
from (values
    (1, null, 'link_down', 'LAH-1:internet', 'major', 'resolved', 'office:LAH-1',
        timestamptz '2026-11-19 04:00:00+00', 12, 'engineer', 'Link {link} of {place} is down',
        'Call the carrier; switch to the second line; tell the office how long it will take',
        'engineer', '{"link": "internet"}'),
    (2, 1, 'silence', 'LAH-2', 'minor', 'resolved', 'office:LAH-2',
        timestamptz '2026-11-19 04:10:00+00', null, null, 'Nothing comes from {place}',
        'Call the office: is it open and has it power and a link', 'monitoring', '{}'),
    (3, null, 'consumable_out', 'KAR-1|ribbon', 'critical', 'open', 'office:KAR-1',
        timestamptz '2026-11-19 09:00:00+00', null, null, '{item} has run out at {place}',
        'Move stock from another site today; send urgent jobs to other sites', 'print_manager',
        '{"item": "ribbon"}'),
    (4, null, 'run_failed', 'hourly', 'major', 'acknowledged', 'country',
        timestamptz '2026-11-19 10:00:00+00', 30, 'engineer', 'The command `{command}` failed',
        'Read its reason (passport status), mend it and run again', 'engineer',
        '{"command": "run hourly"}')
) as found(id, parent, rule, thing, severity, state, place_scope, opened, taken, assigned_to, title,
    action, owner_role, parameters);

create table rpt_incident_events as
select
    n::varchar as event_id, '1' as incident_id, 'office:LAH-1' as place_scope, kind,
    timestamptz '2026-11-19 04:00:00+00' + to_minutes(minute) as happened_at, role, to_role, said
from (values
    (1, 'opened', 0, 'system', null, ''),
    (2, 'notified', 1, 'system', null, ''),
    (3, 'acknowledged', 12, 'engineer', null, ''),
    (4, 'escalated', 15, 'system', 'monitoring', ''),
    (5, 'noted', 40, 'engineer', null, 'Carrier says two hours'),
    (6, 'linked', 45, 'system', null, ''),
    (7, 'resolved', 180, 'engineer', null, 'The carrier mended the fibre')
) as events(n, kind, minute, role, to_role, said);

create table rpt_incident_messages as
select
    '1' as incident_id, n::varchar as message_id, kind, 'office:LAH-1' as place_scope, role,
    channel, made as made_at, sent as sent_at, dead as dead_at, attempts::integer as attempts
from (values
    (1, 'opened', 'engineer', 'mail', timestamptz '2026-11-19 04:01:00+00',
        timestamptz '2026-11-19 04:01:20+00', null, 1),
    (2, 'opened', 'office_head', 'sms', timestamptz '2026-11-19 04:01:00+00', null,
        timestamptz '2026-11-19 09:10:00+00', 12),
    (3, 'resolved', 'engineer office_head', 'mail', timestamptz '2026-11-19 07:01:00+00',
        timestamptz '2026-11-19 07:01:10+00', null, 2)
) as messages(n, kind, role, channel, made, sent, dead, attempts);
"""
