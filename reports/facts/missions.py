"""Which missions and transport legs are late? Every mission by the same standard."""

from dataclasses import dataclass
from datetime import date

import pandas as pd

from reports.broker import Publication, Scope, rows
from reports.facts.promise import SMALL_NUMBER
from reports.facts.promises import with_limits


@dataclass(frozen=True)
class Missions:
    """The missions of a scope; frames as their functions say."""

    since: date
    day: date
    missions: pd.DataFrame
    legs: pd.DataFrame


def missions(publication: Publication, scope: Scope, since: date, day: date) -> Missions:
    """The missions of a scope over the days from `since` to `day`; legs by whole months."""
    span = {"since": since, "day": day}
    months = {"since": since.replace(day=1), "day": day}
    found = rows(publication, scope, _MISSIONS, {**span, "small": SMALL_NUMBER})
    return Missions(
        since=since,
        day=day,
        missions=with_limits(found),
        legs=rows(publication, scope, _LEGS, {**months, "small": SMALL_NUMBER}),
    )


# One row a mission: office_code, part (its name), zone, country_code, timezone, local_time (as
# of the publication), now_state, latitude, longitude, submitted, in_progress, beyond_promise,
# cases (due), kept, share_pct (null where none was due), p50_days and p80_days (newest month,
# null below 20 completed), complaints, per_10000 (null below 20 complaints).
_MISSIONS = """
    with flows as (
        select office_code, sum(submitted)::double as submitted
        from rpt_volumes
        where starts_with(place_scope, 'office:') and tier = 'all' and day between $since and $day
        group by office_code
    ),

    stocks as (
        select
            office_code, sum(closing)::double as in_progress,
            sum(beyond_promise)::double as beyond_promise
        from rpt_backlog_daily
        where day = $day
        group by office_code
    ),

    promised as (
        select office_code, sum(due)::double as cases, sum(kept)::double as kept
        from rpt_promise
        where
            period_kind = 'day' and starts_with(place_scope, 'office:') and tier = 'all'
            and period_start between $since and $day
        group by office_code
    ),

    taken as (
        select office_code, completed, p50_days, p80_days
        from rpt_turnaround
        where
            period_kind = 'month' and starts_with(place_scope, 'office:') and tier = 'all'
            and period_start = date_trunc('month', $day::date)
    ),

    heard as (
        select office_code, sum(opened)::double as complaints
        from rpt_complaints
        where
            starts_with(place_scope, 'office:')
            and month between date_trunc('month', $since::date) and $day
        group by office_code
    )

    select
        office_code, name as part, coalesce(zone, 'No zone') as zone, country_code, timezone,
        strftime((select max(as_of) from rpt_generations) at time zone timezone, '%H:%M')
            as local_time,
        coalesce(rpt_place_now.state, 'unknown') as now_state,
        latitude, longitude,
        coalesce(submitted, 0) as submitted,
        coalesce(in_progress, 0) as in_progress,
        coalesce(beyond_promise, 0) as beyond_promise,
        coalesce(cases, 0) as cases,
        coalesce(kept, 0) as kept,
        100.0 * kept / cases as share_pct,
        case when completed >= $small then p50_days end as p50_days,
        case when completed >= $small then p80_days end as p80_days,
        coalesce(complaints, 0) as complaints,
        case when complaints >= $small then 10000.0 * complaints / nullif(submitted, 0) end
            as per_10000
    from rpt_places
    left join rpt_place_now using (office_code)
    left join flows using (office_code)
    left join stocks using (office_code)
    left join promised using (office_code)
    left join taken using (office_code)
    left join heard using (office_code)
    where kind = 'mission'
    order by cases desc, part
"""

# One row a leg to a mission over the months, the slowest of enough boxes first: leg, part, boxes,
# p50_days, p90_days and late_pct (means weighted by boxes; late_pct null below 20 boxes).
_LEGS = """
    select
        leg, name as part, sum(boxes)::double as boxes,
        sum(p50_days * boxes) / sum(boxes) as p50_days,
        sum(p90_days * boxes) / sum(boxes) as p90_days,
        case when sum(boxes) >= $small then sum(late_pct * boxes) / sum(boxes) end as late_pct
    from rpt_legs
    inner join rpt_places using (office_code)
    where kind = 'mission' and month between $since and $day and boxes > 0
    group by leg, name
    order by sum(boxes) >= $small desc, p90_days desc, leg
"""
