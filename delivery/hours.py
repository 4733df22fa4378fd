"""When a briefing is due: by the hour and zone of each recipient, on their working days, and not
before the day that it tells of is over at the authority."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from reports.kinds import Kind

# The hour of a subscription that names none: in the mailbox by half past, or it is late.
USUAL_HOUR = time(7)
GRACE = timedelta(minutes=30)
# From when on, by the authority's clock, the night's run has told of the day before as a rule.
_READY = time(2, 30)
# How long one that was missed is made up for.
_MADE_UP_DAYS = {"day": 7, "week": 28, "month": 62}
# A weekly or monthly one that falls on a day off comes on the next working day, within so many.
_LONGEST_FEAST_DAYS = 14

# Whether a day is off at a place (as `access.roles.Standing.place` names it).
IsDayOff = Callable[[str, date], bool]


def works_always(place: str, day: date) -> bool:
    """No day is off: for where nothing is published that tells of any."""
    return False


def mornings(kind: Kind, today: date) -> Iterator[date]:
    """The mornings of a kind that may be due or made up on a day, oldest first. Tomorrow's too:
    it has begun already east of the authority."""
    first = today - timedelta(days=_MADE_UP_DAYS.get(kind.covers, 0))
    for days in range((today - first).days + 2):
        morning = first + timedelta(days=days)
        if kind.is_due(morning):
            yield morning


def newest_morning(kind: Kind, today: date) -> date:
    """The newest morning up to a day on which a kind came; the day itself for one on demand."""
    return max((one for one in mornings(kind, today) if one <= today), default=today)


def day_sent(kind: Kind, morning: date, place: str, is_day_off: IsDayOff) -> date | None:
    """The day on which somebody at `place` who wants nothing on days off gets the one of a
    morning: a daily one that falls on a day off never, any other on the next working day."""
    if kind.covers == "day":
        return None if is_day_off(place, morning) else morning
    days = (morning + timedelta(days=number) for number in range(_LONGEST_FEAST_DAYS))
    return next((day for day in days if not is_day_off(place, day)), morning)


def due_at(day: date, hour: time, timezone: str, authority_timezone: str) -> datetime:
    """When what is sent on `day` is due, UTC without zone: at `hour` of the recipient's clock, or
    as soon as the day before is told of where that is later."""
    wanted = datetime.combine(day, hour, ZoneInfo(timezone))
    ready = datetime.combine(day, _READY, ZoneInfo(authority_timezone))
    return max(wanted, ready).astimezone(UTC).replace(tzinfo=None)


def is_late(now: datetime, due: datetime) -> bool:
    """Whether at `now` what was due at `due` should have arrived; both UTC without zone."""
    return now > due + GRACE


def deadline(morning: date, authority_timezone: str) -> datetime:
    """By when the authority has the one of a morning, UTC without zone."""
    return due_at(morning, USUAL_HOUR, authority_timezone, authority_timezone) + GRACE
