"""The network: its places with their desks, staff and machines, and the records of them."""

import zlib
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache, cached_property

import numpy as np
import pyarrow as pa

from simulator.columns import MISSING, code, numbered, rows_of
from simulator.places import Place, central, home_places, missions, planned_places, read_reference
from simulator.randomness import Flags, Floats, Ints

HEADQUARTERS = "HQ-ISB"

YEARLY_APPLICATIONS = 6_000_000
"""What desks, staff and stocks are measured for; how many come in a year: `volumes.csv`."""
MISSION_SHARE = 0.11
"""0.72 of 6.60 million in 2024."""

_PER_DESK_HOUR = 60 / 8.5
_OPEN_HOURS = {"standard": 5.0, "long": 8.0, "mission": 4.0, "around_the_clock": 8.0}
"""Of one shift of staff; places around the clock have three, of which the night is thin."""
_ROUND_THE_CLOCK_STAFF = 2.8
"""Staff for one desk of the morning: other shifts, and days of rest."""

# Ten printers brought output from 20,000 to 40,000 a day in November 2024: an hour's rate of each
# follows, with two shifts. Models, and which place has how many, are illustrative.
_OLD, _NEW = ("Model P-2000 (illustrative)", 80.0), ("Model P-3000 (illustrative)", 125.0)
NEW_MODEL = _NEW[0]
OLD_SINCE, NEW_SINCE = "2014-05-01", "2024-11-08"


_NEAR_DEGREES = 1.5


@dataclass(frozen=True)
class Machine:
    """A machine of a print site, or a biometric device of an office."""

    machine_id: str
    place: int
    kind: str
    model: str
    rated_per_hour: float
    commissioned_on: date
    retired_on: date | None = None


ROLES = ("capture", "approver", "delivery", "operator")
CAPTURE, APPROVER, DELIVERER, OPERATOR = range(4)


@dataclass(frozen=True)
class Network:
    """Service places first (positions 0 … offices-1), then print sites, then the headquarters.

    The last service places are only planned: they exist once a scenario opens them.
    """

    places: tuple[Place, ...]
    offices: int
    planned: int
    sites: int
    counters: Ints
    staff_counts: Ints
    """Shape (places, roles)."""
    machines: tuple[Machine, ...]
    scale: float

    @cached_property
    def codes(self) -> list[str]:
        return [place.code for place in self.places]

    @cached_property
    def weights(self) -> Floats:
        return np.array([place.weight for place in self.places[: self.offices]])

    @cached_property
    def is_mission(self) -> Flags:
        return np.array([place.kind == "mission" for place in self.places[: self.offices]])

    @cached_property
    def is_planned(self) -> Flags:
        """Places, by position, that are only planned."""
        position = np.arange(len(self.places))
        return (position >= self.offices - self.planned) & (position < self.offices)

    @cached_property
    def city_rank(self) -> Ints:
        """0 for places of the city with the largest demand, and so on; missions come last."""
        offices = self.places[: self.offices]
        at_home = [place for place in offices if place.kind != "mission"]
        demand: dict[str, float] = {}
        for place in at_home:
            demand[place.city] = demand.get(place.city, 0.0) + place.weight
        order = sorted(demand, key=lambda city: (-demand[city], city))
        ranks = {city: rank for rank, city in enumerate(order)}
        last = len(ranks)
        return np.array([last if p.kind == "mission" else ranks[p.city] for p in offices])

    @cached_property
    def is_large(self) -> Flags:
        """Places photographed desk by desk and with biometric devices."""
        small = self.is_mission | self.is_planned[: self.offices]
        order = np.argsort(-np.where(small, 0, self.weights), kind="stable")
        large = np.zeros(self.offices, bool)
        large[order[:47]] = True
        return large

    @cached_property
    def zones(self) -> list[str]:
        return list(dict.fromkeys(place.zone or "" for place in self.places[: self.offices]))

    @cached_property
    def zone(self) -> Ints:
        """Position in `zones` by office."""
        return np.array([self.zones.index(p.zone or "") for p in self.places[: self.offices]])

    @cached_property
    def _site_of_zone(self) -> Ints:
        sites = [place.code for place in self.places[self.offices : self.offices + self.sites]]
        by_zone = {row["zone"]: sites.index(row["site"]) for row in read_reference("zones.csv")}
        return np.array([by_zone[place.zone or ""] for place in self.places[: self.offices]])

    @cached_property
    def sites_open_on(self) -> list[date]:
        """The first day of each print site."""
        return [date.fromisoformat(row["opens_on"]) for row in read_reference("sites.csv")]

    def site_of(self, day: date) -> Ints:
        """Print site (0 … sites-1) by office on a day; what has no site yet goes to the first."""
        opened = np.array([first <= day for first in self.sites_open_on])
        return np.where(opened[self._site_of_zone], self._site_of_zone, 0)

    @cached_property
    def site_places(self) -> Ints:
        """Position in `places` by print site."""
        return np.arange(self.offices, self.offices + self.sites)

    @cached_property
    def staff_place(self) -> Ints:
        """The place of each member of staff, by number."""
        return np.repeat(np.arange(len(self.places)), self.staff_counts.sum(1))

    @cached_property
    def staff_role(self) -> Ints:
        """The role of each member of staff, by number."""
        return np.repeat(np.tile(np.arange(4), len(self.places)), self.staff_counts.ravel())

    @cached_property
    def coordinates(self) -> Floats:
        """Latitude and longitude by place, degrees."""
        return np.array([(place.latitude, place.longitude) for place in self.places])

    @cached_property
    def near_root(self) -> Floats:
        """A root of the correlation between the demand of offices, which falls with distance."""
        place = self.coordinates[: self.offices]
        apart = np.hypot(*(place[:, None, axis] - place[None, :, axis] for axis in (0, 1)))
        alike = np.exp(-apart / _NEAR_DEGREES) + 1e-6 * np.eye(self.offices)
        return np.asarray(np.linalg.cholesky(alike), np.float64)

    @cached_property
    def machine_ids(self) -> list[str]:
        return [machine.machine_id for machine in self.machines]

    @cached_property
    def machine_place(self) -> Ints:
        return np.array([machine.place for machine in self.machines])

    @cached_property
    def printers(self) -> list[Ints]:
        """Positions in `machines` of the printers, by print site."""
        return [
            np.array(
                [
                    i
                    for i, machine in enumerate(self.machines)
                    if machine.kind == "printer" and machine.place == place
                ]
            )
            for place in self.site_places
        ]


