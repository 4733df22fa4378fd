"""Arrivals, completed and backlog of the days to come, by place and by groups of places.

Every place is forecast alone and groups are sums of their places, so that holidays, which differ
from place to place, come out right in each. Counts are [places, days]; a day's figure is known
when the day is over. A method is used where it beat the seasonal naive in a rolling back-test, in
which each forecast saw only the days before its origin; else the seasonal naive is what is said.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from insight.seasons import Flags, days_after_closure, ramadan

Counts = NDArray[np.float64]

NAIVE = "seasonal_naive"
FLOWS = ("arrivals", "completed")
BACKLOG = "backlog"
CONSERVED = "conserved_flow"

# Days ahead: of one place, and of a group of places.
OFFICE_DAYS, GROUP_DAYS = 14, 90

_WEEK = 7
_WINDOW = 8 * _WEEK
# Back-test: a forecast a week, as many as there are, from the first with so much before it.
_ORIGINS, _FIRST_ORIGIN, _FEWEST_ORIGINS = 26, 3 * _WEEK, 4
# Open days after a holiday whose crowd differs.
_AFTER = 2
# What an ordinary day in Ramadan brings before any Ramadan was seen: "intake about half" was
# reported of Karachi; what leaves is not reported to change.
_RAMADAN_BEFORE = {"arrivals": 0.5, "completed": 1.0}
# Spread of a count of mean m: m by chance, and a tenth of m by what is not chance.
_NOISE = 0.1
_P10, _P90 = 0.1, 0.9
# Standard spreads between p50 and p10 or p90 where no back-test tells.
_UNTESTED = 2.0


@dataclass(frozen=True)
class Method:
    """Means of the last eight same weekdays, each week counting `weekly_decay` of the next.

    With `follows_level`, the means move as the last `_LEVEL_DAYS` days stood to them.
    """

    name: str
    weekly_decay: float
    follows_level: bool = False


METHODS = (
    Method("weekday_mean", 0.8),
    Method("weekday_mean_recent", 0.4),
    Method("weekday_mean_level", 0.8, follows_level=True),
)
_LEVEL_DAYS = 14


@dataclass(frozen=True)
class History:
    """What is known of the places: counts of whole days, and their calendars beyond.

    `flows` by name [places, days]; `backlog` [places, days] at each day's end; `is_open` and
    `is_holiday` [places, days and horizon]. Row i is place `offices[i]`; the first day `first_on`.
    """

    offices: tuple[str, ...]
    first_on: date
    flows: Mapping[str, Counts]
    backlog: Counts
    is_open: Flags
    is_holiday: Flags

    @property
    def days(self) -> int:
        return int(self.backlog.shape[1])


def first_whole_week(daily: pd.DataFrame, today: date) -> date:
    """The first day from which the counts are whole.

    A source that hands over its open cases begins with the leavings of earlier weeks: weeks, back
    from today, that brought less than half of the usual week are left out at the beginning.
    """
    number = -_days_since(daily["day"], today)
    past = number > 0
    weeks = np.bincount((number[past] - 1) // _WEEK, daily["arrivals"].to_numpy()[past])
    if not len(weeks):
        return today
    whole = np.flatnonzero(weeks >= np.median(weeks) / 2)
    return today - timedelta(days=int(whole[-1] + 1) * _WEEK)


def history(
    daily: pd.DataFrame, calendar: pd.DataFrame, first_on: date, today: date, ahead: int
) -> History:
    """Frames as matrices.

    `daily` has office_code, day, arrivals, completed, for days in which anything happened; rows
    before `first_on` count to the backlog alone, rows of `today` and later not at all. `calendar`
    has office_code, day, is_open, is_holiday, up to `ahead` days from today on; a day that it does
    not know is open.
    """
    offices = tuple(sorted(set(daily["office_code"])))
    days = max((today - first_on).days, 0)
    position = pd.Series(np.arange(len(offices)), index=list(offices), dtype=np.int64)
    number = _days_since(daily["day"], first_on)
    row = position.reindex(daily["office_code"]).to_numpy()
    flows = {}
    before = np.zeros(len(offices))
    for name, sign in zip(FLOWS, (1, -1), strict=True):
        counts = np.zeros((len(offices), days))
        values = daily[name].to_numpy(dtype=np.float64)
        inside = (number >= 0) & (number < days)
        np.add.at(counts, (row[inside], number[inside]), values[inside])
        np.add.at(before, row[number < 0], sign * values[number < 0])
        flows[name] = counts
    backlog = before[:, None] + np.cumsum(flows["arrivals"] - flows["completed"], axis=1)
    is_open = np.ones((len(offices), days + ahead), dtype=np.bool_)
    is_holiday = np.zeros_like(is_open)
    known = calendar[calendar["office_code"].isin(offices)]
    at = _days_since(known["day"], first_on)
    inside = (at >= 0) & (at < days + ahead)
    rows = position.reindex(known["office_code"]).to_numpy()[inside]
    is_open[rows, at[inside]] = known["is_open"].to_numpy(dtype=np.bool_)[inside]
    is_holiday[rows, at[inside]] = known["is_holiday"].to_numpy(dtype=np.bool_)[inside]
    return History(offices, first_on, flows, backlog, is_open, is_holiday)


def forecast(known: History, scopes: pd.DataFrame) -> pd.DataFrame:
    """Forecasts of every scope from the day after the history on.

    `scopes` has place_scope, office_code. Gives place_scope, measure, day, p10, p50, p90, method,
    skill_vs_seasonal_naive; without a week of history, nothing.
    """
    if known.days < _WEEK or not known.offices:
        return _frame([])
    names, members, is_one = _memberships(known.offices, scopes)
    ahead = min(GROUP_DAYS, known.is_open.shape[1] - known.days)
    tested = backtest(known, members, ahead)
    rows = []
    for measure in (*FLOWS, BACKLOG):
        predicted = {
            method: members @ values
            for method, values in predictions(known, known.days, ahead)[measure].items()
        }
        chosen = tested[measure]
        for i, name in enumerate(names):
            method = chosen.method[i]
            p50 = predicted[method][i]
            low, high = chosen.interval(i, p50, measure)
            for day in range(OFFICE_DAYS if is_one[i] else ahead):
                on = known.first_on + timedelta(days=known.days + day)
                rows.append(
                    (name, measure, on, low[day], p50[day], high[day], method, chosen.skill[i])
                )
    return _frame(rows)


def predictions(known: History, origin: int, ahead: int) -> dict[str, dict[str, Counts]]:
    """What each method says of the `ahead` days from day number `origin` on, by measure.

    Sees the days before the origin only. [places, ahead].
    """
    said: dict[str, dict[str, Counts]] = {}
    expected: dict[str, dict[str, Counts]] = {}
    for measure in FLOWS:
        counts = known.flows[measure][:, :origin]
        said[measure] = {NAIVE: _repeated(counts, ahead)}
        for method in METHODS:
            said[measure][method.name] = _by_calendar(known, measure, origin, ahead, method)
        expected[measure] = said[measure]
    stock = known.backlog[:, origin - 1]
    said[BACKLOG] = {NAIVE: _repeated(known.backlog[:, :origin], ahead)}
    for method in METHODS:
        net = expected["arrivals"][method.name] - expected["completed"][method.name]
        conserved = stock[:, None] + np.cumsum(net, axis=1)
        said[BACKLOG][f"{CONSERVED}:{method.name}"] = np.maximum(conserved, 0.0)
    return said


@dataclass(frozen=True)
class Tested:
    """What the back-test chose for each scope, with its skill and the spreads of its errors.

    `spreads` [scopes, bands, 2]: p10 and p90 of the standardised errors by band of days ahead.
    """

    method: tuple[str, ...]
    skill: tuple[float, ...]
    spreads: Counts
    scale: Counts

    def interval(self, scope: int, p50: Counts, measure: str) -> tuple[Counts, Counts]:
        """p10 and p90 round a forecast [ahead]."""
        band = _bands(len(p50))
        spread = _spread(p50, measure, self.scale[scope])
        low = p50 + self.spreads[scope, band, 0] * spread
        high = p50 + self.spreads[scope, band, 1] * spread
        return np.clip(low, 0.0, p50), np.maximum(high, p50)


def origins_of(days: int, ahead: int) -> list[int]:
    """The day numbers at which the back-test forecasts, a week apart, the last a week ago."""
    last = days - min(ahead, OFFICE_DAYS)
    return list(range(last, _FIRST_ORIGIN - 1, -_WEEK))[:_ORIGINS][::-1]


def backtest(known: History, members: Counts, ahead: int) -> dict[str, Tested]:
    """Forecast from each origin with what was known then, and compare with what came.

    `members` [scopes, places] says whose sums are judged.
    """
    origins = origins_of(known.days, ahead)
    actual = {measure: members @ known.flows[measure] for measure in FLOWS}
    actual[BACKLOG] = members @ known.backlog
    errors: dict[str, dict[str, list[Counts]]] = {m: {} for m in actual}
    standard: dict[str, dict[str, list[Counts]]] = {m: {} for m in actual}
    net = members @ (known.flows["arrivals"] - known.flows["completed"])
    scale = np.maximum(net[:, -_WINDOW:].std(axis=1), 1.0)
    for origin in origins:
        for measure, methods in predictions(known, origin, ahead).items():
            came = actual[measure][:, origin : origin + ahead]
            for method, values in methods.items():
                p50 = (members @ values)[:, : came.shape[1]]
                off = np.full((len(members), ahead), np.nan)
                off[:, : came.shape[1]] = came - p50
                spread = np.stack([_spread(p50[i], measure, scale[i]) for i in range(len(members))])
                z = np.full_like(off, np.nan)
                z[:, : came.shape[1]] = off[:, : came.shape[1]] / spread
                errors[measure].setdefault(method, []).append(off)
                standard[measure].setdefault(method, []).append(z)
    return {
        measure: _chosen(errors[measure], standard[measure], scale, ahead) for measure in actual
    }


def _chosen(
    errors: Mapping[str, Sequence[Counts]],
    standard: Mapping[str, Sequence[Counts]],
    scale: Counts,
    ahead: int,
) -> Tested:
    scopes, bands = len(scale), _bands(ahead).max() + 1
    spreads = np.tile(np.array([-_UNTESTED, _UNTESTED]), (scopes, bands, 1))
    if len(errors.get(NAIVE, [])) < _FEWEST_ORIGINS:
        return Tested((NAIVE,) * scopes, (0.0,) * scopes, spreads, scale)
    # judged by the days that every horizon has
    mean = {
        method: np.nanmean(np.abs(np.stack(each)[:, :, :OFFICE_DAYS]), axis=(0, 2))
        for method, each in errors.items()
    }
    methods = sorted(mean, key=lambda name: (name != NAIVE, name))
    table = np.stack([mean[name] for name in methods])
    best = table.argmin(axis=0)
    naive = np.maximum(table[0], 1e-9)
    skill = np.where(best == 0, 0.0, 1.0 - table.min(axis=0) / naive)
    band = _bands(ahead)
    for i in range(scopes):
        z = np.stack(standard[methods[best[i]]])[:, i, :]
        for b in range(bands):
            of_band = z[:, band == b]
            of_band = of_band[~np.isnan(of_band)]
            if len(of_band) >= 2 * _WEEK:
                spreads[i, b] = np.quantile(of_band, (_P10, _P90))
            elif b:
                spreads[i, b] = spreads[i, b - 1]
    return Tested(tuple(methods[b] for b in best), tuple(float(s) for s in skill), spreads, scale)


def _by_calendar(known: History, measure: str, origin: int, ahead: int, method: Method) -> Counts:
    """Weekday means of ordinary days, moved by what the days to come are."""
    first = max(0, origin - _WINDOW)
    counts = known.flows[measure][:, :origin]
    factors = _factors(known, measure, origin, ahead)
    ordinary = ~(known.is_holiday & ~known.is_open)[:, :origin]
    weekday = np.arange(origin + ahead) % _WEEK
    weight = method.weekly_decay ** ((origin - 1 - np.arange(first, origin)) // _WEEK)
    usable = ordinary[:, first:] * weight
    adjusted = counts[:, first:] / factors[:, first:origin]
    overall = (adjusted * usable).sum(axis=1) / np.maximum(usable.sum(axis=1), 1e-9)
    means = np.empty((len(counts), _WEEK))
    for day in range(_WEEK):
        same = weekday[first:origin] == day
        weights = usable[:, same].sum(axis=1)
        mean = (adjusted[:, same] * usable[:, same]).sum(axis=1) / np.maximum(weights, 1e-9)
        means[:, day] = np.where(weights > 0, mean, overall)
    if method.follows_level:
        since = max(first, origin - _LEVEL_DAYS)
        seen = (adjusted * usable)[:, since - first :].sum(axis=1)
        meant = (means[:, weekday[since:origin]] * usable[:, since - first :]).sum(axis=1)
        # a place of few cases tells its level slowly
        means *= ((seen + 20.0) / (meant + 20.0))[:, None]
    return means[:, weekday[origin:]] * factors[:, origin:]


def _factors(known: History, measure: str, origin: int, ahead: int) -> Counts:
    """What a day brings against an ordinary one of its weekday, [places, origin + ahead].

    Learned of all places together from the days before the origin: Ramadan, a holiday that closes
    the place, the open days after it.
    """
    total = origin + ahead
    days = [known.first_on + timedelta(days=n) for n in range(total)]
    fasting = np.broadcast_to(ramadan(days), (len(known.offices), total))
    closed = (known.is_holiday & ~known.is_open)[:, :total]
    after = days_after_closure(known.is_open[:, :total], known.is_holiday[:, :total], _AFTER)
    factors = np.ones((len(known.offices), total))
    counts = known.flows[measure][:, :origin]
    usual = _usual(counts, (fasting | closed | (after > 0))[:, :origin])
    kinds = [(fasting & ~closed & (after == 0), _RAMADAN_BEFORE[measure], 5.0), (closed, 0.0, 1.0)]
    kinds += [(after == n, 1.0, 1.0) for n in range(1, _AFTER + 1)]
    # a day's worth of all places stands for what was believed before
    day = usual.sum() / max(origin, 1)
    for flags, before, days_of_belief in kinds:
        seen = flags[:, :origin] & (usual > 0)
        came, meant = counts[seen].sum(), usual[seen].sum()
        belief = days_of_belief * day + 1e-9
        factors[flags] = (came + before * belief) / (meant + belief)
    return np.maximum(factors, 0.01)


def _usual(counts: Counts, is_special: Flags) -> Counts:
    """Mean of the up to four ordinary same weekdays before each day; 0 where there is none."""
    total = np.zeros_like(counts)
    found = np.zeros_like(counts)
    sums, numbers = np.where(is_special, 0.0, counts), (~is_special).astype(np.float64)
    for back in range(1, 9):
        shift = back * _WEEK
        if shift >= counts.shape[1]:
            break
        take = (found[:, shift:] < 4) * numbers[:, :-shift]
        total[:, shift:] += take * sums[:, :-shift]
        found[:, shift:] += take
    return total / np.maximum(found, 1.0)


def _repeated(counts: Counts, ahead: int) -> Counts:
    """The last week again and again: the seasonal naive forecast."""
    week = counts[:, -_WEEK:]
    return np.tile(week, (1, -(-ahead // _WEEK)))[:, :ahead]


def _spread(p50: Counts, measure: str, scale: float) -> Counts:
    """The unit in which errors of a forecast [ahead] are counted."""
    if measure == BACKLOG:
        return np.asarray(scale * np.arange(1, len(p50) + 1) ** 0.75)
    mean = np.maximum(p50, 0.0)
    return np.asarray(np.sqrt(1.0 + mean + (_NOISE * mean) ** 2))


def _bands(ahead: int) -> NDArray[np.int_]:
    """Days ahead by how far: this week, the next, the month, later."""
    return np.searchsorted([_WEEK, 2 * _WEEK, 4 * _WEEK], np.arange(ahead), side="right")


def _memberships(
    offices: Sequence[str], scopes: pd.DataFrame
) -> tuple[list[str], Counts, list[bool]]:
    """Scopes that hold any of the places, [scopes, places], and whether each is one place."""
    known = scopes[scopes["office_code"].isin(offices)]
    names = sorted(set(known["place_scope"]))
    members = np.zeros((len(names), len(offices)))
    row = {name: i for i, name in enumerate(names)}
    column = {name: i for i, name in enumerate(offices)}
    for scope, office in zip(known["place_scope"], known["office_code"], strict=True):
        members[row[scope], column[office]] = 1.0
    return names, members, [name.startswith("office:") for name in names]


def _days_since(days: pd.Series, first_on: date) -> NDArray[np.int_]:
    numbers = days.to_numpy().astype("datetime64[D]") - np.datetime64(first_on, "D")
    return np.asarray(numbers.astype(np.int_))


def _frame(rows: Sequence[tuple[object, ...]]) -> pd.DataFrame:
    return pd.DataFrame(
        rows,
        columns=[
            "place_scope",
            "measure",
            "day",
            "p10",
            "p50",
            "p90",
            "method",
            "skill_vs_seasonal_naive",
        ],
    )
