"""The places of the network: where they are, and what each takes of demand."""

import csv
from dataclasses import dataclass, replace
from pathlib import Path

REFERENCE = Path(__file__).parent / "reference"
HOME_TIMEZONE = "Asia/Karachi"
# Illustrative: what a place of each kind takes of its city's demand.
_KINDS = (
    ("regional", "R", "Regional Passport Office", 1.6, "standard"),
    ("executive", "E", "Executive Passport Office", 0.55, "long"),
    ("counter", "C", "Passport Counter", 0.35, "standard"),
    ("nadra_centre", "N", "NADRA Mega Centre Counter", 0.4, "long"),
)


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


def home_places() -> list[Place]:
    places: list[Place] = []
    for city in read_reference("cities.csv"):
        around_the_clock = int(city["around_the_clock"])
        parts: list[tuple[str, str, float, str]] = []
        for kind, letter, title, share, group in _KINDS:
            for number in range(1, int(city[kind]) + 1):
                # The first office of a city is by far its largest.
                size = share / number**2.2
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


def planned_places(home: list[Place]) -> list[Place]:
    """Offices that a scenario may open; each would take a share of its city's demand."""
    groups = {kind: (title, group) for kind, _, title, _, group in _KINDS}
    places = []
    for row in read_reference("planned_offices.csv"):
        siblings = [place for place in home if place.code.startswith(f"{row['city']}-")]
        title, hours = groups[row["kind"]]
        weight = float(row["city_share"]) * sum(place.weight for place in siblings)
        places.append(
            replace(
                siblings[0],
                code=row["code"],
                name=f"{siblings[0].city} {title} (new)",
                kind=row["kind"],
                hours_group=hours,
                weekend=(6, 7),
                weight=weight,
            )
        )
    return places


def missions() -> list[Place]:
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


def central(row: dict[str, str], kind: str, name: str) -> Place:
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
