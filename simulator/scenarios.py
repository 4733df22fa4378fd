"""What is made to happen: named scenarios as data, and their plan in a given world.

A scenario is asked for as `name`, or `name:office=CODE:on=YYYY-MM-DD:size=N`; several are joined
with `+`. What is left out is drawn, or taken from the table below.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime

import numpy as np

from simulator.calendar import DAY, Calendar, date_of, day_number
from simulator.network import Network
from simulator.randomness import Flags, Floats, generator

NORMAL = "normal"
_STAY_IN_A_STRIKE = 0.2


class ScenarioError(Exception):
    """A scenario cannot be played as asked; the message says which and what would do."""


@dataclass(frozen=True)
class Scenario:
    """`effect` is what it moves, `size` by how much, `everywhere` whether it hits all offices."""

    name: str
    effect: str
    size: float
    everywhere: bool
    says: str


SCENARIOS = {
    scenario.name: scenario
    for scenario in (
        Scenario(
            "office-rush", "demand", 5.0, False, "many times the usual visitors at one office"
        ),
        Scenario("staff-strike", "staff", 0.0, True, "no staff at any office for a day"),
    )
}


@dataclass(frozen=True)
class Planned:
    """One scenario at its place on its local day. `office_code` is None for all offices; only
    places that open from `since` on (UTC seconds) are hit, so that nothing past changes."""

    scenario: str
    effect: str
    office_code: str | None
    day: int
    size: float
    since: int

    def truth(self) -> dict[str, object]:
        """The line of the truth file."""
        return {
            "kind": "scenario",
            "scenario": self.scenario,
            "effect": self.effect,
            "office_code": self.office_code,
            "day": date_of(self.day).isoformat(),
            "size": self.size,
        }


def plan(
    asked: str, network: Network, calendar: Calendar, seed: int, since: int, until: int
) -> tuple[Planned, ...]:
    """The scenarios asked for in a world that stands at `since` and goes on to `until` (UTC
    seconds): on the day given, else on the last open one in between.

    Raises ScenarioError for an unknown name, office or option, or a day that is past or closed.
    """
    return tuple(
        _planned(part, network, calendar, seed, since, until)
        for part in asked.split("+")
        if part != NORMAL
    )


def _planned(
    asked: str, network: Network, calendar: Calendar, seed: int, since: int, until: int
) -> Planned:
    name, *options = asked.split(":")
    if name not in SCENARIOS:
        raise ScenarioError(
            f"no scenario is called {name!r}; there are {', '.join([NORMAL, *SCENARIOS])}"
        )
    scenario = SCENARIOS[name]
    chosen = dict(option.partition("=")[::2] for option in options)
    unknown = set(chosen) - {"office", "on", "size"}
    if unknown:
        raise ScenarioError(f"{asked}: options are office, on and size, not {', '.join(unknown)}")
    try:
        size = float(chosen.get("size", scenario.size))
        day = day_number(date.fromisoformat(chosen["on"])) if "on" in chosen else None
    except ValueError as error:
        raise ScenarioError(f"{asked}: {error}") from error
    office = None if scenario.everywhere else _office(asked, chosen.get("office"), network, seed)
    judged = 0 if office is None else office
    if day is None:
        day = _last_open_day(calendar, judged, since, until)
    elif not _is_ahead(calendar, judged, day, since):
        raise ScenarioError(
            f"{asked}: the office does not open on {date_of(day)}, or that day is past for a world "
            f"that stands at {_shown(since)}; give a later working day with on="
        )
    return Planned(
        scenario=name,
        effect=scenario.effect,
        office_code=None if office is None else network.codes[office],
        day=day,
        size=size,
        since=since,
    )


def _office(asked: str, office_code: str | None, network: Network, seed: int) -> int:
    if office_code is not None:
        if office_code not in network.codes[: network.offices]:
            raise ScenarioError(f"{asked}: no office has the code {office_code!r}")
        return network.codes.index(office_code)
    draws = generator(seed, 0, f"scenario {asked}")
    closes = np.array([p.hours_group != "around_the_clock" for p in network.places])
    return int(draws.choice(np.flatnonzero(network.is_large & closes[: network.offices])))


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


def _shown(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%MZ")


def demand_factors(
    network: Network, calendar: Calendar, planned: tuple[Planned, ...], day: int
) -> Floats:
    """By how much each office's visitors are multiplied on a local day."""
    factors = np.ones(network.offices)
    opens = calendar.hours(day).opens[: network.offices]
    for event in planned:
        if event.day != day:
            continue
        if event.effect == "demand" and event.office_code is not None:
            factors[network.codes.index(event.office_code)] *= event.size
        if event.effect == "staff":
            # Word of a strike goes round: most stay at home.
            factors[opens >= event.since] *= _STAY_IN_A_STRIKE
    return factors


def striking(network: Network, calendar: Calendar, planned: tuple[Planned, ...], day: int) -> Flags:
    """Places whose staff does not work on a local day; print sites and headquarters do."""
    strikes = np.zeros(len(network.places), bool)
    opens = calendar.hours(day).opens
    for event in planned:
        if event.effect == "staff" and event.day == day:
            strikes |= opens >= event.since
    strikes[network.offices :] = False
    return strikes
