"""How many rows a record is expected to have in a window, and who can vouch for far more or less.

A national strike, a holiday or a rush changes several records at once; a source that lost its
data changes only itself. So a total that is far off holds a batch only where no companion, a
record of the same activity that comes by another way, moved with it in the same run.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

HISTORY = timedelta(days=28)
# Below this a factor of five is chance: a night, a short tick, a small record.
EXPECTED_ROWS_MIN = 200
COMPANION_ROWS_MIN = 20
# From day to day a record of the whole network varies by some per cent: this is no chance. It is
# less than what holds a batch, since what stops one record only slows another: in a strike nobody
# takes applications, but people still draw tickets, and the printing goes on.
COMPANION_FACTOR = 1.5
_WEEK = timedelta(days=7)
_HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Companions:
    """Records that rise and fall with the same activity, and why they do."""

    records: frozenset[str]
    because: str


COMPANIONS = (
    Companions(
        frozenset({"applications", "queue_tokens", "stage_events", "staff_shifts", "deliveries"}),
        "people come to the counters or do not: strike, holiday, Ramadan, rush",
    ),
    Companions(
        frozenset({"stage_events", "print_jobs", "deliveries", "consignments"}),
        "what is printed is packed, shipped and handed out: stoppage or catching up",
    ),
    Companions(
        frozenset({"machine_readings", "link_readings"}),
        "both come over the same lines: power or network down in the whole country",
    ),
    Companions(
        frozenset({"complaints", "deliveries", "queue_tokens"}),
        "applicants complain of what they wait for",
    ),
    Companions(
        frozenset({"consumables", "technical_issues", "staff_shifts"}),
        "where nobody is at work nothing is counted and nothing reported",
    ),
)


@dataclass(frozen=True)
class Volume:
    """A record's total in a window, and what was expected; None where it is not to be judged.

    `waiting` counts rows of the window in held batches: they came, so they are not missing.
    """

    total: int
    expected: float | None
    waiting: int = 0

    @property
    def ratio(self) -> float | None:
        """Total over expected; None where it cannot be judged."""
        if not self.expected:
            return None
        if self.total < self.expected:
            return min((self.total + self.waiting) / self.expected, 1.0)
        return self.total / self.expected


def expected_rows(
    history: Mapping[datetime, int], start: datetime, until: datetime, history_days: int
) -> float | None:
    """The rows expected in `[start, until)`: the mean of the same hours of the weeks before.

    `history` maps UTC hours to admitted rows. None where it does not reach `history_days` back
    from `start`. Up to four weeks count; an hour without rows counts as none.
    """
    before = [hour for hour in history if start - HISTORY <= hour < start]
    if not before or start - min(before) < timedelta(days=history_days):
        return None
    weeks = min(HISTORY, start - min(before)) // _WEEK
    by_hour_of_week: dict[timedelta, int] = {}
    for hour in before:
        if hour >= start - weeks * _WEEK:
            slot = _hour_of_week(hour)
            by_hour_of_week[slot] = by_hour_of_week.get(slot, 0) + history[hour]
    expected = 0.0
    hour = start.replace(minute=0, second=0, microsecond=0)
    while hour < until:
        share = (min(until, hour + _HOUR) - max(start, hour)) / _HOUR
        expected += share * by_hour_of_week.get(_hour_of_week(hour), 0) / weeks
        hour += _HOUR
    return expected


def judged_ratio(
    record: str, volumes: Mapping[str, Volume], factor: float
) -> tuple[float | None, str]:
    """The ratio by which `record` is to be judged (None: not judged), and a note on it.

    `volumes` holds all records that were read in this run.
    """
    volume = volumes[record]
    ratio = volume.ratio
    if ratio is None or (volume.expected or 0) < EXPECTED_ROWS_MIN:
        return None, ""
    if 1 / factor <= ratio <= factor:
        return ratio, ""
    moved = _companions_that_moved(record, volumes, rose=ratio > 1)
    if moved:
        return None, f"{volume.total} rows, {volume.expected:.0f} expected, as in {moved}"
    return ratio, f"{volume.total} rows, {volume.expected:.0f} expected"


def _companions_that_moved(record: str, volumes: Mapping[str, Volume], rose: bool) -> str:
    companions: Collection[str] = {
        name for group in COMPANIONS if record in group.records for name in group.records
    } - {record}
    moved = []
    for name in sorted(companions & volumes.keys()):
        ratio = volumes[name].ratio
        if ratio is None or (volumes[name].expected or 0) < COMPANION_ROWS_MIN:
            continue
        if ratio >= COMPANION_FACTOR if rose else ratio <= 1 / COMPANION_FACTOR:
            moved.append(name)
    return ", ".join(moved)


def _hour_of_week(hour: datetime) -> timedelta:
    return timedelta(days=hour.weekday(), hours=hour.hour)
