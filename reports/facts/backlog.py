"""The two backlogs: work in progress, and the part of it that is beyond its promise."""

from datetime import date

import pandas as pd

from reports.broker import Publication, Scope, rows
from reports.facts.places import part_expression

_SUMS = """
    sum(opening)::double as opening,
    sum(entered)::double as entered,
    sum(left_count)::double as left_count,
    sum(closing)::double as in_progress,
    sum(beyond_promise)::double as beyond_promise,
    sum(age_0_7_days)::double as age_0_7_days,
    sum(age_8_21_days)::double as age_8_21_days,
    sum(age_22_60_days)::double as age_22_60_days,
    sum(age_over_60_days)::double as age_over_60_days,
    max(oldest_days)::double as oldest_days
"""


def daily_backlog(publication: Publication, scope: Scope, since: date, until: date) -> pd.DataFrame:
    """One row a day, by the place that holds the case: day, opening, entered, left_count,
    in_progress, beyond_promise (counts at the end of the day), cases by age, oldest_days."""
    return rows(
        publication,
        scope,
        f"""
        select day::timestamp as day, {_SUMS}
        from rpt_backlog_daily
        where day between $since and $until
        group by day
        order by day
        """,
        {"since": since, "until": until},
    )


def daily_backlog_by_part(
    publication: Publication, scope: Scope, since: date, until: date
) -> pd.DataFrame:
    """As `daily_backlog`, one row a zone (or an office, inside a zone) and day."""
    return rows(
        publication,
        scope,
        f"""
        select {part_expression(scope)} as part, day::timestamp as day, {_SUMS}
        from rpt_backlog_daily
        inner join rpt_places as places using (office_code)
        where day between $since and $until
        group by all
        order by part, day
        """,
        {"since": since, "until": until},
    )


def backlog_by_part(publication: Publication, scope: Scope, day: date) -> pd.DataFrame:
    """The backlog at the end of `day`, one row a zone (or office), the largest first."""
    frame = daily_backlog_by_part(publication, scope, day, day)
    return frame.sort_values(["in_progress", "part"], ascending=[False, True], ignore_index=True)
