"""The kinds of briefing: what each is called, what it covers, of which places, and who sees it.

The one place that lists them; how each is written lies in `reports/briefing.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from config import Role
from reports.broker import Scope

Covers = Literal["day", "week", "month", "incident"]

_MONDAY = 0


class UnknownKindError(Exception):
    """No briefing is called so; the message lists those that there are."""


@dataclass(frozen=True)
class Period:
    """Whole days of the authority, both ends among them."""

    since: date
    until: date


@dataclass(frozen=True)
class Kind:
    """`title` is English and goes through `say`. `places` are the kinds of scope that it is made
    of (what stands before the colon in `Scope.name`). `roles` are those whose pages may
    show it, each within the reader's own places. A kind with `released_by` goes
    to nobody else until one of these roles has released it."""

    name: str
    title: str
    covers: Covers
    places: frozenset[str]
    roles: frozenset[Role]
    released_by: frozenset[Role] = frozenset()

    def takes(self, scope: Scope) -> bool:
        """True where this kind is made of such a scope."""
        return scope.name.partition(":")[0] in self.places

    def period(self, morning: date) -> Period | None:
        """The days that the one of `morning` (a day of the authority) is about: the day, the whole
        week (Monday to Sunday) or the whole month that was last over. None for an incident, which
        has times of its own."""
        yesterday = morning - timedelta(days=1)
        match self.covers:
            case "day":
                return Period(yesterday, yesterday)
            case "week":
                sunday = morning - timedelta(days=morning.weekday() + 1)
                return Period(sunday - timedelta(days=6), sunday)
            case "month":
                last = morning.replace(day=1) - timedelta(days=1)
                return Period(last.replace(day=1), last)
        return None

    def is_due(self, morning: date) -> bool:
        """True on the mornings on which a new one comes: every day, Mondays, the first of a month;
        never for one that is made on demand."""
        match self.covers:
            case "day":
                return True
            case "week":
                return morning.weekday() == _MONDAY
            case "month":
                return morning.day == 1
        return False


_PLACES = frozenset({"all", "country", "missions", "zone", "office"})
_READERS = frozenset(
    {
        Role.management,
        Role.monitoring,
        Role.analyst,
        Role.zone_head,
        Role.office_head,
        Role.mission_head,
        Role.auditor,
    }
)

KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("daily", "Daily briefing", "day", _PLACES, _READERS),
        Kind("weekly", "Weekly briefing", "week", _PLACES, _READERS),
        Kind("monthly", "Monthly briefing", "month", _PLACES, _READERS | {Role.ombudsman}),
        Kind("incident", "Incident report", "incident", _PLACES, _READERS | {Role.engineer}),
        Kind(
            "bulletin",
            "Public bulletin",
            "month",
            frozenset({"all"}),
            _READERS | {Role.ombudsman, Role.engineer, Role.print_manager},
            released_by=frozenset({Role.management}),
        ),
    )
}


def kind_named(name: str) -> Kind:
    """The kind of that name. Raises UnknownKindError."""
    if name not in KINDS:
        raise UnknownKindError(f"no briefing is called {name!r}; there is: {', '.join(KINDS)}")
    return KINDS[name]
