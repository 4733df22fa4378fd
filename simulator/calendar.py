"""When places are open: hours with their Ramadan version, weekends, holidays, time zones.

A day is a number: days since 1970-01-01, of the place's own calendar.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache, cached_property
from zoneinfo import ZoneInfo

import holidays
import numpy as np
import pyarrow as pa
from hijridate import Hijri

from simulator.columns import MISSING, rows_of
from simulator.network import Network, build_network
from simulator.places import HOME_TIMEZONE, Place, read_reference
from simulator.randomness import Floats, Ints

DAY = 86_400
EARLIEST_SECONDS = 14 * 3600
"""No local day begins, and no row of its simulation has a cursor, longer than this before its UTC
day."""
YEARS = range(2023, 2029)
"""The years whose volumes, holidays and seasons are known."""
BAG_WEEKDAYS = (1, 3, 5)
"""Diplomatic bags leave on Mondays, Wednesdays and Fridays."""
HOURS_SINCE = "2015-01-01"
_NEVER = 10**6

_WEEKDAY_WEIGHTS = np.array([0.0, 1.25, 1.1, 1.0, 0.95, 0.7, 0.4, 0.3])
_HOLIDAY_WEIGHT = 0.25
_RAMADAN_WEIGHT = 0.55
_UMRAH_DAYS, _UMRAH_WEIGHT = 30, 1.1
_AFTER_BREAK_WEIGHT = 1.2
# January to December: Hajj and Umrah before Ramadan, summer travel.
_MONTH_WEIGHTS = np.array([1.05, 1.15, 1.1, 1.0, 1.0, 1.0, 1.1, 1.05, 0.95, 0.95, 0.9, 0.85])
# In the Hajj season regional offices hand out passports on weekends too, by order of the day: their
# hours as announced, which working days follow from, do not change.
_HAJJ_MONTHS, _WEEKEND_DELIVERY = (2, 3), (10 * 3600, 14 * 3600)
_ISLAMIC_WORKING_RAMADAN = {"SA", "AE", "OM", "QA", "KW", "BH"}


def day_number(day: date) -> int:
    """Days since 1970-01-01."""
    return (day - date(1970, 1, 1)).days


def date_of(day: int) -> date:
    """The date of a day number."""
    return date(1970, 1, 1) + timedelta(days=day)


def _seconds(clock: str) -> int:
    hours, minutes, rest = (int(part) for part in clock.split(":"))
    return hours * 3600 + minutes * 60 + rest


def _ramadans() -> list[tuple[int, int]]:
    """First and last day of each Ramadan as kept in Pakistan, a day after Umm al-Qura."""
    spans = []
    for hijri_year in range(1444, 1451):
        first = day_number(Hijri(hijri_year, 9, 1).to_gregorian()) + 1
        spans.append((first, first + Hijri(hijri_year, 9, 1).month_length() - 1))
    return [span for span in spans if date_of(span[0]).year in YEARS]


@dataclass(frozen=True)
class Version:
    """The week of a group of places: weekday → (opens, closes) in seconds after midnight."""

    valid_from: int
    valid_to: int | None
    week: Mapping[int, tuple[int, int]]


@dataclass(frozen=True)
class Hours:
    """Local midnight, opening and closing of every place on one day, and from when until when it
    hands out passports, which it also does on some days on which it is closed; UTC seconds,
    `MISSING` where not.
    """

    midnight: Ints
    opens: Ints
    closes: Ints
    hands_out_from: Ints
    hands_out_until: Ints


@dataclass
class Calendar:
    """Opening of the network's places. Days once worked out are kept."""

    network: Network
    opened: Mapping[int, int] = field(default_factory=dict)
    """Planned places that open: by position, their first day."""
    longer: Mapping[int, tuple[tuple[int, int], ...]] = field(default_factory=dict)
    """Places that close later: by position, the first days and the seconds added."""
    _hours: dict[int, Hours] = field(default_factory=dict)
    _year_weights: dict[int, Floats] = field(default_factory=dict)

    @cached_property
    def ramadans(self) -> list[tuple[int, int]]:
        return _ramadans()

    @cached_property
    def public_holidays(self) -> dict[str, dict[int, str]]:
        """Country → day → name."""
        return _public_holidays(tuple(sorted({p.country_code for p in self.network.places})))

    @cached_property
    def _alike(self) -> tuple[list[int], Ints]:
        """One place for each way of opening, and which of them each place is like."""
        models: dict[tuple[object, ...], int] = {}
        found: list[int] = []
        alike = []
        for position, place in enumerate(self.network.places):
            way = (
                *(place.hours_group, place.kind == "regional", place.weekend),
                *(place.country_code, place.timezone),
                *(self.opens_on(position), self.longer.get(position)),
            )
            if way not in models:
                models[way] = len(found)
                found.append(position)
            alike.append(models[way])
        return found, np.array(alike)

    def opens_on(self, position: int) -> int:
        """The first day of a place; one that is only planned has none in sight."""
        usual = _NEVER if self.network.is_planned[position] else 0
        return self.opened.get(position, usual)

    @cached_property
    def first_days(self) -> Ints:
        """The first day of every place."""
        return np.array([self.opens_on(position) for position in range(len(self.network.places))])

    @cached_property
    def _model_weeks(self) -> list[tuple[Version, ...]]:
        return [
            _longer(
                _versions(self.network.places[position], self.ramadans),
                self.longer.get(position, ()),
            )
            for position in self._alike[0]
        ]

    @cached_property
    def weeks(self) -> list[tuple[Version, ...]]:
        """The versions of the week of each place, the oldest first."""
        return [self._model_weeks[model] for model in self._alike[1]]

    def hours(self, day: int) -> Hours:
        """When each place opens and closes on its local day."""
        known = self._hours.get(day)
        if known is None:
            known = self._hours[day] = self._work_out(day)
        return known

    def _work_out(self, day: int) -> Hours:
        models, alike = self._alike
        midnight = np.array([local_midnight(day, self.network.places[p].timezone) for p in models])
        spans = np.array(
            [self._span(model, day) or (MISSING, MISSING) for model in range(len(models))]
        )
        handing = np.array(
            [self._hands_out(model, day) or (MISSING, MISSING) for model in range(len(models))]
        )
        open_at, hands_out = (
            np.where(times < 0, MISSING, times + midnight[:, None])[alike]
            for times in (spans, handing)
        )
        return Hours(midnight[alike], *open_at.T, *hands_out.T)

    def _span(self, model: int, day: int) -> tuple[int, int] | None:
        """Opening and closing in seconds after midnight; None where closed."""
        position = self._alike[0][model]
        place = self.network.places[position]
        if day < self.opens_on(position):
            return None
        is_holiday = day in self.public_holidays[place.country_code]
        if is_holiday and place.hours_group != "around_the_clock":
            return None
        return _valid(self._model_weeks[model], day).week.get(date_of(day).isoweekday())

    def _hands_out(self, model: int, day: int) -> tuple[int, int] | None:
        """From when until when passports are handed out, in seconds after midnight."""
        place, moment = self.network.places[self._alike[0][model]], date_of(day)
        if (
            place.kind == "regional"
            and moment.month in _HAJJ_MONTHS
            and moment.isoweekday() in place.weekend
            and day >= self.opens_on(self._alike[0][model])
            and day not in self.public_holidays[place.country_code]
        ):
            return _WEEKEND_DELIVERY
        return self._span(model, day)

    def next_openings(self, days: int, day: int) -> tuple[Ints, Ints]:
        """Openings and closings from `day` on, shape (days, places); where a place is closed,
        those of its next open day."""
        span = [self.hours(day + ahead) for ahead in range(days + 12)]
        opens = np.stack([hours.opens for hours in span])
        closes = np.stack([hours.closes for hours in span])
        for ahead in range(len(span) - 2, -1, -1):
            closed = opens[ahead] < 0
            opens[ahead] = np.where(closed, opens[ahead + 1], opens[ahead])
            closes[ahead] = np.where(closed, closes[ahead + 1], closes[ahead])
        return opens[:days], closes[:days]

    def demand_weights(self, day: int) -> Floats:
        """Share of its yearly applications that each office takes on a day, 0 where closed."""
        year = date_of(day).year
        if year not in self._year_weights:
            first = day_number(date(year, 1, 1))
            self._year_weights[year] = np.sum(
                [self._pull(first + ahead) for ahead in range(365)], axis=0
            )
        return self._pull(day) / np.maximum(self._year_weights[year], 1e-9)

    def _pull(self, day: int) -> Floats:
        """How strongly a day draws people to each office. A planned one is taken as open, so that
        its share of a year does not hang on when it opens."""
        network = self.network
        offices = network.offices
        moment = date_of(day)
        season = _MONTH_WEIGHTS[moment.month - 1]
        weight = _WEEKDAY_WEIGHTS[moment.isoweekday()] * season
        home = network.places[0].country_code
        if any(first <= day <= last for first, last in self.ramadans):
            weight *= _RAMADAN_WEIGHT
        if any(first - _UMRAH_DAYS <= day < first for first, _ in self.ramadans):
            weight *= _UMRAH_WEIGHT
        if day in self.public_holidays[home]:
            weight *= _HOLIDAY_WEIGHT
        if self._is_after_a_break(day):
            weight *= _AFTER_BREAK_WEIGHT
        mission_weight = _WEEKDAY_WEIGHTS[1:6].mean() * season
        pull = np.where(network.is_mission, mission_weight, weight)
        models, alike = self._alike
        is_open = np.array([self._span(model, day) is not None for model in range(len(models))])
        like = np.where(network.is_planned[:offices], alike[0], alike[:offices])
        return np.where(is_open[like], pull, 0.0)

    def _is_after_a_break(self, day: int) -> bool:
        """Whether one of the two days before ended a run of three or more closed ones."""
        holidays_at_home = self.public_holidays[self.network.places[0].country_code]

        def closed(number: int) -> bool:
            return number in holidays_at_home or date_of(number).isoweekday() >= 6

        return not closed(day) and any(
            all(closed(day - ahead - back) for back in range(4)) for ahead in (1, 2)
        )


