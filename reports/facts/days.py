"""Days of the authority, and how a moment is written for a reader."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime, get_day_names

from language import isolated, language, say


def last_whole_day(as_of: datetime, timezone: str) -> date:
    """The last day that had ended at `as_of` (aware) in `timezone`: a report's "yesterday"."""
    return as_of.astimezone(ZoneInfo(timezone)).date() - timedelta(days=1)


def days_before(day: date, count: int) -> date:
    """The first of the `count` days that end with `day`."""
    return day - timedelta(days=count - 1)


def written_day(day: date) -> str:
    """Such as `Saturday 21 November 2026`."""
    return str(format_date(day, "EEEE d MMMM y", locale=language()))


def weekday(day: date) -> str:
    """Such as `Saturday`."""
    return str(format_date(day, "EEEE", locale=language()))


def short_weekdays() -> list[str]:
    """`Mon` to `Sun`."""
    names = get_day_names("abbreviated", locale=language())
    return [str(names[number]) for number in range(7)]


def plain_day(day: date) -> str:
    """Such as `21 November 2026`."""
    return str(format_date(day, "d MMMM y", locale=language()))


def short_day(day: date) -> str:
    """Such as `21 Nov`, for where there is little room."""
    return str(format_date(day, "d MMM", locale=language()))


def month_of_year(day: date) -> str:
    """Such as `November 2026`."""
    return str(format_date(day, "MMMM y", locale=language()))


def day_of_month(day: date) -> str:
    """Such as `21 November`, where the year is plain."""
    return str(format_date(day, "d MMMM", locale=language()))


def written_moment(moment: datetime, timezone: str) -> str:
    """Such as `22 November 2026, 15:00 PKT (Asia/Karachi)`; `moment` is aware."""
    local = moment.astimezone(ZoneInfo(timezone))
    written = format_datetime(local, "d MMMM y", locale=language())
    return f"{written}{say(', ')}{isolated(f'{local:%H:%M %Z} ({timezone})')}"


def short_moment(moment: datetime, timezone: str) -> str:
    """Such as `22 Nov 15:00 PKT`; `moment` is aware."""
    local = moment.astimezone(ZoneInfo(timezone))
    written = format_datetime(local, "d MMM", locale=language())
    return f"{written} {isolated(f'{local:%H:%M %Z}')}"
