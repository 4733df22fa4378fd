"""What is made to happen: named scenarios as data, and their plan in a given world.

A scenario is asked for as `name:office=CODE:on=YYYY-MM-DD:size=N:days=N`; several are joined with
`+`. What is left out is drawn, or taken from the table below. A scenario moves causes only (how
many come, who works, which line or machine is down, what is delivered); its effects follow.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime

import numpy as np

from simulator.calendar import (
    DAY,
    Calendar,
    calendar_of,
    date_of,
    day_number,
    home_day,
    home_midnight,
    local_midnight,
)
from simulator.network import Network
from simulator.randomness import Flags, Floats, Ints, generator

NORMAL = "normal"
CRISIS = "crisis-2023"
NATION = "all"
_FOR_EVER = 4_000_000_000
_STAY_IN_A_STRIKE = 0.2


class ScenarioError(Exception):
    """A scenario cannot be played as asked; the message says which and what would do."""


@dataclass(frozen=True)
class Scenario:
    """`effects` are what it moves, each with its size; the first takes the size asked for.

    `where` is what it hits when no place is named: `nation`, `office` (a large one, drawn),
    `mission`, `site` or `planned` (an office that does not exist yet). `days` is its length, 0 for
    good; `clock` when it begins, seconds after local midnight; `towards` the kind of place that
    `to=` must name.
    """

    name: str
    effects: tuple[tuple[str, float], ...]
    where: str
    days: float
    says: str
    clock: int = 0
    towards: str | None = None


SCENARIOS = {
    scenario.name: scenario
    for scenario in (
        Scenario(
            "office-rush", (("demand", 5.0),), "office", 1, "many times the usual visitors there"
        ),
        Scenario("hajj-rush", (("demand", 1.7),), "nation", 28, "the weeks before the Hajj"),
        Scenario("staff-strike", (("staff", 0.0),), "nation", 1, "the share of staff that works"),
        Scenario(
            "link-down",
            (("link headquarters", 1.0),),
            "office",
            0.25,
            "a cut line: no data entry; office=all for the nation",
            clock=9 * 3600 + 1800,
        ),
        Scenario(
            "mission-slow",
            (("pace", 3.0), ("transit", 2.5)),
            "mission",
            21,
            "decisions and bags take this many times as long",
        ),
        Scenario(
            "printer-breakdown",
            (("machines", 1.0),),
            "site",
            5,
            "the share of a site's printers that is down",
            clock=8 * 3600,
        ),
        Scenario("box-lost", (("lost", 1.0),), "office", 1, "so many boxes never arrive"),
        Scenario("new-office", (("opens", 1.0),), "planned", 0, "takes its share of a city"),
        Scenario(
            "staff-moved",
            (("staff moved", 2.0),),
            "office",
            0,
            "so many desks and clerks go from one office to another",
            towards="office",
        ),
        Scenario(
            "print-moved",
            (("print moved", 0.5),),
            "site",
            0,
            "the share of one site's new work printed at another",
            towards="site",
        ),
        Scenario("longer-hours", (("hours", 2.0),), "office", 0, "open so many hours longer"),
    )
}


@dataclass(frozen=True)
class Planned:
    """One effect of a scenario at its place: `office_code` None for the whole nation, `to_code`
    where something goes. It holds from `start` to `end` (UTC seconds), in places by their opening;
    what lies before `since` is never changed."""

    scenario: str
    effect: str
    office_code: str | None
    to_code: str | None
    start: int
    end: int
    size: float
    since: int

    def truth(self) -> dict[str, object]:
        """The line of the truth file."""
        return {
            "kind": "scenario",
            "scenario": self.scenario,
            "effect": self.effect,
            "office_code": self.office_code,
            "to_office_code": self.to_code,
            "start": _shown(self.start),
            "end": None if self.end == _FOR_EVER else _shown(self.end),
            "size": self.size,
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

    Raises ScenarioError for an unknown name, place or option, or a day that is past or closed.
    """
    planned: list[Planned] = []
    for part in asked.split("+"):
        if part == CRISIS:
            planned += _crisis(since)
        elif part != NORMAL:
            planned += _planned(part, network, calendar, seed, since, until)
    return tuple(planned)


