"""Named scenarios as data, and how one that is asked for is planned in a given world.

A scenario is asked for as `name:office=CODE:on=YYYY-MM-DD:size=N:days=N`; several are joined with
`+`. What is left out is drawn, or taken from the table below.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from math import ceil, inf, isfinite

import numpy as np

from simulator.calendar import (
    BAG_WEEKDAYS,
    DAY,
    YEARS,
    Calendar,
    date_of,
    day_number,
    home_day,
    home_midnight,
    local_midnight,
)
from simulator.network import Network
from simulator.plan import FOR_EVER, Planned, shown
from simulator.randomness import Flags, generator

NORMAL = "normal"
CRISIS = "crisis-2023"
NATION = "all"
LINES = ("headquarters", "nadra", "internet")


class ScenarioError(Exception):
    """A scenario cannot be played as asked; the message says which and what would do."""


@dataclass(frozen=True)
class Scenario:
    """`effects` are what it moves, each with its size; the first takes the size asked for, which is
    `at_most` so much.

    `where` is what it hits when no place is named: `nation`, `office` (a large one, drawn),
    `mission`, `site` or `planned` (an office that does not exist yet); `everywhere` tells whether
    `office=all` may be asked. `days` is its length, 0 for good; `clock` when it begins, seconds
    after local midnight, None where it begins with the opening; `towards` the kind of place that
    `to=` must name.
    """

    name: str
    effects: tuple[tuple[str, float], ...]
    where: str
    days: float
    says: str
    at_most: float = inf
    everywhere: bool = False
    clock: int | None = None
    towards: str | None = None

    @property
    def options(self) -> list[str]:
        """What may be said after its name."""
        length = ["days", "hours"] if self.days else []
        to = ["to"] if self.towards else []
        effect = self.effects[0][0]
        link = ["link"] if effect.startswith("link") else []
        size = [] if effect == "opens" or link else ["size"]
        return ["office", "on", *size, *length, *to, *link]


SCENARIOS = {
    scenario.name: scenario
    for scenario in (
        Scenario(
            name="office-rush",
            effects=(("demand", 5.0),),
            where="office",
            days=1,
            says="so many times the usual visitors",
            everywhere=True,
        ),
        Scenario(
            name="hajj-rush",
            effects=(("demand", 1.7),),
            where="nation",
            days=28,
            says="so many times the usual visitors, for weeks before the Hajj",
            everywhere=True,
        ),
        Scenario(
            name="staff-strike",
            effects=(("staff", 0.0),),
            where="nation",
            days=1,
            says="only this share of the staff works",
            at_most=1,
            everywhere=True,
        ),
        Scenario(
            name="link-down",
            effects=(("link headquarters", 1.0),),
            where="office",
            days=0.25,
            says="a line is cut, to headquarters, nadra or the internet",
            everywhere=True,
            clock=9 * 3600 + 1800,
        ),
        Scenario(
            name="mission-slow",
            effects=(("pace", 3.0), ("transit", 2.5)),
            where="mission",
            days=21,
            says="service and decisions take so many times as long, and bags 2.5 times",
        ),
        Scenario(
            name="printer-breakdown",
            effects=(("machines", 1.0),),
            where="site",
            days=5,
            says="this share of a print site's printers is down",
            at_most=1,
            clock=8 * 3600,
        ),
        Scenario(
            name="box-lost",
            effects=(("lost", 1.0),),
            where="office",
            days=1,
            says="so many boxes of each run to an office never arrive",
            everywhere=True,
        ),
        Scenario(
            name="new-office",
            effects=(("opens", 1.0),),
            where="planned",
            days=0,
            says="a planned office opens and takes its share of a city",
        ),
        Scenario(
            name="staff-moved",
            effects=(("staff moved", 2.0),),
            where="office",
            days=0,
            says="so many clerks go to another office, with their desks",
            towards="office",
        ),
        Scenario(
            name="print-moved",
            effects=(("print moved", 0.5),),
            where="site",
            days=0,
            says="this share of a site's new work is printed at another",
            at_most=1,
            clock=0,
            towards="site",
        ),
        Scenario(
            name="longer-hours",
            effects=(("hours", 2.0),),
            where="office",
            days=0,
            says="an office is open so many hours longer",
        ),
    )
}


# The timeline of 2023 and 2024. Where only results were reported, the cause is our assumption: the
# worn machines of summer 2023 and of 2024, and how the demand of two years spread over months.
_CRISIS: tuple[tuple[str, str, str, float], ...] = (
    ("output", "2023-08-21T00:00", "2023-10-11T00:00", 0.63),
    ("supply laminate", "2023-09-20T00:00", "2023-10-23T00:00", 13.5),
    ("link nadra", "2023-10-04T11:00", "2023-10-04T13:00", 1.0),
    ("demand", "2023-10-01T00:00", "2024-04-15T00:00", 0.93),
    ("output", "2023-10-23T00:00", "2024-04-15T00:00", 0.96),
    ("link headquarters", "2024-03-04T09:30", "2024-03-04T14:00", 1.0),
    ("demand", "2024-04-15T00:00", "2024-06-01T00:00", 1.6),
    ("output", "2024-04-15T00:00", "2024-11-08T00:00", 0.88),
    ("demand", "2024-06-01T00:00", "2025-01-01T00:00", 0.9),
)


def plan(
    asked: str, network: Network, calendar: Calendar, seed: int, since: int, until: int
) -> tuple[Planned, ...]:
    """The scenarios asked for in a world that stands at `since` and goes on to `until` (UTC
    seconds): from the day given; else so that it ends with the last open one in between, or, where
    it holds for good, from the first whole day on.

    Raises ScenarioError for an unknown name, place or option, or a day on which nothing would
    happen.
    """
    planned: list[Planned] = []
    for part in asked.split("+"):
        name, *options = part.split(":")
        if name in (NORMAL, CRISIS) and options:
            raise ScenarioError(f"{part}: {name} has no options; ask for it as {name}")
        if name == CRISIS:
            planned += _crisis(since)
        elif name != NORMAL:
            planned += _Asked(part, network, calendar, seed, since, until).planned()
    return tuple(planned)


def _known() -> str:
    """A line on each scenario: its name, what it is, and what may be said of it."""
    lines = [f"  {NORMAL}: nothing", f"  {CRISIS}: the timeline of 2023 and 2024"]
    for scenario in SCENARIOS.values():
        told = [f"size={scenario.effects[0][1]:g}" if o == "size" else o for o in scenario.options]
        lines.append(f"  {scenario.name}: {scenario.says} ({', '.join(told)})")
    return "\n".join(lines)


def _crisis(since: int) -> list[Planned]:
    if since > _home_instant("2023-10-01T00:00"):
        raise ScenarioError(
            f"{CRISIS} is the timeline of 2023 and 2024, and the world stands at {shown(since)}; "
            "simulate a world that begins before October 2023 (--until 2025-02-01T00:00:00Z "
            "--days 540)"
        )
    return [
        Planned(CRISIS, effect, None, None, _home_instant(start), _home_instant(end), size, since)
        for effect, start, end, size in _CRISIS
    ]


def _home_instant(local: str) -> int:
    moment = datetime.fromisoformat(local)
    return home_midnight(day_number(moment.date())) + moment.hour * 3600 + moment.minute * 60


@dataclass(frozen=True)
class _Asked:
    """One scenario as it was asked for, and the world that it is asked of."""

    text: str
    network: Network
    calendar: Calendar
    seed: int
    since: int
    until: int

    def planned(self) -> list[Planned]:
        """Its effects. Raises ScenarioError."""
        scenario, options = self._read()
        place = self._place(scenario, scenario.where, options.get("office"))
        towards = None
        if scenario.towards:
            if "to" not in options:
                raise self._error("say where to, with to=CODE")
            towards = self._place(scenario, scenario.towards, options["to"])
            if towards == place:
                raise self._error("to= must name another place than office=")
        if scenario.name == "longer-hours" and self._never_closes(place):
            raise self._error(f"{options['office']} never closes; name another office")
        length = self._number(options, "days", scenario.days) * DAY
        length = self._number(options, "hours", length / 3600) * 3600
        size = self._number(options, "size", scenario.effects[0][1], scenario.at_most)
        effects = [(scenario.effects[0][0], size), *scenario.effects[1:]]
        if "link" in options:
            if options["link"] not in LINES:
                raise self._error(f"link is {', '.join(LINES[:-1])} or {LINES[-1]}")
            effects = [(f"link {options['link']}", size)]
        day = self._day(scenario, place, towards, length, options.get("on"))
        start = self._start(scenario, place, day)
        return [
            Planned(
                scenario=scenario.name,
                effect=effect,
                office_code=None if place is None else self.network.codes[place],
                to_code=None if towards is None else self.network.codes[towards],
                start=start,
                end=int(start + length) if length else FOR_EVER,
                size=value,
                since=self.since,
            )
            for effect, value in effects
        ]

    def _error(self, why: str) -> ScenarioError:
        return ScenarioError(f"{self.text}: {why}")

    def _read(self) -> tuple[Scenario, dict[str, str]]:
        name, *parts = self.text.split(":")
        if name not in SCENARIOS:
            raise ScenarioError(f"no scenario is called {name!r}; there are\n{_known()}")
        scenario = SCENARIOS[name]
        options = dict(part.partition("=")[::2] for part in parts)
        unknown = set(options) - set(scenario.options)
        if unknown:
            raise self._error(
                f"options are {', '.join(scenario.options)}, not {', '.join(sorted(unknown))}"
            )
        return scenario, options

    def _number(
        self, options: dict[str, str], name: str, usual: float, at_most: float = inf
    ) -> float:
        if name not in options:
            return usual
        try:
            number = float(options[name])
        except ValueError:
            number = -1.0
        # Nobody works in a strike unless it says otherwise: only its size may be 0.
        if isfinite(number) and min(usual, 1e-9) <= number <= at_most:
            return number
        most = f" up to {at_most:g}" if isfinite(at_most) else ""
        raise self._error(f"{name}= is a number above 0{most}, not {options[name]!r}")

    def _never_closes(self, place: int | None) -> bool:
        return place is not None and self.network.places[place].hours_group == "around_the_clock"

    def _place(self, scenario: Scenario, where: str, office_code: str | None) -> int | None:
        """The position of the place named, or of one drawn; None for the nation."""
        network = self.network
        if office_code is None and where == "nation":
            return None
        if office_code == NATION:
            if scenario.everywhere:
                return None
            raise self._error(f"{scenario.name} is for one place; name it instead of {NATION}")
        may = self._may_be(where)
        if office_code is not None:
            if office_code not in network.codes or not may[network.codes.index(office_code)]:
                kind = "office" if where == "nation" else where
                some = ", ".join(np.array(network.codes)[may][:3])
                raise self._error(f"no {kind} has the code {office_code!r}; there are {some}, …")
            return network.codes.index(office_code)
        if not may.any():
            raise self._error("all planned offices are open; name no more of them")
        size = np.array([place.weight for place in network.places])
        closes = np.array([place.hours_group != "around_the_clock" for place in network.places])
        if where == "office":
            at_home = ~np.isin(np.arange(len(size)), np.flatnonzero(network.is_mission))
            may = may & closes & at_home & (size >= np.sort(size)[-60])
        if where == "mission":
            may = may & (size >= np.sort(size[may])[-12])
        draws = generator(self.seed, 0, f"scenario {self.text}")
        return int(draws.choice(np.flatnonzero(may)))

    def _may_be(self, where: str) -> Flags:
        network = self.network
        position = np.arange(len(network.places))
        is_open = np.isin(position, list(self.calendar.opened))
        is_office = (position < network.offices) & (~network.is_planned | is_open)
        if where == "site":
            return np.isin(position, network.site_places)
        if where == "planned":
            return network.is_planned & ~is_open
        if where == "mission":
            return np.isin(position, np.flatnonzero(network.is_mission))
        return is_office

    def _day(
        self,
        scenario: Scenario,
        place: int | None,
        towards: int | None,
        length: float,
        on: str | None,
    ) -> int:
        """The local day on which it begins: the one asked for, else the best that will do."""
        if on is not None:
            try:
                day = day_number(date.fromisoformat(on))
            except ValueError:
                raise self._error(f"on= is a day like 2026-11-19, not {on!r}") from None
            refusal = self._refusal(scenario, place, towards, length, day)
            if refusal:
                raise self._error(f"{refusal}; give another day with on=")
            return day
        for day in self._candidates(scenario, place, length):
            if not self._refusal(scenario, place, towards, length, day):
                return day
        raise self._error(
            f"there is no day for it between {shown(self.since)} and {shown(self.until)}; simulate "
            "longer, or give a day to come with on=YYYY-MM-DD"
        )

    def _candidates(self, scenario: Scenario, place: int | None, length: float) -> Iterator[int]:
        """Days on which it may begin, the best first."""
        first, last = (int(home_day(np.array([at]))[0]) for at in (self.since, self.until))
        working = [day for day in range(first - 1, last + 1) if self._is_working(place, day)]
        if not length:
            # Beyond the end too: a world that goes on will come to it.
            yield from [*working, *range(last + 1, last + 10)]
        elif working:
            best = working[-1] - ceil(length / DAY) + 1
            yield from range(best, first - 2, -1)
            yield from range(max(best + 1, first - 1), working[-1] + 1)

    def _is_working(self, place: int | None, day: int) -> bool:
        """Whether a usual working day of the place lies wholly in the time simulated."""
        hours, judged = self.calendar.hours(day), self._judged(place)
        whole = self.since <= hours.opens[judged] and hours.closes[judged] <= self.until
        return whole and date_of(day).isoweekday() <= 5

    def _judged(self, place: int | None) -> int:
        """The place whose hours count: a planned one has none yet."""
        return 0 if place is None or self.network.is_planned[place] else place

    def _refusal(
        self,
        scenario: Scenario,
        place: int | None,
        towards: int | None,
        length: float,
        day: int,
    ) -> str | None:
        """Why it cannot begin on a day; None where it can."""
        judged, moment = self._judged(place), date_of(day)
        if moment.year not in YEARS:
            return f"the simulated calendar is that of {YEARS[0]} to {YEARS[-1]}"
        for site in (judged, towards):
            if scenario.where == "site" and site is not None and not self._prints(site, moment):
                return f"{self.network.codes[site]} does not print yet on {moment}"
        start, opens = self._start(scenario, place, day), self.calendar.hours(day).opens[judged]
        begins = opens if scenario.clock is None and opens >= 0 else start
        if begins < self.since:
            return f"{moment} is past for a world that stands at {shown(self.since)}"
        if scenario.effects[0][0] == "lost":
            weekdays = _weekdays_of_boxes(self.network, place)
            days = range(day, day + ceil(length / DAY))
            if not any(date_of(ahead).isoweekday() in weekdays for ahead in days):
                return f"no box leaves for {self.network.codes[judged]} on {moment}"
        elif scenario.clock is None and not self._opens(place, day, length):
            return f"{self.network.codes[judged]} is closed on {moment}"
        return None

    def _prints(self, site: int, moment: date) -> bool:
        return self.network.sites_open_on[site - self.network.offices] <= moment

    def _opens(self, place: int | None, day: int, length: float) -> bool:
        """Whether the place, or any for the nation, opens while it lasts."""
        days = max(1, ceil(length / DAY))
        opens = np.array([self.calendar.hours(day + n).opens for n in range(days)])
        office = slice(self.network.offices) if place is None else [self._judged(place)]
        return bool((opens[:, office] >= self.since).any())

    def _start(self, scenario: Scenario, place: int | None, day: int) -> int:
        timezone = self.network.places[self._judged(place)].timezone
        return local_midnight(day, timezone) + (scenario.clock or 0)


def _weekdays_of_boxes(network: Network, place: int | None) -> tuple[int, ...]:
    """On which days boxes leave for a place: sites rest on Sundays, bags have their days."""
    is_abroad = place is not None and place < network.offices and network.is_mission[place]
    return BAG_WEEKDAYS if is_abroad else (1, 2, 3, 4, 5, 6)