@cache
def calendar_of(
    scale: float, opened: tuple[tuple[int, int], ...], longer: tuple[tuple[int, int, int], ...]
) -> Calendar:
    """The calendar of a network, with the first days of planned places that open, and the places
    that close later: position, first day, seconds added."""
    later: dict[int, tuple[tuple[int, int], ...]] = {}
    for place, day, seconds in longer:
        later[place] = (*later.get(place, ()), (day, seconds))
    return Calendar(build_network(scale), dict(opened), later)


@cache
def _public_holidays(countries: tuple[str, ...]) -> dict[str, dict[int, str]]:
    return {country: _holidays_of(country) for country in countries}


def _holidays_of(country: str) -> dict[int, str]:
    try:
        found = holidays.country_holidays(country, years=list(YEARS))
    except NotImplementedError:
        # The package does not know every country; a mission there works through.
        return {}
    return {day_number(day): name for day, name in found.items()}


@cache
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def local_midnight(day: int, timezone: str) -> int:
    """UTC seconds of local midnight; the offset is the one at noon."""
    noon = datetime.combine(date_of(day), datetime.min.time()).replace(
        hour=12, tzinfo=_zone(timezone)
    )
    return int(noon.astimezone(UTC).timestamp()) - DAY // 2


def home_midnight(day: int) -> int:
    """UTC seconds at which the authority's day begins."""
    return local_midnight(day, HOME_TIMEZONE)


