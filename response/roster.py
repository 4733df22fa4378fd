"""Who is on duty, when, and how to reach them: the duty roster.

A roster is a CSV with the columns of `COLUMNS`, one row per duty. A duty with a beginning and an
end is a shift; one with neither stands always, as that of the head of a place. Times without an
offset are the authority's; the store has them in UTC.
"""

import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby, pairwise
from operator import attrgetter
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy import Connection

from config import Role
from language import LANGUAGES
from response.rules import load_rules
from response.tables import duties, people

COLUMNS = (
    "person",
    "role",
    "place_scope",
    "language",
    "timezone",
    "email",
    "phone",
    "starts_at",
    "ends_at",
)
_OPTIONAL = ("language", "timezone", "email", "phone", "starts_at", "ends_at")
_MOMENT = timedelta(microseconds=1)
_SCOPE = re.compile(r"all|country|missions|(zone|office):\S.*")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
_PHONE = re.compile(r"\+?[0-9]{4,15}")


class RosterError(Exception):
    """A roster that cannot be taken in; the message names file, line and what is wrong."""


@dataclass(frozen=True)
class Person:
    """Somebody who is told. `timezone` is where their quiet hours are; addresses may be empty."""

    person: str
    language: str
    timezone: str
    email: str
    phone: str


@dataclass(frozen=True)
class Duty:
    """What somebody is responsible for, from a moment to another (UTC without zone), or always."""

    person: Person
    role: str
    place_scope: str
    starts_at: datetime | None = None
    ends_at: datetime | None = None

    @property
    def is_shift(self) -> bool:
        return self.starts_at is not None

    def covers(self, now: datetime) -> bool:
        """Whether the duty is on at `now`, UTC without zone."""
        begun = self.starts_at is None or self.starts_at <= now
        return begun and (self.ends_at is None or now < self.ends_at)


