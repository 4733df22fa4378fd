-- One row per complaint.
create table rpt_complaint_cases as
with
    complaints as (
        select
            complaints.* replace (complaints.office_code::office as office_code),
            places.timezone,
            places.is_mission,
        from latest(built.raw.complaints, complaint_id, updated_at) as complaints
        left join
            places
            on complaints.office_code = places.office_code::varchar
            and valid_from_at <= opened_at
            and opened_at < valid_to_at
    ),

    stages_then as (
        -- where the application was when somebody complained
        select complaint_id, max_by(stage_code::varchar, moment) as stage_code
        from complaints
        join applications using (application_id)
        join moments on applications.case_number = moments.case_number and occurred_at <= opened_at
        group by complaint_id
    ),

    known as (
        -- whether there is anything to tell of the application
        select distinct complaint_id
        from complaints
        join applications using (application_id)
        join case_events using (case_number)
    ),

    promised as (
        select
            complaints.*,
            promised,
            unit,
            opening_days.day as opened_on,
            working_days_before + is_working_day::integer + promised - 1 as due_working_day,
        from complaints
        asof left join
            calendar as opening_days
            on complaints.office_code = opening_days.office_code
            and opened_at >= opening_days.starts_at
        left join
            promises
            on service = 'complaint'
            and promises.tier is null
            and place_kind = if(is_mission, 'mission', 'domestic')
            and opening_days.day between valid_from and valid_to
    )

select
    complaint_id,
    promised.office_code::varchar as office_code,
    application_id,
    channel,
    category,
    opened_at,
    if(acknowledged_at <= now_at(), acknowledged_at, null) as acknowledged_at,
    if(promised.resolved_at <= now_at(), promised.resolved_at, null) as resolved_at,
    if(promised.resolved_at <= now_at(), outcome, null) as outcome,
    if(known.complaint_id is not null, coalesce(stage_code, 'not_started'), null) as stage_code,
    authority_date(least(promised.resolved_at, now_at())) - authority_date(opened_at) as age_days,
    case
        unit
        when 'working_days'
        then working_days.ends_at
        when 'calendar_days'
        then utc_time((opened_on + promised + 1)::timestamp, timezone)
        when 'minutes'
        then opened_at + promised * interval 1 minute
    end as due_at,
    coalesce(least(promised.resolved_at, now_at()) >= due_at, false) as is_late,
from promised
left join
    working_days
    on promised.office_code = working_days.office_code
    and due_working_day = working_days.working_days_before
left join stages_then using (complaint_id)
left join known using (complaint_id)
where opened_at <= now_at()
;

-- One row per authority month, scope, category and channel.
create table rpt_complaints as
with
    applications as (
        select place_scope, month_of(day) as month, sum(submitted) as submitted
        from rpt_volumes
        where tier = 'all'
        group by all
    ),

    complaints as (
        select *, authority_date(opened_at) as opened_on, month_of(opened_on) as month
        from rpt_complaint_cases
    )

select
    month,
    place_scope,
    category,
    channel,
    count(*) as opened,
    count(acknowledged_at) as acknowledged,
    count(resolved_at) as resolved,
    count(*) - count(resolved_at) as open_now,
    quantile_cont(us_between(opened_at, resolved_at) / 86400000000, 0.5) as p50_days,
    -- a promise is settled by what was resolved, and by what is late already
    100.0
    * count(*) filter (resolved_at is not null and due_at is not null and not is_late)
    / nullif(
        count(*) filter (due_at is not null and (is_late or resolved_at is not null)), 0
    ) as kept_pct,
    10000 * count(*)::double / nullif(any_value(submitted), 0) as per_10000_applications,
from complaints
join
    scopes
    on complaints.office_code = scopes.office_code::varchar
    and from_on <= opened_on
    and opened_on < until_on
left join applications using (place_scope, month)
group by month, place_scope, category, channel
;
