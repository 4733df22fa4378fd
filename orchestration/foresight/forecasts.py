"""`rpt_forecast`: arrivals, completed and backlog of the days to come."""

from datetime import timedelta

import duckdb

from insight import forecast
from orchestration.foresight.moment import Moment
from orchestration.insight_tables import write

# So much history is looked at: a year, so that Ramadan was seen once, and a month round it.
_DAYS_BACK = 400

_DAILY = """
    select
        office_code,
        timezone($zone, timezone('UTC', moment_at))::date as day,
        sum(arrivals) as arrivals,
        sum(completed) as completed
    from
        (
            select
                office_code,
                date_trunc('hour', submitted_at) as moment_at,
                count(*) as arrivals,
                0 as completed
            from marts.fct_applications
            where submitted_at < $midnight
            group by all
            union all
            -- what ends before it was submitted is wrong at the source, and counts on no day
            select office_code, date_trunc('hour', greatest(ended_at, submitted_at)), 0, count(*)
            from marts.fct_applications
            where ended_at < $midnight and submitted_at < $midnight
            group by all
        )
    group by all
    order by office_code, day
"""

_CALENDAR = """
    select
        places.office_code,
        calendar.calendar_date as day,
        calendar.is_working_day as is_open,
        calendar.is_holiday
    from marts.dim_place_calendars as places
    join marts.dim_calendar as calendar on places.calendar_key = calendar.calendar_key
    where calendar.calendar_date >= $first_on and calendar.calendar_date < $until_on
"""

_SCOPES = """
    select place_scope, office_code
    from marts.dim_place_scopes
    where from_on <= $today and $today < until_on
    order by place_scope, office_code
"""


def write_forecasts(connection: duckdb.DuckDBPyConnection, moment: Moment) -> None:
    """Forecast from the authority's day on; today is the first day ahead."""
    today = moment.today
    daily = connection.execute(
        _DAILY, {"zone": moment.authority_timezone, "midnight": moment.midnight}
    ).df()
    earliest = today - timedelta(days=_DAYS_BACK)
    first_on = max(forecast.first_whole_week(daily, today), earliest)
    calendar = connection.execute(
        _CALENDAR, {"first_on": first_on, "until_on": today + timedelta(days=forecast.GROUP_DAYS)}
    ).df()
    scopes = connection.execute(_SCOPES, {"today": today}).df()
    known = forecast.history(daily, calendar, first_on, today, forecast.GROUP_DAYS)
    rows = forecast.forecast(known, scopes)
    write(connection, "rpt_forecast", rows, order="place_scope, measure, day")