def read_roster(file: Path, authority_timezone: str) -> list[Duty]:
    """The duties of a CSV. Raises RosterError for the first line that is wrong."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as content:
            lines = csv.DictReader(content, restkey="", strict=True)
            missing = set(COLUMNS) - set(_OPTIONAL) - set(lines.fieldnames or ())
            unknown = set(lines.fieldnames or ()) - set(COLUMNS)
            if missing or unknown:
                wrong = f"no column {', '.join(sorted(missing))}" if missing else ""
                wrong += f"no use for {', '.join(sorted(map(str, unknown)))}" if unknown else ""
                raise RosterError(f"{file}: {wrong}; a roster has {', '.join(COLUMNS)}")
            found = [
                _duty(line, authority_timezone, f"{file}, line {number}")
                for number, line in enumerate(lines, start=2)
            ]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise RosterError(f"{file}: cannot be read as a CSV in UTF-8: {error}") from error
    if not found:
        raise RosterError(f"{file}: names nobody")
    _refuse_contradictions(file, found)
    return found


def import_roster(connection: Connection, roster: Sequence[Duty]) -> None:
    """Put a roster in the place of what was planned; `connection` is within `writing`.

    Standing duties are replaced whole, shifts from the first one of the roster on: those before
    it were worked, and the load on people is told by them.
    """
    starts = [duty.starts_at for duty in roster if duty.starts_at is not None]
    planned: list[sa.ColumnElement[bool]] = [duties.c.starts_at.is_(None)]
    if starts:
        planned.append(duties.c.starts_at >= min(starts))
    connection.execute(sa.delete(duties).where(sa.or_(*planned)))
    known: set[str] = set(connection.execute(sa.select(people.c.person)).scalars())
    for person in {duty.person.person: duty.person for duty in roster}.values():
        if person.person in known:
            named = people.c.person == person.person
            connection.execute(sa.update(people).where(named).values(**vars(person)))
        else:
            connection.execute(sa.insert(people).values(**vars(person)))
    connection.execute(
        sa.insert(duties), [{**vars(duty), "person": duty.person.person} for duty in roster]
    )


def duties_between(connection: Connection, since: datetime, until: datetime) -> list[Duty]:
    """The duties that are on at some moment of `[since, until)`, by role, place and beginning."""
    query = (
        sa.select(duties, people)
        .join(people, people.c.person == duties.c.person)
        .where(
            sa.or_(duties.c.starts_at.is_(None), duties.c.starts_at < until),
            sa.or_(duties.c.ends_at.is_(None), duties.c.ends_at > since),
        )
        .order_by(duties.c.role, duties.c.place_scope, duties.c.starts_at, people.c.person)
    )
    return [_read(row) for row in connection.execute(query)]


def roles_without(duties: Iterable[Duty]) -> list[str]:
    """The roles that rules call, as owner or on their path, and none of `duties` holds."""
    rules = load_rules().values()
    called = {role for rule in rules for role in (rule.owner_role, *rule.escalation_path)}
    return sorted(called - {duty.role for duty in duties})


def on_duty(connection: Connection, now: datetime) -> list[Duty]:
    """The duties that are on at `now`, UTC without zone."""
    return [d for d in duties_between(connection, now, now + _MOMENT) if d.covers(now)]


def _read(row: Any) -> Duty:
    person = Person(row.person, row.language, row.timezone, row.email, row.phone)
    return Duty(person, row.role, row.place_scope, row.starts_at, row.ends_at)


def _duty(line: Mapping[str, Any], timezone: str, where: str) -> Duty:
    if "" in line or None in line.values():
        raise RosterError(f"{where}: not as many values as columns")
    value = {name: (line.get(name) or "").strip() for name in COLUMNS}
    wrong = next(_faults(value), None)
    if wrong:
        raise RosterError(f"{where}: {wrong}")
    person = Person(
        person=value["person"],
        language=value["language"] or "en",
        timezone=value["timezone"] or timezone,
        email=value["email"],
        phone=value["phone"],
    )
    try:
        ZoneInfo(person.timezone)
        starts, ends = (_moment(value[name], timezone) for name in ("starts_at", "ends_at"))
    except (ValueError, KeyError, OSError) as error:
        raise RosterError(f"{where}: {error}") from error
    if starts and ends and starts >= ends:
        raise RosterError(f"{where}: the shift ends before it begins")
    return Duty(person, value["role"], value["place_scope"], starts, ends)


def _faults(value: Mapping[str, str]) -> Iterator[str]:
    if not value["person"]:
        yield "nobody is named"
    if value["role"] not in tuple(Role):
        yield f"no role is called {value['role']!r}; roles: {', '.join(Role)}"
    if not _SCOPE.fullmatch(value["place_scope"]):
        yield "place_scope is all, country, missions, zone:<zone> or office:<code>"
    if value["language"] not in ("", *LANGUAGES):
        yield f"language is one of {', '.join(LANGUAGES)}"
    if value["email"] and not _EMAIL.fullmatch(value["email"]):
        yield "the e-mail address is none"
    if value["phone"] and not _PHONE.fullmatch(value["phone"]):
        yield "the telephone number has digits only, with a + before them or not"
    if bool(value["starts_at"]) != bool(value["ends_at"]):
        yield "a shift has starts_at and ends_at, a standing duty neither"


def _moment(text: str, timezone: str) -> datetime | None:
    """A moment in UTC without zone; one without an offset is local time of `timezone`."""
    if not text:
        return None
    moment = datetime.fromisoformat(text)
    aware = moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(timezone))
    return aware.astimezone(UTC).replace(tzinfo=None)


def _refuse_contradictions(file: Path, roster: Sequence[Duty]) -> None:
    """One person is reached in one way, and is not twice on the same duty."""
    ways: dict[str, Person] = {}
    for duty in roster:
        if ways.setdefault(duty.person.person, duty.person) != duty.person:
            raise RosterError(f"{file}: {duty.person.person} has two addresses, languages or zones")
    by_duty = attrgetter("person.person", "role", "place_scope")
    shifts = sorted(
        (duty for duty in roster if duty.is_shift),
        key=lambda duty: (*by_duty(duty), duty.starts_at),
    )
    for (who, role, _), own in groupby(shifts, by_duty):
        for one, after in pairwise(own):
            assert one.ends_at is not None and after.starts_at is not None
            if after.starts_at < one.ends_at:
                raise RosterError(
                    f"{file}: {who} is twice {role} at {after.starts_at:%Y-%m-%d %H:%M} UTC"
                )
