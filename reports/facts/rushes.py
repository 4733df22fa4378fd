"""Who is in a rush, who nobody comes to, and where the country's flow is held."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pandas as pd

from reports.broker import Publication, Scope, rows


@dataclass(frozen=True)
class Rush:
    """One rush of `rpt_rush` with the queue behind it; times are aware, in UTC.

    `waiting` are visitors not called yet, `queue_minutes` how long the desks open now will need
    for them, None where desks or service times are not known.
    """

    office_code: str
    name: str
    direction: str
    severity: str
    started_at: datetime
    ended_at: datetime | None
    arrivals: int
    expected: float
    waiting: int
    queue_minutes: float | None
    near_places: str | None


@dataclass(frozen=True)
class Bottleneck:
    """One row of `rpt_bottlenecks`, with the name of the place."""

    stage_name: str
    name: str
    cases: int
    usual_cases: float
    growth_per_day: float
    days_saved: float
    cause: str | None
    cause_detail: str | None


def rushes(publication: Publication, scope: Scope, hours: float = 12) -> list[Rush]:
    """Rushes that go on or began in the last hours before the publication, the gravest first."""
    found = rows(
        publication,
        scope,
        """
        with
            queues as (
                select
                    office_code,
                    sum(still_waiting)::double as waiting,
                    sum(service_mean_seconds * served)::double / nullif(sum(served), 0)
                        as service_seconds
                from rpt_queue
                where slot_start > $as_of - interval 12 hour and slot_start <= $as_of
                group by office_code
            ),

            desks as (
                select office_code, arg_max(desks_open, slot_start) as desks_open
                from rpt_staffing
                where slot_start > $as_of - interval 2 hour and slot_start <= $as_of
                group by office_code
            )

        select
            rush.*,
            places.name,
            coalesce(queues.waiting, 0) as waiting,
            queues.waiting * queues.service_seconds / nullif(desks.desks_open, 0) / 60
                as queue_minutes
        from rpt_rush as rush
        join rpt_places as places using (office_code)
        left join queues using (office_code)
        left join desks using (office_code)
        where
            rush.started_at <= $as_of
            and (rush.ended_at is null or rush.started_at > $as_of - to_minutes($minutes))
        order by
            rush.ended_at is not null,
            array_position(['critical', 'high', 'moderate'], rush.severity),
            abs(rush.arrivals - rush.expected) desc,
            rush.rush_id
        """,
        {"as_of": publication.as_of, "minutes": round(hours * 60)},
    )
    return [
        Rush(
            office_code=row["office_code"],
            name=row["name"],
            direction=row["direction"],
            severity=row["severity"],
            started_at=row["started_at"].to_pydatetime(),
            ended_at=None if pd.isna(row["ended_at"]) else row["ended_at"].to_pydatetime(),
            arrivals=int(row["arrivals"]),
            expected=float(row["expected"]),
            waiting=int(row["waiting"]),
            queue_minutes=None if pd.isna(row["queue_minutes"]) else float(row["queue_minutes"]),
            near_places=None
            if pd.isna(row["near_places_with_slack"])
            else row["near_places_with_slack"],
        )
        for row in found.to_dict("records")
    ]


def rushes_of(publication: Publication, scope: Scope, day: date, timezone: str) -> list[Rush]:
    """Rushes that began on a day of `timezone` and those that go on still, the gravest first."""
    midnight = datetime.combine(day, time(), ZoneInfo(timezone))
    hours = (publication.as_of - midnight) / timedelta(hours=1)
    return [
        rush
        for rush in rushes(publication, scope, hours)
        if rush.ended_at is None or rush.started_at < midnight + timedelta(days=1)
    ]


def bottlenecks(publication: Publication, scope: Scope, at_most: int = 5) -> list[Bottleneck]:
    """Where the country's flow is held, what would bring most first."""
    found = rows(
        publication,
        scope,
        """
        select
            coalesce(held.stage_name, held.stage_code) as stage_name,
            places.name,
            held.cases,
            held.usual_cases,
            held.growth_per_day,
            held.days_saved,
            held.cause,
            held.cause_detail
        from rpt_bottlenecks as held
        join rpt_places as places using (office_code)
        order by held.priority
        limit $at_most
        """,
        {"at_most": at_most},
    )
    return [
        Bottleneck(
            stage_name=row["stage_name"],
            name=row["name"],
            cases=int(row["cases"]),
            usual_cases=float(row["usual_cases"]),
            growth_per_day=float(row["growth_per_day"]),
            days_saved=float(row["days_saved"]),
            cause=None if pd.isna(row["cause"]) else row["cause"],
            cause_detail=None if pd.isna(row["cause_detail"]) else row["cause_detail"],
        )
        for row in found.to_dict("records")
    ]