def _crisis(since: int) -> list[Planned]:
    if since > _home_instant("2023-10-01T00:00"):
        raise ScenarioError(
            f"{CRISIS} is the timeline of 2023 and 2024, and the world stands at {_shown(since)}; "
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


def _planned(
    asked: str, network: Network, calendar: Calendar, seed: int, since: int, until: int
) -> list[Planned]:
    name, *options = asked.split(":")
    if name not in SCENARIOS:
        known = ", ".join([NORMAL, CRISIS, *SCENARIOS])
        raise ScenarioError(f"no scenario is called {name!r}; there are {known}")
    scenario = SCENARIOS[name]
    chosen = dict(option.partition("=")[::2] for option in options)
    known_options = ["office", "on", "size", "days", "hours"]
    known_options += ["to"] if scenario.towards else []
    known_options += ["link"] if name == "link-down" else []
    unknown = set(chosen) - set(known_options)
    if unknown:
        raise ScenarioError(
            f"{asked}: options are {', '.join(known_options)}, not {', '.join(unknown)}"
        )
    try:
        size = float(chosen["size"]) if "size" in chosen else None
        day = day_number(date.fromisoformat(chosen["on"])) if "on" in chosen else None
        length = float(chosen.get("days", scenario.days)) * DAY
        length = float(chosen["hours"]) * 3600 if "hours" in chosen else length
    except ValueError as error:
        raise ScenarioError(f"{asked}: {error}") from error
    place = _place(asked, scenario.where, chosen.get("office"), network, seed)
    towards = None
    if scenario.towards:
        if "to" not in chosen:
            raise ScenarioError(f"{asked}: say where to, with to=CODE")
        towards = _place(asked, scenario.towards, chosen["to"], network, seed)
    judged = 0 if place is None else place
    if name == "longer-hours" and network.places[judged].hours_group == "around_the_clock":
        raise ScenarioError(f"{asked}: {network.codes[judged]} never closes; name another office")
    # A planned office keeps the hours of its kind only once it is open.
    opening = 0 if scenario.where == "planned" else judged
    if day is None and length:
        last = _last_open_day(calendar, opening, since, until)
        day = max(last - int(np.ceil(length / DAY)) + 1, int(home_day(np.array([since]))[0]))
        while not _is_ahead(calendar, opening, day, since):
            day += 1
    elif day is None:
        day = _first_open_day(calendar, opening, since)
    elif not _is_ahead(calendar, opening, day, since):
        raise ScenarioError(
            f"{asked}: the office does not open on {date_of(day)}, or that day is past for a world "
            f"that stands at {_shown(since)}; give a later working day with on="
        )
    start = local_midnight(day, network.places[judged].timezone) + scenario.clock
    effects = list(scenario.effects)
    if "link" in chosen:
        if chosen["link"] not in ("headquarters", "nadra", "internet"):
            raise ScenarioError(f"{asked}: link is headquarters, nadra or internet")
        effects = [(f"link {chosen['link']}", 1.0)]
    if size is not None:
        effects[0] = (effects[0][0], size)
    return [
        Planned(
            scenario=name,
            effect=effect,
            office_code=None if place is None else network.codes[place],
            to_code=None if towards is None else network.codes[towards],
            start=start,
            end=int(start + length) if length else _FOR_EVER,
            size=value,
            since=since,
        )
        for effect, value in effects
    ]


def _place(
    asked: str, where: str, office_code: str | None, network: Network, seed: int
) -> int | None:
    """The position of the place named, or of one drawn; None for the nation."""
    if office_code == NATION or (office_code is None and where == "nation"):
        return None
    position = np.arange(len(network.places))
    is_mission = np.array([place.kind == "mission" for place in network.places])
    is_office = (position < network.offices) & ~network.is_planned
    allowed = {
        "nation": is_office,
        "office": is_office,
        "mission": is_mission,
        "site": (position >= network.offices) & (position < network.offices + network.sites),
        "planned": network.is_planned,
    }[where]
    if office_code is not None:
        if office_code not in network.codes or not allowed[network.codes.index(office_code)]:
            some = ", ".join(np.array(network.codes)[allowed][:3])
            raise ScenarioError(
                f"{asked}: no {'office' if where == 'nation' else where} has the code "
                f"{office_code!r}; there are {some}, …"
            )
        return network.codes.index(office_code)
    size = np.array([place.weight for place in network.places])
    closes = np.array([place.hours_group != "around_the_clock" for place in network.places])
    if where == "office":
        allowed = allowed & closes & ~is_mission & (size >= np.sort(size)[-60])
    if where == "mission":
        allowed = allowed & (size >= np.sort(size[is_mission])[-12])
    draws = generator(seed, 0, f"scenario {asked}")
    return int(draws.choice(np.flatnonzero(allowed)))


def _is_ahead(calendar: Calendar, office: int, day: int, since: int) -> bool:
    return bool(calendar.hours(day).opens[office] >= since)


def _last_open_day(calendar: Calendar, office: int, since: int, until: int) -> int:
    for day in range(until // DAY + 1, since // DAY - 2, -1):
        closes = calendar.hours(day).closes[office]
        usual = date_of(day).isoweekday() <= 5
        if usual and 0 <= closes <= until and _is_ahead(calendar, office, day, since):
            return day
    raise ScenarioError(
        f"the office is not open for a whole working day between {_shown(since)} and "
        f"{_shown(until)}; simulate longer, or give a day to come with on=YYYY-MM-DD"
    )


def _first_open_day(calendar: Calendar, office: int, since: int) -> int:
    day = int(home_day(np.array([since]))[0])
    while not _is_ahead(calendar, office, day, since) or date_of(day).isoweekday() > 5:
        day += 1
    return day


def _shown(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%MZ")


# ---- what the plan does to a day of the world


@dataclass(frozen=True)
class Plan:
    """The planned effects in their world; each question is answered for one day or instant."""

    network: Network
    planned: tuple[Planned, ...]

    def _of(self, effect: str) -> list[Planned]:
        return [event for event in self.planned if event.effect == effect]

    def _hit(self, event: Planned, opens: Ints) -> Flags:
        """The places, out of those that open at the given instants, that an event hits."""
        hit = (opens >= event.since) & (opens >= event.start) & (opens < event.end)
        if event.office_code is not None:
            only = self.network.codes.index(event.office_code)
            hit &= np.arange(len(opens)) == only
        return hit

    def calendar(self) -> Calendar:
        """The calendar, with the offices that open and the longer hours."""

        def first(event: Planned) -> tuple[int, int]:
            position = self.network.codes.index(str(event.office_code))
            timezone = self.network.places[position].timezone
            local = round((event.start - local_midnight(0, timezone)) / DAY)
            return position, local

        opened = tuple(sorted(first(event) for event in self._of("opens")))
        longer = tuple(
            sorted((*first(event), int(event.size * 3600)) for event in self._of("hours"))
        )
        return calendar_of(self.network.scale, opened, longer)

    def demand_factors(self, calendar: Calendar, day: int) -> Floats:
        """By how much each office's visitors are multiplied on a local day."""
        offices = self.network.offices
        opens = calendar.hours(day).opens[:offices]
        factors = np.ones(offices)
        for event in self._of("demand"):
            factors[self._hit(event, opens)] *= event.size
        for event in self._of("staff"):
            # Word of a strike goes round: most stay at home.
            stays = _STAY_IN_A_STRIKE + (1 - _STAY_IN_A_STRIKE) * min(event.size, 1.0)
            factors[self._hit(event, opens)] *= stays
        for office in calendar.opened:
            if calendar.opens_on(office) <= day:
                # What a new office takes, the others of its city lose.
                city = self.network.city_rank == self.network.city_rank[office]
                others = city & ~self.network.is_planned[:offices]
                taken = self.network.weights[office] / self.network.weights[others].sum()
                factors[others] *= max(0.0, 1 - taken)
        return factors

    def staff_share(self, calendar: Calendar, day: int) -> Floats:
        """The share of each place's staff that works on a local day, apart from absence. Print
        sites and headquarters always do."""
        share = np.ones(len(self.network.places))
        opens = calendar.hours(day).opens
        for event in self._of("staff"):
            share[self._hit(event, opens)] *= event.size
        share[self.network.offices :] = 1.0
        return share

    def moved_staff(self, instant: int) -> tuple[Ints, Ints, Ints]:
        """The place of every member of staff and the instant of the last move (`MISSING` for none),
        and how many desks each place has gained or lost, at an instant."""
        network = self.network
        place = network.staff_place.copy()
        moved_at = np.full(len(place), -1)
        desks = np.zeros(len(network.places), np.int64)
        for event in self._of("staff moved"):
            if event.start > instant:
                continue
            source = network.codes.index(str(event.office_code))
            target = network.codes.index(str(event.to_code))
            clerks = np.flatnonzero((place == source) & (network.staff_role == 0))
            # Somebody stays behind.
            moving = clerks[max(1, len(clerks) - int(event.size)) :]
            place[moving], moved_at[moving] = target, event.start
            desks[source] -= min(len(moving), network.counters[source] - 1)
            desks[target] += len(moving)
        return place, moved_at, desks

    def pace(self, calendar: Calendar, day: int) -> Floats:
        """How many times as long as usual service and decisions take, by place."""
        times = np.ones(len(self.network.places))
        for event in self._of("pace"):
            times[self._hit(event, calendar.hours(day).opens)] *= event.size
        return times

    def transit(self, at: int) -> Floats:
        """How many times as long as usual a box to each place is on its way."""
        times = np.ones(len(self.network.places))
        for event in self._of("transit"):
            times[self._hit(event, np.full(len(times), at))] *= event.size
        return times

    def boxes_lost(self, at: int) -> Ints:
        """How many of the boxes that leave at an instant for each place are lost."""
        lost = np.zeros(len(self.network.places), np.int64)
        for event in self._of("lost"):
            lost[self._hit(event, np.full(len(lost), at))] += int(event.size)
        return lost

    def links_down(self, link: str, day: int, midnight: Ints) -> list[tuple[Flags, int, int]]:
        """Cuts of a line that begin on a local day: the places hit, start and end."""
        cuts = []
        for event in self._of(f"link {link}"):
            begins = np.full(len(midnight), event.start)
            hit = self._hit(event, begins) & (midnight <= event.start)
            hit &= event.start < midnight + DAY
            if hit.any():
                cuts.append((hit, event.start, event.end))
        return cuts

    def machines_down(self, day: int) -> list[tuple[Ints, int, int]]:
        """Breakdowns that begin on a home day: the printers hit, start and end."""
        stops = []
        for event in self._of("machines"):
            if int(home_day(np.array([event.start]))[0]) != day or event.start < event.since:
                continue
            site = self.network.codes.index(str(event.office_code))
            at_work = [
                number
                for number, machine in enumerate(self.network.machines)
                if machine.place == site
                and machine.kind == "printer"
                and machine.commissioned_on <= date_of(day)
                and (machine.retired_on is None or machine.retired_on >= date_of(day))
            ]
            count = int(np.ceil(event.size * len(at_work)))
            stops.append((np.array(at_work[:count], np.int64), event.start, event.end))
        return stops

    def output(self, day: int) -> float:
        """The share of their rate at which printers work on a home day."""
        begin = home_midnight(day)
        share = 1.0
        for event in self._of("output"):
            if event.start <= begin < event.end:
                share *= event.size
        return share

    def supply(self, item: str, day: int) -> tuple[bool, float | None]:
        """Whether deliveries of an item wait on a home day, and, on the first day of that, for how
        many days the stock still lasts."""
        begin = home_midnight(day)
        for event in self._of(f"supply {item}"):
            if event.start <= begin < event.end:
                return True, event.size if begin == event.start else None
        return False, None

    def print_moves(self, at: Ints) -> list[tuple[int, int, Flags, float]]:
        """Work moved between sites: from, to, which of the instants it concerns, the share."""
        first = self.network.offices
        return [
            (
                self.network.codes.index(str(event.office_code)) - first,
                self.network.codes.index(str(event.to_code)) - first,
                (at >= event.start) & (at >= event.since),
                event.size,
            )
            for event in self._of("print moved")
        ]
