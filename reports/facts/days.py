"""Days of the authority, and how a moment is written for a reader."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo


def last_whole_day(as_of: datetime, timezone: str) -> date:
    """The last day that had ended at `as_of` (aware) in `timezone`: a report's "yesterday"."""
    return as_of.astimezone(ZoneInfo(timezone)).date() - timedelta(days=1)


def days_before(day: date, count: int) -> date:
    """The first of the `count` days that end with `day`."""
    return day - timedelta(days=count - 1)


def written_day(day: date) -> str:
    """Such as `Saturday 21 November 2026`."""
    return f"{day:%A} {day.day} {day:%B %Y}"


def written_moment(moment: datetime, timezone: str) -> str:
    """Such as `22 November 2026, 15:00 PKT (Asia/Karachi)`; `moment` is aware."""
    local = moment.astimezone(ZoneInfo(timezone))
    return f"{local.day} {local:%B %Y, %H:%M %Z} ({timezone})"


def short_moment(moment: datetime, timezone: str) -> str:
    """Such as `22 Nov 15:00 PKT`; `moment` is aware."""
    local = moment.astimezone(ZoneInfo(timezone))
    return f"{local.day} {local:%b %H:%M %Z}"
