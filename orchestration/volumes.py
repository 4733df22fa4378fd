"""How many rows a record brought over the hours that are judged, beside what was expected.

Rows that these hours hold already count: a day may come in many files or runs, and at the edges
of a shift an hour alone proves nothing.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

import sqlalchemy as sa

from expectations.volume import HISTORY, Volume, expected_rows
from orchestration.ledger import loads
from orchestration.sources import CursorWindow

# A table shows a row's newest version only: hours read later than this are thinner than hours
# read at once, no measure for others and not to be measured.
TOLD_AT_ONCE = timedelta(days=2)

_JUDGED_AT_LEAST = timedelta(days=1)
_HOUR = timedelta(hours=1)
# Late rows, and rows of a clock that is ahead, widen a file's hours by weeks or years.
_STRAY_SHARE = 0.05


def table_volume(
    store: sa.Engine,
    record: str,
    new: Mapping[datetime, int],
    window: CursorWindow,
    now: datetime,
    history_days: int,
) -> Volume:
    """The volume of a window of a table, as far as its hours are read at once.

    `new` maps UTC hours to the good rows that are new; `now` is the run's, UTC without zone.
    """
    start, until = window.start, window.until
    if start is None or until is None or until <= now - TOLD_AT_ONCE:
        return Volume(sum(new.values()), None)
    return _volume(store, record, new, max(start, now - TOLD_AT_ONCE), until, history_days)


def drop_volume(
    store: sa.Engine,
    record: str,
    new: Mapping[datetime, int],
    now: datetime,
    history_days: int,
) -> Volume:
    """The volume over the hours that new files reach, strays left out.

    Where no file brought a row it is the last day's up to `now` (UTC without zone): a strike
    leaves a record without files, and that vouches for others that have few rows.
    """
    hours = reached(new) or (now - _JUDGED_AT_LEAST, now)
    return _volume(store, record, new, *hours, history_days)


def reached(new: Mapping[datetime, int]) -> tuple[datetime, datetime] | None:
    """The hours `[from, until)` that rows reach, less the first and last twentieth of the rows."""
    strays = _STRAY_SHARE * sum(new.values())
    first, last = (
        _first_beyond(new, sorted(new), strays),
        _first_beyond(new, sorted(new, reverse=True), strays),
    )
    return (first, last + _HOUR) if first is not None and last is not None else None


def _first_beyond(
    new: Mapping[datetime, int], hours: list[datetime], strays: float
) -> datetime | None:
    rows = 0
    for hour in hours:
        rows += new[hour]
        if rows > strays:
            return hour
    return None


def _volume(
    store: sa.Engine,
    record: str,
    new: Mapping[datetime, int],
    start: datetime,
    until: datetime,
    history_days: int,
) -> Volume:
    start = min(start, until - _JUDGED_AT_LEAST).replace(minute=0, second=0, microsecond=0)
    history = loads.hourly_history(store, [record], start - HISTORY, until)[record]
    total = sum(
        rows for hours in (new, history) for hour, rows in hours.items() if start <= hour < until
    )
    if loads.was_vouched_for(store, record, start):
        return Volume(total, None)
    return Volume(
        total,
        expected_rows(history, start, until, history_days),
        waiting=loads.rows_waiting(store, record, start),
    )
