"""What is made to happen in a world, and what it does to each of its days.

An effect moves causes only (how many come, who works, which line or machine is down, what is
delivered); the rest follows.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from simulator.calendar import (
    DAY,
    Calendar,
    calendar_of,
    date_of,
    home_day,
    home_midnight,
    local_midnight,
)
from simulator.network import CAPTURE, Network
from simulator.randomness import Flags, Floats, Ints

FOR_EVER = 4_000_000_000
_STAY_IN_A_STRIKE = 0.2


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
            "start": shown(self.start),
            "end": None if self.end == FOR_EVER else shown(self.end),
            "size": self.size,
        }


def shown(second: int) -> str:
    """UTC seconds for people."""
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%MZ")


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
            clerks = np.flatnonzero((place == source) & (network.staff_role == CAPTURE))
            # Somebody stays behind.
            moving = clerks[max(1, len(clerks) - int(np.ceil(event.size))) :]
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
            lost[self._hit(event, np.full(len(lost), at))] += int(np.ceil(event.size))
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
