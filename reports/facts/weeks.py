"""How a place does week by week: what complaints and work are judged by, change or noise."""

from datetime import date, timedelta

import pandas as pd

from reports.broker import Publication, Scope, rows

WEEKS = 26  # half a year: long enough to tell, short enough to be about now


def whole_weeks(day: date) -> dict[str, date]:
    """The first and last day of the 26 whole weeks, Monday to Sunday, that had ended by `day`."""
    last = day - timedelta(days=(day.weekday() + 1) % 7)
    return {"first": last - timedelta(days=7 * WEEKS - 1), "last": last}


def complaints_by_week(
    publication: Publication, scope: Scope, day: date, timezone: str
) -> pd.DataFrame:
    """One row a week, from the first with a complaint, in which the places of the scope received
    applications: day (its Monday), opened (complaints), submitted, per_10000 (applications)."""
    asked = {**whole_weeks(day), "scope": scope.place_scope, "timezone": timezone}
    return rows(publication, scope, _COMPLAINTS, asked)


def work_by_week(publication: Publication, scope: Scope, day: date) -> pd.DataFrame:
    """One row a week in which somebody was at a desk: day (its Monday), cases (steps done by those
    whose hours are known), hours_at_desk, cases_per_hour."""
    return rows(publication, scope, _WORK, whole_weeks(day))


_COMPLAINTS = """
    with received as (
        select date_trunc('week', day)::timestamp as day, sum(submitted)::double as submitted
        from rpt_volumes
        where place_scope = $scope and tier = 'all' and day between $first and $last
        group by all
    ),

    complained as (
        select
            date_trunc('week', timezone($timezone, opened_at))::timestamp as day,
            count(*)::double as opened
        from rpt_complaint_cases
        where timezone($timezone, opened_at)::date between $first and $last
        group by all
    )

    select
        day, coalesce(opened, 0.0) as opened, submitted,
        10000.0 * coalesce(opened, 0.0) / submitted as per_10000
    from received
    left join complained using (day)
    where submitted > 0 and day >= (select min(day) from complained)
    order by day
"""

_WORK = """
    select
        date_trunc('week', period_start)::timestamp as day,
        sum(cases)::double as cases,
        sum(hours_at_desk)::double as hours_at_desk,
        sum(cases)::double / sum(hours_at_desk) as cases_per_hour
    from rpt_staff
    where period_kind = 'day' and period_start between $first and $last and hours_at_desk > 0
    group by all
    order by day
"""
