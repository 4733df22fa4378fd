"""How much is asked of people: alarms for each person and hour on duty."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy import Connection

from response.roster import Duty, duties_between
from response.tables import messages

# About one alarm in ten minutes is what a person can act on.
MOST_PER_HOUR = 6


@dataclass(frozen=True)
class PersonLoad:
    """Somebody's alarms in a while: `hours` on shifts in it, and how many came in the worst hour.

    `alarms_per_ten_minutes` is null where they were on no shift. An alarm is a message that tells
    of something new, by however many channels it came.
    """

    person: str
    hours: float
    alarms: int
    alarms_per_ten_minutes: float | None
    worst_hour_alarms: int

    @property
    def is_too_much(self) -> bool:
        return self.worst_hour_alarms > MOST_PER_HOUR


def load(connection: Connection, since: datetime, until: datetime) -> list[PersonLoad]:
    """The load of all who had an alarm or a shift in `[since, until)` (UTC without zone), the most
    burdened first."""
    query = (
        sa.select(messages.c.person, messages.c.made_at)
        .where(
            messages.c.is_alarm,
            messages.c.person != "",
            messages.c.made_at >= since,
            messages.c.made_at < until,
        )
        .distinct()
        .order_by(messages.c.person, messages.c.made_at)
    )
    alarms: dict[str, list[datetime]] = {}
    for row in connection.execute(query):
        alarms.setdefault(row.person, []).append(row.made_at)
    hours = _hours(duties_between(connection, since, until), since, until)
    found = [
        _person_load(person, alarms.get(person, []), hours[person])
        for person in sorted(alarms.keys() | hours.keys())
    ]
    return sorted(found, key=lambda one: -one.worst_hour_alarms)


def worst_hour(moments: Iterable[datetime]) -> int:
    """The most of `moments`, which are in order, that lie within one hour."""
    window: list[datetime] = []
    most = 0
    for moment in moments:
        window = [one for one in window if moment - one < timedelta(hours=1)] + [moment]
        most = max(most, len(window))
    return most


def _person_load(person: str, alarms: list[datetime], hours: float) -> PersonLoad:
    rate = len(alarms) / (6 * hours) if hours else None
    return PersonLoad(person, hours, len(alarms), rate, worst_hour(alarms))


def _hours(duties: Iterable[Duty], since: datetime, until: datetime) -> defaultdict[str, float]:
    """Hours on shifts by person; two duties at once are one person's one hour."""
    spans: dict[str, list[tuple[datetime, datetime]]] = {}
    for duty in duties:
        if duty.starts_at is not None and duty.ends_at is not None:
            span = (max(duty.starts_at, since), min(duty.ends_at, until))
            spans.setdefault(duty.person.person, []).append(span)
    hours: defaultdict[str, float] = defaultdict(float)
    for person, own in spans.items():
        reached = since
        for begin, end in sorted(own):
            hours[person] += max(end - max(begin, reached), timedelta()) / timedelta(hours=1)
            reached = max(reached, end)
    return hours