def home_day(instants: Ints) -> Ints:
    """The authority's day of each instant; Pakistan has kept UTC+5 since 2010."""
    return (instants + 5 * 3600) // DAY


def _versions(place: Place, ramadans: list[tuple[int, int]]) -> tuple[Version, ...]:
    seasons: dict[str, dict[int, tuple[int, int]]] = {}
    for row in read_reference("hours.csv"):
        if row["group"] != place.hours_group:
            continue
        span = (_seconds(row["opens_at"]), _seconds(row["closes_at"]))
        weekdays = (
            [day for day in range(1, 8) if day not in place.weekend]
            if row["weekdays"] == "work"
            else [int(day) for day in row["weekdays"].split()]
        )
        seasons.setdefault(row["season"], {}).update(dict.fromkeys(weekdays, span))
    if place.kind == "mission" and place.country_code in _ISLAMIC_WORKING_RAMADAN:
        seasons["ramadan"] = {
            day: (opens + 3600, closes + 3600)
            for day, (opens, closes) in seasons["regular"].items()
        }
    since = day_number(date.fromisoformat(HOURS_SINCE))
    versions = [Version(since, None, seasons["regular"])]
    if "ramadan" in seasons:
        versions += [Version(first, last, seasons["ramadan"]) for first, last in ramadans]
    return tuple(versions)


