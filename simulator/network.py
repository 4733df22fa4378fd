"""The places of the network: who they are, how large, with which desks, staff and machines."""

import csv
import zlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa

from simulator.columns import MISSING, code, numbered, rows_of
from simulator.randomness import Flags, Floats, Ints

REFERENCE = Path(__file__).parent / "reference"
HEADQUARTERS = "HQ-ISB"
HOME_TIMEZONE = "Asia/Karachi"

YEARLY_APPLICATIONS = 6_000_000
MISSION_SHARE = 0.11
"""0.72 of 6.60 million in 2024."""

# Illustrative: what a place of each kind takes of its city's demand.
_KINDS = (
    ("regional", "R", "Regional Passport Office", 1.6, "standard"),
    ("executive", "E", "Executive Passport Office", 0.55, "long"),
    ("counter", "C", "Passport Counter", 0.35, "standard"),
    ("nadra_centre", "N", "NADRA Mega Centre Counter", 0.4, "long"),
)
_ISSUED_PER_DESK_HOUR = 60 / 8.5
_PRINTER_RATE = 100.0
_PRINTER_MODELS = ("Model P-2000 (illustrative)", "Model P-3000 (illustrative)")


def read_reference(name: str) -> list[dict[str, str]]:
    """The rows of a file in `simulator/reference`."""
    with (REFERENCE / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@dataclass(frozen=True)
class Place:
    """An office, a mission, a print site or the headquarters."""

    code: str
    name: str
    kind: str
    zone: str | None
    province: str | None
    district: str | None
    city: str
    country_code: str
    latitude: float
    longitude: float
    timezone: str
    hours_group: str
    weekend: tuple[int, ...]
    weight: float
    """Share of the nation's applications; 0 where none are taken."""


@dataclass(frozen=True)
class Machine:
    """A machine of a print site, or a biometric device of an office."""

    machine_id: str
    place: int
    kind: str
    model: str
    rated_per_hour: float
    commissioned_on: str


@dataclass(frozen=True)
class Network:
    """Service places first (positions 0 … offices-1), then print sites, then the headquarters."""

    places: tuple[Place, ...]
    offices: int
    sites: int
    counters: Ints
    capture_staff: Ints
    approvers: Ints
    delivery_staff: Ints
    operators: Ints
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
    def is_large(self) -> Flags:
        """Places with fast track, photographed desk by desk and with biometric devices."""
        order = np.argsort(-np.where(self.is_mission, 0, self.weights), kind="stable")
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
    def site_of(self) -> Ints:
        """Print site (0 … sites-1) by office."""
        sites = [place.code for place in self.places[self.offices : self.offices + self.sites]]
        by_zone = {row["zone"]: sites.index(row["site"]) for row in read_reference("zones.csv")}
        return np.array([by_zone[place.zone or ""] for place in self.places[: self.offices]])

    @cached_property
    def site_places(self) -> Ints:
        """Position in `places` by print site."""
        return np.arange(self.offices, self.offices + self.sites)

    @cached_property
    def staff_count(self) -> Ints:
        return self.capture_staff + self.approvers + self.delivery_staff + self.operators

    @cached_property
    def first_staff(self) -> Ints:
        """Number of the first member of staff by place: capture, approvers, delivery, operators."""
        return np.concatenate([[0], np.cumsum(self.staff_count)[:-1]])

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


def _home_places() -> list[Place]:
    places: list[Place] = []
    for city in read_reference("cities.csv"):
        around_the_clock = int(city["around_the_clock"])
        parts: list[tuple[str, str, float, str]] = []
        for kind, letter, title, share, group in _KINDS:
            for number in range(1, int(city[kind]) + 1):
                # The first office of a city is by far its largest.
                size = share / number
                label = f"{city['city']} {title}" + (f" {number}" if int(city[kind]) > 1 else "")
                hours = group
                if kind == "executive" and number <= around_the_clock:
                    hours = "around_the_clock"
                if kind == "nadra_centre" and number <= around_the_clock - int(city["executive"]):
                    hours = "around_the_clock"
                parts.append((f"{city['code']}-{letter}{number}", label, size, hours))
        total = sum(size for _, _, size, _ in parts)
        letters = {letter: kind for kind, letter, *_ in _KINDS}
        for office_code, label, size, hours in parts:
            places.append(
                Place(
                    code=office_code,
                    name=label,
                    kind=letters[office_code.split("-")[1][0]],
                    zone=city["zone"],
                    province=city["province"],
                    district=city["district"],
                    city=city["city"],
                    country_code="PK",
                    latitude=float(city["latitude"]),
                    longitude=float(city["longitude"]),
                    timezone=HOME_TIMEZONE,
                    hours_group=hours,
                    weekend=() if hours == "around_the_clock" else (6, 7),
                    weight=float(city["weight"]) * size / total,
                )
            )
    return places


def _missions() -> list[Place]:
    return [
        Place(
            code=f"M-{row['code']}",
            name=f"{row['city']} Mission",
            kind="mission",
            zone=row["zone"],
            province=None,
            district=None,
            city=row["city"],
            country_code=row["country_code"],
            latitude=float(row["latitude"]),
            longitude=float(row["longitude"]),
            timezone=row["timezone"],
            hours_group="mission",
            weekend=tuple(int(day) for day in row["weekend"].replace(",", " ").split()),
            weight=float(row["weight"]),
        )
        for row in read_reference("missions.csv")
    ]


def _central(row: dict[str, str], kind: str, name: str) -> Place:
    return Place(
        code=row["code"],
        name=name,
        kind=kind,
        zone=row["zone"],
        province=row["province"],
        district=row["city"],
        city=row["city"],
        country_code="PK",
        latitude=float(row["latitude"]),
        longitude=float(row["longitude"]),
        timezone=HOME_TIMEZONE,
        hours_group=kind,
        weekend=(6, 7),
        weight=0.0,
    )


def _shared(places: list[Place], share: float) -> list[Place]:
    total = sum(place.weight for place in places)
    return [Place(**{**place.__dict__, "weight": share * place.weight / total}) for place in places]


def build_network(scale: float) -> Network:
    """The network whose desks, staff and presses carry `scale` times the nation's volume."""
    offices = _shared(_home_places(), 1 - MISSION_SHARE) + _shared(_missions(), MISSION_SHARE)
    site_rows = read_reference("sites.csv")
    sites = [
        _central(row, "print_site", f"{row['city']} Passport Production Site") for row in site_rows
    ]
    headquarters = _central(
        {**site_rows[0], "code": HEADQUARTERS}, "headquarters", "Passport Headquarters"
    )
    places = (*offices, *sites, headquarters)
    daily = np.array([place.weight for place in offices]) * YEARLY_APPLICATIONS * scale / 250
    hours = np.array(
        [
            {"standard": 5.0, "long": 8.0, "mission": 4.0, "around_the_clock": 14.0}[p.hours_group]
            for p in offices
        ]
    )
    needed = daily / (hours * _ISSUED_PER_DESK_HOUR) * np.array([_slack(p.code) for p in offices])
    counters = np.maximum(1, np.ceil(needed)).astype(np.int64)
    central = len(sites) + 1
    capture = np.concatenate(
        [np.ceil(counters * 1.1).astype(np.int64), np.zeros(central, np.int64)]
    )
    approvers = np.concatenate([np.maximum(1, counters // 4), np.zeros(central, np.int64)])
    delivery = np.concatenate(
        [np.maximum(1, np.ceil(counters * 0.5)).astype(np.int64), np.zeros(central, np.int64)]
    )
    machines, operators = _machines(offices, site_rows, scale)
    return Network(
        places=places,
        offices=len(offices),
        sites=len(sites),
        counters=np.concatenate([counters, np.zeros(central, np.int64)]),
        capture_staff=capture,
        approvers=approvers,
        delivery_staff=delivery,
        operators=operators,
        machines=tuple(machines),
        scale=scale,
    )


def _slack(office_code: str) -> float:
    """Desks over what the average day needs: some places are well staffed, some are short of desks
    on every Monday, as the reported waits of hours show."""
    return 1.0 + 0.5 * (zlib.crc32(office_code.encode()) % 1000) / 1000


def _machines(
    offices: list[Place], site_rows: list[dict[str, str]], scale: float
) -> tuple[list[Machine], Ints]:
    machines: list[Machine] = []
    operators = np.zeros(len(offices) + len(site_rows) + 1, np.int64)
    needed = YEARLY_APPLICATIONS * scale / 300 / (16 * _PRINTER_RATE) * 1.3
    for number, site in enumerate(site_rows):
        place = len(offices) + number
        printers = max(2, int(np.ceil(needed * float(site["share"]))))
        kinds = (
            ("printer", "P", printers, _PRINTER_RATE),
            ("laminator", "L", max(1, printers // 3), 3 * _PRINTER_RATE),
            ("inspector", "I", max(1, printers // 4), 4 * _PRINTER_RATE),
        )
        for kind, letter, count, rate in kinds:
            for position in range(1, count + 1):
                old = position % 3 == 0
                machines.append(
                    Machine(
                        machine_id=f"{site['code']}-{letter}{position:02d}",
                        place=place,
                        kind=kind,
                        model=_PRINTER_MODELS[not old]
                        if kind == "printer"
                        else f"Model {letter}-1 (illustrative)",
                        rated_per_hour=rate * (0.8 if old and kind == "printer" else 1.0),
                        commissioned_on="2014-05-01" if old else "2024-11-08",
                    )
                )
        operators[place] = 2 * (printers + 2)
    order = np.argsort([-place.weight for place in offices], kind="stable")[:40]
    for place in np.sort(order):
        machines.append(
            Machine(
                machine_id=f"{offices[place].code}-B01",
                place=int(place),
                kind="biometric",
                model="Model B-1 (illustrative)",
                rated_per_hour=60.0,
                commissioned_on="2021-03-15",
            )
        )
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


def machines_record(network: Network) -> pa.Table:
    """The record `machines`."""
    machines = network.machines
    return rows_of(
        "machines",
        {
            "machine_id": pa.array([machine.machine_id for machine in machines]),
            "office_code": code(network.codes, network.machine_place),
            "kind": pa.array([machine.kind for machine in machines]),
            "model": pa.array([machine.model for machine in machines]),
            "rated_per_hour": np.array([machine.rated_per_hour for machine in machines]),
            "commissioned_on": pa.array([machine.commissioned_on for machine in machines]).cast(
                pa.date32()
            ),
        },
    )


def staff_ids(numbers: Ints) -> pa.Array:
    """The ids of members of staff by number; negative is null."""
    return numbered("S", np.where(numbers < 0, MISSING, numbers + 100_001))


def staff_record(network: Network) -> pa.Table:
    """The record `staff`."""
    roles = ("capture", "approver", "delivery", "operator")
    counts = np.stack(
        [network.capture_staff, network.approvers, network.delivery_staff, network.operators], 1
    )
    total = int(counts.sum())
    numbers = np.arange(total)
    joined = np.array("2012-01-01", "datetime64[D]") + (numbers * 37) % 4200
    return rows_of(
        "staff",
        {
            "staff_id": staff_ids(numbers),
            "office_code": code(network.codes, np.repeat(np.arange(len(counts)), counts.sum(1))),
            "role": code(roles, np.repeat(np.tile(np.arange(4), len(counts)), counts.ravel())),
            "joined_on": pa.array(joined),
        },
    )
