"""Random histories of all records: late, repeated, out of order, corrected, moved, deleted rows."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

from contract import OPERATIONAL, RECORDS, Column, Record, Type, landed_columns

Row = dict[str, Any]

START = datetime(2025, 3, 3)
KEYS = {"application_id": 14, "event_id": 70}
WEIGHTS = {"stage_events": 4, "applications": 2, "machine_readings": 2, "link_readings": 3}
OFFICES = {
    "KHI": ("regional", "Z1", "PK", "Asia/Karachi"),
    "LHE": ("executive", "Z2", "PK", "Asia/Karachi"),
    "LON": ("mission", None, "GB", "Europe/London"),
    "RUH": ("mission", None, "SA", "Asia/Riyadh"),
}
STAGES = ("data_entry", "approval", "print", "box", "ready", "collected")
OWNERS = ("office", "office", "print_site", "carrier", "applicant", "applicant")


@dataclass
class RandomWorld:
    """What the sources have said so far; the same seed says the same."""

    random: Random
    now: datetime = START
    batch_id: int = 0
    said: dict[str, list[Row]] = field(default_factory=dict)

    def first_batches(self) -> Iterator[tuple[str, int, list[Row]]]:
        """The reference records as they are at first."""
        offices = [
            {
                "office_code": code, "name": code, "kind": kind, "zone": zone, "city": code,
                "country_code": country, "latitude": 1.0, "longitude": 2.0, "timezone": zone_name,
                "counters": 3,
            }
            for code, (kind, zone, country, zone_name) in OFFICES.items()
        ]  # fmt: skip
        hours = [
            {"office_code": code, "weekday": day, "opens_at": opens, "closes_at": closes,
             "valid_from": date(2020, 1, 1)}
            for code, opens, closes in (("KHI", "09:00:00", "17:00:00"),
                                        ("LON", "08:00:00", "12:00:00"),
                                        ("LON", "13:00:00", "16:30:00"),
                                        ("RUH", "20:00:00", "02:00:00"))
            for day in range(1, 6)
        ]  # fmt: skip
        holidays = [
            {"country_code": "PK", "holiday_date": date(2025, 3, 10), "name": "Day"},
            {"country_code": "GB", "holiday_date": date(2025, 3, 31), "name": "Eid"},
        ]
        stages = [
            {"stage_code": code, "name": code, "sequence": n * 10, "owner": owner,
             "clock": "stopped" if owner == "applicant" else "runs",
             "is_terminal": code == "collected", "is_waiting_by_design": code == "ready"}
            for n, (code, owner) in enumerate(zip(STAGES, OWNERS, strict=True), start=1)
        ]  # fmt: skip
        levels = [
            {"service": "passport", "place_kind": kind, "promise": float(days), "unit": unit,
             "target_pct": 90.0, "valid_from": date(2020, 1, 1)}
            for kind, days, unit in (
                ("domestic", 5, "working_days"), ("mission", 7, "calendar_days"),
            )
        ]  # fmt: skip
        staff = [
            {"staff_id": f"S{n}", "office_code": "KHI", "role": "officer",
             "joined_on": date(2020, 1, 1)}
            for n in range(3)
        ]  # fmt: skip
        machines = [
            {"machine_id": f"M{n}", "office_code": "LHE", "kind": "printer", "model": "P",
             "rated_per_hour": 100.0, "commissioned_on": date(2020, 1, 1)}
            for n in range(2)
        ]  # fmt: skip
        references = {
            "offices": offices, "office_hours": hours, "holidays": holidays, "stages": stages,
            "service_levels": levels, "staff": staff, "machines": machines,
        }  # fmt: skip
        for record, rows in references.items():
            self.batch_id += 1
            self.said[record] = list(rows)
            yield record, self.batch_id, rows

    def next_batches(self, changes: int) -> Iterator[tuple[str, int, list[Row]]]:
        """What is said by a later now: rows of every operational record, two reference changes."""
        self.now += timedelta(hours=self.random.choice((1, 7, 30, 75)))
        for record in OPERATIONAL:
            weight = WEIGHTS.get(record, 0.5)
            rows = [self._operational_row(RECORDS[record]) for _ in range(int(changes * weight))]
            yield from self._batch(record, rows)
        for record in self.random.sample(
            (
                "offices",
                "office_hours",
                "holidays",
                "stages",
                "service_levels",
                "staff",
                "machines",
            ),
            2,
        ):
            yield from self._batch(record, [self._reference_row(record)])

    def _batch(self, record: str, rows: list[Row]) -> Iterator[tuple[str, int, list[Row]]]:
        if rows:
            self.batch_id += 1
            self.said.setdefault(record, []).extend(rows)
            yield record, self.batch_id, rows

    def _operational_row(self, record: Record) -> Row:
        """A new row, a repeat, or another version of a key, perhaps with an older cursor."""
        said = self.said.get(record.name, [])
        if said and self.random.random() < 0.1:
            return dict(self.random.choice(said))
        row = {c.name: self._value(record, c) for c in landed_columns(record)}
        if said and self.random.random() < 0.4:
            earlier = self.random.choice(said)
            row |= {name: earlier[name] for name in record.key}
            if self.random.random() < 0.5:
                changed = self.random.choice([n for n in row if n not in record.key])
                row = {**earlier, changed: row[changed]}
        for first, second in record.time_order * len(record.time_order):
            if row[first] and row[second] and row[first] > row[second]:
                row[first], row[second] = row[second], row[first]
        assert record.cursor
        row[record.cursor] = self._moment()
        row["deleted_at"] = self.now if self.random.random() < 0.08 else None
        return row

    def _reference_row(self, record: str) -> Row:
        """One reference row changed, deleted or new."""
        row = dict(self.random.choice(self.said[record]))
        match record:
            case "offices":
                row[self.random.choice(("zone", "counters"))] = self.random.choice((None, 3, 5))
                if self.random.random() < 0.5:
                    row["works_holidays"] = self.random.random() < 0.5
                row["zone"] = self.random.choice(("Z1", "Z2", None))
                row["kind"] = self.random.choice((row["kind"], row["kind"], "regional", "mission"))
                row["counters"] = self.random.randint(1, 5)
                row["updated_at"] = self._moment() if self.random.random() < 0.5 else None
            case "office_hours":
                row["closes_at"] = self.random.choice(("15:00:00", "19:30:00", "24:00:00"))
                row["valid_from"] = self.random.choice((row["valid_from"], self._moment().date()))
                row["office_code"] = self.random.choice(tuple(OFFICES))
            case "holidays":
                row["holiday_date"] = self._moment().date() + timedelta(self.random.randint(-3, 9))
                row["country_code"] = self.random.choice(("PK", "GB", "SA"))
                row["is_working_day"] = self.random.choice((None, True))
            case "stages":
                row["clock"] = self.random.choice(("runs", "stopped"))
                row["is_terminal"] = row["is_terminal"] or self.random.random() < 0.1
            case "service_levels":
                row["promise"] = float(self.random.randint(1, 12))
                row["tier"] = self.random.choice((None, "urgent"))
                row["valid_from"] = self.random.choice((row["valid_from"], self._moment().date()))
            case "machines":
                row["office_code"] = self.random.choice(("LHE", "KHI"))
                row["rated_per_hour"] = self.random.choice((None, 50.0))
                row["retired_on"] = self.random.choice((None, self._moment().date()))
            case _:
                row["role"] = self.random.choice(("officer", "clerk"))
        row["deleted_at"] = self.now if self.random.random() < 0.1 else None
        if record == "offices":
            row["deleted_at"] = None
        return row

    def _moment(self) -> datetime:
        """A moment, mostly of the recent past, often on a full hour or midnight; now and then one
        that lies ahead, as where a source's clock is fast."""
        back = self.random.choice((-0.5, 0.1, 1.0, 5.0, 20.0)) * self.random.random()
        moment = max(self.now - timedelta(days=back), START - timedelta(days=5))
        match self.random.randrange(4):
            case 0:
                return moment.replace(minute=0, second=0, microsecond=0)
            case 1:
                return moment.replace(hour=19, minute=0, second=0, microsecond=0) - timedelta(1)
        return moment

    def _value(self, record: Record, column: Column) -> Any:
        known = {
            "office_code": tuple(OFFICES), "from_office_code": tuple(OFFICES),
            "to_office_code": tuple(OFFICES), "stage_code": STAGES, "staff_id": ("S0", "S1"),
            "machine_id": ("M0", "M1"), "link": ("headquarters", "nadra"), "item": ("film",),
            "box_id": ("B1", "B2", "B3"),
        }  # fmt: skip
        if not column.required and self.random.random() < 0.3:
            return None
        if column.name in known:
            return self.random.choice(known[column.name])
        if column.codes:
            code = self.random.choice(column.codes)
            return int(code) if column.type is Type.INTEGER else code
        match column.type:
            case Type.TIMESTAMP if column.name == "read_at":
                # so near to one another that one cuts short the span of another
                return START + timedelta(minutes=10 * self.random.randrange(30))
            case Type.TIMESTAMP:
                moment = self._moment()
                in_key = column.name in record.key
                return moment.replace(minute=0, second=0, microsecond=0) if in_key else moment
            case Type.DATE:
                return self._moment().date()
            case Type.INTEGER:
                return self.random.randint(1, 20)
            case Type.NUMBER:
                return float(self.random.randint(1, 900))
            case Type.BOOLEAN:
                return self.random.random() < 0.5
        return f"{column.name[:1]}{self.random.randrange(KEYS.get(column.name, 9))}"


def aware(moment: datetime) -> datetime:
    """The moment as UTC with its zone."""
    return moment.replace(tzinfo=UTC)