def _longer(
    versions: tuple[Version, ...], longer: Sequence[tuple[int, int]]
) -> tuple[Version, ...]:
    """The versions with a later closing from some days on: one for each span without a change."""
    if not longer:
        return versions
    ends = {version.valid_to + 1 for version in versions if version.valid_to is not None}
    since = versions[0].valid_from
    edges = sorted({v.valid_from for v in versions} | ends | {max(d, since) for d, _ in longer})
    changed = []
    for edge, following in zip(edges, [*edges[1:], None], strict=True):
        added = sum(seconds for first, seconds in longer if first <= edge)
        week = {
            weekday: (opens, min(closes + added, DAY))
            for weekday, (opens, closes) in _valid(versions, edge).week.items()
        }
        changed.append(Version(edge, None if following is None else following - 1, week))
    return tuple(changed)


def _valid(versions: tuple[Version, ...], day: int) -> Version:
    for version in reversed(versions):
        if version.valid_from <= day and (version.valid_to is None or day <= version.valid_to):
            return version
    return versions[0]


def _clock(second: int) -> str:
    return f"{second // 3600:02d}:{second % 3600 // 60:02d}:{second % 60:02d}"


def office_hours_record(calendar: Calendar) -> pa.Table:
    """The record `office_hours`."""
    rows = [
        (place.code, weekday, _clock(opens), _clock(closes), version.valid_from, version.valid_to)
        for position, place in enumerate(calendar.network.places)
        if calendar.opens_on(position) != _NEVER
        for version in calendar.weeks[position]
        for weekday, (opens, closes) in sorted(version.week.items())
    ]
    codes, weekdays, opens_at, closes_at, valid_from, valid_to = zip(*rows, strict=True)
    return rows_of(
        "office_hours",
        {
            "office_code": pa.array(codes),
            "weekday": pa.array(weekdays),
            "opens_at": pa.array(opens_at),
            "closes_at": pa.array(closes_at),
            "valid_from": pa.array(valid_from, pa.int32()).cast(pa.date32()),
            "valid_to": pa.array(valid_to, pa.int32()).cast(pa.date32()),
        },
    )


def holidays_record(calendar: Calendar) -> pa.Table:
    """The record `holidays`."""
    rows = [
        (country, day, name)
        for country, days in calendar.public_holidays.items()
        for day, name in sorted(days.items())
    ]
    countries, days, names = zip(*rows, strict=True)
    return rows_of(
        "holidays",
        {
            "country_code": pa.array(countries),
            "holiday_date": pa.array(days, pa.int32()).cast(pa.date32()),
            "name": pa.array(names),
        },
    )
