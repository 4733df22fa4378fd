"""`rpt_redistribution`: who could help whom in the days to come.

Proposals only: what was decided on one, and what came of it, is known to the operations store.
"""

from datetime import timedelta

import duckdb
import pandas as pd

from insight import redistribution
from insight.redistribution import PRINT_ORDER, Office, Site
from orchestration.foresight.moment import Moment
from orchestration.insight_tables import write

# What is usual is the mean of so many days.
_DAYS_BACK = 14
# Working days of a promise as days of the calendar.
_DAYS_A_WORKING_DAY = 7 / 5

# Visitors by half-hour of an ordinary working day, as many more or fewer as are forecast.
_ARRIVALS = """
    with
        open_days as (
            select places.office_code, calendar.calendar_date as day
            from marts.dim_place_calendars as places
            join marts.dim_calendar as calendar on places.calendar_key = calendar.calendar_key
            where
                calendar.is_working_day
                and calendar.calendar_date >= $since
                and calendar.calendar_date < $today
        ),
        ahead as (
            select substr(place_scope, 8) as office_code, sum(p50) as arrivals
            from insight.rpt_forecast
            where measure = 'arrivals' and starts_with(place_scope, 'office:')
            group by place_scope
        ),
        lately as (
            select office_code, sum(submitted) as arrivals
            from reporting.rpt_volumes
            where
                tier = 'all'
                and day >= $since
                and day < $today
                and starts_with(place_scope, 'office:')
            group by office_code
        ),
        days as (select office_code, count(*) as days from open_days group by office_code)
    select
        queue.office_code,
        hour(queue.slot_start) * 2 + minute(queue.slot_start) // 30 as slot,
        sum(queue.issued)
        / max(days.days)
        * least(greatest(coalesce(max(ahead.arrivals / lately.arrivals), 1), 0.5), 2) as arrivals,
        sum(queue.served * queue.service_mean_seconds)::double as served_seconds,
        sum(queue.served) filter (where queue.service_mean_seconds is not null) as served
    from reporting.rpt_queue as queue
    join
        open_days
        on queue.office_code = open_days.office_code
        and queue.slot_start::date = open_days.day
    join days on queue.office_code = days.office_code
    left join ahead on queue.office_code = ahead.office_code
    left join lately on queue.office_code = lately.office_code and lately.arrivals > 0
    group by queue.office_code, slot
    order by queue.office_code, slot
"""

_DESKS = """
    select
        places.office_code,
        places.latitude,
        places.longitude,
        places.counters,
        round(avg(staffing.desks_open))::integer as desks
    from reporting.rpt_staffing as staffing
    join reporting.rpt_places as places on staffing.office_code = places.office_code
    where
        staffing.slot_on >= $since
        and staffing.slot_on < $today
        and staffing.desks_open > 0
        and places.kind not in ('headquarters', 'print_site')
        and places.is_in_service
        and places.latitude is not null
        and places.longitude is not null
    group by all
    order by places.office_code
"""

_SITES = """
    with
        waiting as (
            select site, tier, sum(waiting) as waiting
            from reporting.rpt_print_queue
            where day = $today
            group by site, tier
        ),
        planned as (
            select site, sum(planned) / count(distinct day) as per_day
            from reporting.rpt_print_queue
            where day >= $since and day < $today
            group by site
        ),
        coming as (
            -- who joins the queue, printed or not: urgent first may leave normal work untouched
            select visits.office_code as site, visits.tier, count(*) / $back::double as inflow
            from marts.fct_stage_visits as visits
            where
                visits.opened_at >= $since
                and visits.opened_at < $today
                and visits.stage_code = (
                    select stage_code
                    from marts.dim_stages
                    where owner = 'print_site'
                    order by sequence, stage_code
                    limit 1
                )
            group by all
        ),
        machines as (
            select
                states.office_code as site,
                avg(states.availability_pct) filter (
                    where states.day >= $today::date - 2
                )
                / 100
                * avg(states.performance_pct)
                / 100 as share
            from reporting.rpt_machines as states
            join marts.dim_machines as machines on states.machine_id = machines.machine_id
            where machines.kind = 'printer' and states.day >= $since and states.day <= $today
            group by states.office_code
        ),
        stock as (
            select office_code as site, min(days_left) as stock_days
            from
                (
                    select office_code, item, max_by(days_left, day) as days_left
                    from reporting.rpt_consumables
                    where day >= $since and day <= $today
                    group by office_code, item
                )
            group by office_code
        )
    select
        planned.site,
        coming.tier,
        coalesce(waiting.waiting, 0)::double as waiting,
        coming.inflow,
        (planned.per_day * coalesce(machines.share, 1))::double as capacity,
        stock.stock_days
    from planned
    join coming on planned.site = coming.site
    left join waiting on coming.site = waiting.site and coming.tier = waiting.tier
    left join machines on planned.site = machines.site
    left join stock on planned.site = stock.site
    where planned.per_day > 0
    order by planned.site, coming.tier
"""