def _shared(places: list[Place], share: float) -> list[Place]:
    total = sum(place.weight for place in places)
    return [replace(place, weight=share * place.weight / total) for place in places]


@cache
def build_network(scale: float) -> Network:
    """The network whose desks, staff and presses carry `scale` times the nation's volume."""
    home = _shared(home_places(), 1 - MISSION_SHARE)
    planned = planned_places(home)
    offices = [*home, *_shared(missions(), MISSION_SHARE), *planned]
    site_rows = read_reference("sites.csv")
    sites = [
        central(row, "print_site", f"{row['city']} Passport Production Site") for row in site_rows
    ]
    headquarters = central(
        {**site_rows[0], "code": HEADQUARTERS}, "headquarters", "Passport Headquarters"
    )
    daily = np.array([place.weight for place in offices]) * YEARLY_APPLICATIONS * scale / 250
    hours = np.array([_OPEN_HOURS[place.hours_group] for place in offices])
    around_the_clock = np.array([p.hours_group == "around_the_clock" for p in offices])
    needed = daily / (hours * _PER_DESK_HOUR) * _desks_over_need(offices)
    # Of a place around the clock the morning and the evening take two fifths each.
    counters = np.maximum(1, np.ceil(needed * np.where(around_the_clock, 0.45, 1.0)))
    capture = np.ceil(counters * np.where(around_the_clock, _ROUND_THE_CLOCK_STAFF, 1.1))
    approvers = np.maximum(1, np.ceil(capture * 0.27))
    delivery = np.maximum(1, np.ceil(capture * 0.45))
    machines, operators = _machines(offices, len(planned), site_rows, scale)
    other = len(sites) + 1
    staff = np.zeros((len(offices) + other, len(ROLES)), np.int64)
    staff[: len(offices), :OPERATOR] = np.stack([capture, approvers, delivery], 1)
    staff[:, OPERATOR] = operators
    return Network(
        places=(*offices, *sites, headquarters),
        offices=len(offices),
        planned=len(planned),
        sites=len(sites),
        counters=np.concatenate([counters.astype(np.int64), np.zeros(other, np.int64)]),
        staff_counts=staff,
        machines=tuple(machines),
        scale=scale,
    )


def _desks_over_need(offices: list[Place]) -> Floats:
    """Desks over what the average day needs: some places are well staffed, some are short of desks
    on every Monday, as the reported waits of hours show."""
    known = {row["office_code"]: float(row["desks_over_need"]) for row in read_reference(_DESKS)}
    drawn = {p.code: 1.1 + 0.4 * (zlib.crc32(p.code.encode()) % 1000) / 1000 for p in offices}
    return np.array([known.get(p.code, drawn[p.code]) for p in offices])


_DESKS = "desks.csv"


