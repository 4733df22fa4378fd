"""What is normal at one office, what is wrong now, and what it has to do today."""

from dataclasses import dataclass
from datetime import date, timedelta

import pandas as pd

from reports.broker import Publication, Scope, rows
from reports.facts.days import days_before
from reports.facts.volumes import daily_volumes

SHOWN_DAYS = 42


@dataclass(frozen=True)
class OfficeProfile:
    """One office now; `today` is the day of the as-of time. Frames as their functions say."""

    today: date
    place: pd.DataFrame
    due: pd.DataFrame
    deferred: pd.DataFrame
    uncollected: pd.DataFrame
    slots: pd.DataFrame
    waits: pd.DataFrame
    staffing: pd.DataFrame
    arrivals: pd.DataFrame
    equipment: pd.DataFrame
    volumes: pd.DataFrame
    open_days: pd.DataFrame


def office_profile(
    publication: Publication, scope: Scope, today: date, timezone: str
) -> OfficeProfile:
    """The office of `scope` (`office:<code>`); `timezone` is the authority's."""
    yesterday = today - timedelta(days=1)
    code = {"office": scope.name.partition(":")[2]}
    when = {**code, "today": today, "timezone": timezone}
    first = days_before(yesterday, SHOWN_DAYS)
    since = {**code, "since": first, "until": yesterday}
    return OfficeProfile(
        today=today,
        place=rows(publication, scope, _PLACE, code),
        due=due_next(publication, scope, today),
        deferred=rows(publication, scope, _DEFERRED, code),
        uncollected=rows(publication, scope, _UNCOLLECTED, when),
        slots=rows(publication, scope, _SLOTS, {**code, "today": today}),
        waits=rows(publication, scope, _WAITS, {**since, "scope": scope.name}),
        staffing=rows(publication, scope, _STAFFING, {**code, "today": today}),
        arrivals=rows(publication, scope, _ARRIVALS, {**code, "today": today}),
        equipment=equipment_now(publication, scope),
        volumes=daily_volumes(publication, scope, first, yesterday),
        open_days=rows(publication, scope, _OPEN_DAYS, {**since, "until": today}),
    )


def due_next(publication: Publication, scope: Scope, today: date) -> pd.DataFrame:
    """Open cases submitted at the office of `scope` that are late or due by the day after `today`:
    due (`late` `today` `tomorrow`), stage_code, holder, cases."""
    code = scope.name.partition(":")[2]
    return rows(publication, scope, _DUE, {"office": code, "today": today})


def equipment_now(publication: Publication, scope: Scope) -> pd.DataFrame:
    """Machines and links of the office of `scope`: name, what (`machine` `link`), state, since_at,
    fault_code."""
    return rows(publication, scope, _EQUIPMENT, {"office": scope.name.partition(":")[2]})


# One row: name, kind, zone, city, timezone, counters, state, since_at, waiting.
_PLACE = """
    select
        name, kind, coalesce(zone, 'No zone') as zone, city, rpt_places.timezone,
        counters::double as counters, coalesce(state, 'unknown') as state, since_at,
        waiting::double as waiting
    from rpt_places
    left join rpt_place_now using (office_code)
    where office_code = $office
"""

_DUE = """
    select
        case
            when promise_due_on < $today then 'late'
            when promise_due_on = $today then 'today'
            else 'tomorrow'
        end as due,
        current_stage_code as stage_code,
        coalesce(places.name, holding_office_code) as holder,
        count(*)::double as cases
    from rpt_applications
    left join rpt_places as places on places.office_code = holding_office_code
    where
        rpt_applications.office_code = $office and ended_on is null and is_open
        and promise_state in ('open_within', 'open_beyond')
        and promise_due_on <= $today + 1
    group by all
    order by due, cases desc, stage_code, holder
"""

# Open cases, not ready, whose newest event put them off: reason_code, cases, oldest_at. Looked for
# among what lies ready too, the events of a year would be read.
_DEFERRED = """
    select
        coalesce(reason_code, 'unknown') as reason_code,
        count(distinct application_id)::double as cases,
        min(occurred_at) as oldest_at
    from rpt_case_events as happened
    inner join rpt_applications as cases using (application_id, case_on)
    where
        cases.office_code = $office and cases.ended_on is null and cases.is_open
        and cases.ready_at is null and happened.ended_on is null
        and event = 'deferred' and occurred_at = cases.last_event_at
    group by all
    order by cases desc, reason_code
"""

# Ready and not collected, by how long: waited, cases, oldest_days (whole days).
_UNCOLLECTED = """
    select
        case when days <= 7 then 'up to 7' when days <= 30 then '8 to 30'
            when days <= 90 then '31 to 90' else 'over 90' end as waited,
        count(*)::double as cases,
        max(days)::double as oldest_days
    from (
        select date_diff('day', (ready_at at time zone $timezone)::date, $today) as days
        from rpt_applications
        where
            office_code = $office and ended_on is null and is_open
            and current_stage_code = 'ready' and ready_at is not null
    )
    group by waited
    order by min(days)
"""

# The queue of today by half-hour of the office: slot_at (local), issued, served, gave_up,
# wait_p50_minutes.
_SLOTS = """
    select
        slot_start at time zone timezone as slot_at,
        sum(issued)::double as issued,
        sum(served)::double as served,
        sum(left_count)::double as gave_up,
        max(wait_all_p50_seconds)::double / 60 as wait_p50_minutes
    from rpt_queue
    inner join rpt_places using (office_code)
    where
        office_code = $office and slot_start between $today - 1 and $today + 2
        and (slot_start at time zone timezone)::date = $today
    group by slot_at
    order by slot_at
"""

# Waiting for a number to be called: day, issued, served, p50_minutes, p90_minutes.
_WAITS = """
    select
        day::timestamp as day,
        issued::double as issued,
        served::double as served,
        wait_all_p50_seconds::double / 60 as p50_minutes,
        wait_all_p90_seconds::double / 60 as p90_minutes
    from rpt_queue_daily
    where
        place_scope = $scope and office_code = $office and day between $since and $until
    order by day
"""

# Today's desks by half-hour of the office: slot_at (local), counters, desks_open, planned_staff,
# present_staff, required_staff (null where unknown).
_STAFFING = """
    select
        slot_start at time zone timezone as slot_at,
        rpt_staffing.counters::double as counters,
        desks_open::double as desks_open,
        planned_staff::double as planned_staff,
        present_staff::double as present_staff,
        required_staff::double as required_staff
    from rpt_staffing
    inner join rpt_places using (office_code)
    where office_code = $office and slot_on = $today
    order by slot_at
"""

# Arrivals of today against what was to be expected: slot_at (local), arrivals, expected,
# expected_low, expected_high.
_ARRIVALS = """
    select
        slot_start at time zone timezone as slot_at,
        arrivals::double as arrivals,
        expected, expected_low, expected_high
    from rpt_arrivals
    inner join rpt_places using (office_code)
    where
        office_code = $office and slot_start between $today - 1 and $today + 2
        and (slot_start at time zone timezone)::date = $today
    order by slot_at
"""

_EQUIPMENT = """
    select machine_id as name, 'machine' as what, state, since_at, fault_code
    from rpt_machine_now
    where office_code = $office
    union all
    select link, 'link', state, since_at, null
    from rpt_link_now
    where office_code = $office
    order by what desc, name
"""

# Days on which the office has opening hours: day.
_OPEN_DAYS = """
    select distinct slot_on::timestamp as day
    from rpt_staffing
    where office_code = $office and slot_on between $since and $until
    order by day
"""