# The days a job may wait for its print: what is promised, less what follows printing.
_ALLOWED = """
    select levels.tier, min(levels.promise) - coalesce(min(paces.p50_days), 1) as allowed
    from marts.dim_service_levels as levels
    left join
        insight.risk_paces as paces
        on levels.tier = paces.tier
        and not paces.is_mission
        and paces.stage_code in (select stage_code from marts.dim_stages where owner = 'carrier')
    where
        levels.service = 'passport'
        and levels.place_kind = 'domestic'
        and levels.valid_from <= $today
        and $today <= levels.valid_to
    group by levels.tier
"""


def write_redistributions(connection: duckdb.DuckDBPyConnection, moment: Moment) -> None:
    """Propose from tomorrow on; needs the night's forecasts and paces."""
    offices, sites = offices_of(connection, moment), sites_of(connection, moment)
    rows = redistribution.recommend(offices, sites, allowed_of(connection, moment), moment.today)
    write(connection, "rpt_redistribution", rows, order="recommendation_id")


def offices_of(connection: duckdb.DuckDBPyConnection, moment: Moment) -> list[Office]:
    """The places with counters, staffed and visited of late."""
    days = {"since": moment.today - timedelta(days=_DAYS_BACK), "today": moment.today}
    places = connection.execute(_DESKS, days).fetchall()
    arrivals = connection.execute(_ARRIVALS, days).df()
    by_office = {str(code): rows for code, rows in arrivals.groupby("office_code")}
    offices = []
    for code, latitude, longitude, counters, desks in places:
        rows = by_office.get(code)
        if rows is None or not rows["served"].sum() or desks < 1:
            continue
        profile = pd.Series(rows["arrivals"].to_numpy(), rows["slot"]).reindex(
            range(48), fill_value=0.0
        )
        offices.append(
            Office(
                code,
                latitude,
                longitude,
                counters or desks,
                desks,
                float(rows["served_seconds"].sum() / rows["served"].sum() / 60),
                tuple(float(value) for value in profile),
            )
        )
    return [office for office in offices if office.service_minutes > 0]


def sites_of(connection: duckdb.DuckDBPyConnection, moment: Moment) -> list[Site]:
    """The print sites, by what waits, comes and can be printed."""
    days = {"since": moment.today - timedelta(days=_DAYS_BACK), "today": moment.today}
    rows = connection.execute(_SITES, {**days, "back": _DAYS_BACK}).df()
    sites = []
    for code, site in rows.groupby("site"):
        of_tier = (
            site.set_index("tier")
            .reindex(list(PRINT_ORDER))
            .fillna({"waiting": 0.0, "inflow": 0.0})
        )
        stock = site["stock_days"].iloc[0]
        sites.append(
            Site(
                str(code),
                tuple(of_tier["waiting"]),
                tuple(of_tier["inflow"]),
                float(site["capacity"].iloc[0]),
                float("inf") if pd.isna(stock) else float(stock),
            )
        )
    return sites


def allowed_of(connection: duckdb.DuckDBPyConnection, moment: Moment) -> list[float]:
    """Days of the calendar that a job of each tier of `PRINT_ORDER` may wait for its print."""
    known = dict(connection.execute(_ALLOWED, {"today": moment.today}).fetchall())
    return [max(known.get(tier, 1.0), 1.0) * _DAYS_A_WORKING_DAY for tier in PRINT_ORDER]
