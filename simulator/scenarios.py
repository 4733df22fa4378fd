"""What is made to happen: named scenarios as data, and their plan in a given world.

A scenario is asked for as `name`, or `name:office=CODE:on=YYYY-MM-DD:size=N`; several are joined
with `+`. What is left out is drawn, or taken from the table below.
"""

from dataclasses import asdict, dataclass
from datetime import date

import numpy as np

from simulator.calendar import Calendar, date_of, day_number
from simulator.network import Network
from simulator.randomness import Flags, Floats, generator

NORMAL = "normal"


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
    """One scenario at its place on its local day. `office_code` is None for all offices."""

    scenario: str
    effect: str
    office_code: str | None
    day: int
    size: float

    def truth(self) -> dict[str, object]:
        """The line of the truth file."""
        return {
            "kind": "scenario",
            **asdict(self),
            "day": date_of(self.day).isoformat(),
        }


def plan(
    asked: str, network: Network, calendar: Calendar, seed: int, first: int, last: int
) -> tuple[Planned, ...]:
    """The scenarios asked for, on open days from `first` to `last`; by default the last one.

    Raises ScenarioError for an unknown name, office or option, or a day that is past or closed.
    """
    return tuple(
        _planned(part, network, calendar, seed, first, last)
        for part in asked.split("+")
        if part != NORMAL
    )


def _planned(
    asked: str, network: Network, calendar: Calendar, seed: int, first: int, last: int
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
    if day is not None and day < first:
        raise ScenarioError(f"{asked}: the world already stands at {date_of(first)}; choose later")
    office = None if scenario.everywhere else _office(asked, chosen.get("office"), network, seed)
    if day is None:
        day = _open_day(calendar, 0 if office is None else office, first, last)
    return Planned(
        scenario=name,
        effect=scenario.effect,
        office_code=None if office is None else network.codes[office],
        day=day,
        size=size,
    )


def _office(asked: str, office_code: str | None, network: Network, seed: int) -> int:
    if office_code is not None:
        if office_code not in network.codes[: network.offices]:
            raise ScenarioError(f"{asked}: no office has the code {office_code!r}")
        return network.codes.index(office_code)
    draws = generator(seed, 0, f"scenario {asked}")
    large = np.flatnonzero(network.is_large)
    return int(draws.choice(large))


def _open_day(calendar: Calendar, office: int, first: int, last: int) -> int:
    for day in range(last, first - 1, -1):
        if calendar.hours(day).opens[office] >= 0 and date_of(day).isoweekday() <= 5:
            return day
    raise ScenarioError(
        f"no day from {date_of(first)} to {date_of(last)} on which the office is open; "
        "simulate more days, or give one with on=YYYY-MM-DD"
    )


def demand_factors(network: Network, planned: tuple[Planned, ...], day: int) -> Floats:
    """By how much each office's visitors are multiplied on a local day."""
    factors = np.ones(network.offices)
    for event in planned:
        if event.effect == "demand" and event.day == day and event.office_code is not None:
            factors[network.codes.index(event.office_code)] *= event.size
        if event.effect == "staff" and event.day == day:
            # Word of a strike goes round: most stay at home.
            factors *= 0.35
    return factors


def striking(network: Network, planned: tuple[Planned, ...], day: int) -> Flags:
    """Places whose staff does not work on a local day; print sites and headquarters do."""
    strikes = np.zeros(len(network.places), bool)
    for event in planned:
        if event.effect == "staff" and event.day == day:
            strikes[: network.offices] = True
    return strikes