def _machines(
    offices: list[Place], planned: int, site_rows: list[dict[str, str]], scale: float
) -> tuple[list[Machine], Ints]:
    """Machines by place, and operators by place; the last `planned` offices have none."""
    machines: list[Machine] = []
    operators = np.zeros(len(offices) + len(site_rows) + 1, np.int64)
    old_since, new_since = date.fromisoformat(OLD_SINCE), date.fromisoformat(NEW_SINCE)
    for number, site in enumerate(site_rows):
        place = len(offices) + number
        opened = max(old_since, date.fromisoformat(site["opens_on"]))
        groups = (
            ("old_printers", _OLD, opened, None),
            # At one site until the other sites opened, then given to those.
            ("moved_printers", _OLD, old_since, new_since - timedelta(days=1)),
            ("new_printers", _NEW, new_since, None),
        )
        printers: list[Machine] = []
        for column, (model, rate), since, until in groups:
            nation = int(site[column])
            # A small world has fewer printers, and slower ones where it would have less than one.
            count = max(1, round(nation * scale)) if nation else 0
            for _ in range(count):
                printers.append(
                    Machine(
                        f"{site['code']}-P{len(printers) + 1:02d}",
                        place,
                        "printer",
                        model,
                        round(rate * nation * scale / count, 2),
                        since,
                        until,
                    )
                )
        lasting = [printer for printer in printers if printer.retired_on is None]
        output = sum(printer.rated_per_hour for printer in printers)
        for kind, letter, count in (
            ("laminator", "L", max(1, len(lasting) // 3)),
            ("inspector", "I", max(1, len(lasting) // 4)),
        ):
            machines += [
                Machine(
                    f"{site['code']}-{letter}{position:02d}",
                    place,
                    kind,
                    f"Model {letter}-1 (illustrative)",
                    round(1.2 * output / count, 2),
                    opened,
                )
                for position in range(1, count + 1)
            ]
        machines += printers
        operators[place] = 2 * (len(lasting) + 2)
    existing = offices[: len(offices) - planned]
    order = np.argsort([-place.weight for place in existing], kind="stable")[:40]
    machines += [
        Machine(
            machine_id=f"{offices[place].code}-B01",
            place=int(place),
            kind="biometric",
            model="Model B-1 (illustrative)",
            rated_per_hour=60.0,
            commissioned_on=date(2021, 3, 15),
        )
        for place in np.sort(order)
    ]
    operators[-1] = max(4, int(np.ceil(60 * scale)))
    return machines, operators


def offices_record(network: Network) -> pa.Table:
    """The record `offices`."""
    places = network.places
    return rows_of(
        "offices",
        {
            "office_code": pa.array(network.codes),
            "name": pa.array([place.name for place in places]),
            "kind": pa.array([place.kind for place in places]),
            "zone": pa.array([place.zone for place in places]),
            "province": pa.array([place.province for place in places], pa.string()),
            "district": pa.array([place.district for place in places], pa.string()),
            "city": pa.array([place.city for place in places]),
            "country_code": pa.array([place.country_code for place in places]),
            "latitude": pa.array([place.latitude for place in places]),
            "longitude": pa.array([place.longitude for place in places]),
            "timezone": pa.array([place.timezone for place in places]),
            "counters": network.counters,
            "works_holidays": pa.array(
                [place.hours_group == "around_the_clock" for place in places]
            ),
        },
    )


def machines_record(network: Network, first: date, last: date) -> pa.Table:
    """The record `machines`: those at work on some day from `first` to `last`."""
    machines = [
        machine
        for machine in network.machines
        if machine.commissioned_on <= last and (machine.retired_on or last) >= first
    ]
    return rows_of(
        "machines",
        {
            "machine_id": pa.array([machine.machine_id for machine in machines]),
            "office_code": pa.array([network.codes[machine.place] for machine in machines]),
            "kind": pa.array([machine.kind for machine in machines]),
            "model": pa.array([machine.model for machine in machines]),
            "rated_per_hour": np.array([machine.rated_per_hour for machine in machines]),
            "commissioned_on": pa.array([machine.commissioned_on for machine in machines]),
            "retired_on": pa.array([machine.retired_on for machine in machines], pa.date32()),
        },
    )


def staff_ids(numbers: Ints) -> pa.Array:
    """The ids of members of staff by number; negative is null."""
    return numbered("S", np.where(numbers < 0, MISSING, numbers + 100_001))


def staff_record(network: Network, place: Ints, moved_at: Ints) -> pa.Table:
    """The record `staff`; `place` and the instant of the last move (`MISSING` for none) by
    member."""
    numbers = np.arange(len(network.staff_place))
    joined = np.array("2012-01-01", "datetime64[D]") + (numbers * 37) % 4200
    return rows_of(
        "staff",
        {
            "staff_id": staff_ids(numbers),
            "office_code": code(network.codes, place),
            "role": code(ROLES, network.staff_role),
            "joined_on": pa.array(joined),
            "updated_at": moved_at,
        },
    )
