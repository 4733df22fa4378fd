"""Who may be sent what: the kinds of a role, within the places of its standing.

Asked when a subscription is made and again each time something would leave: a place may have moved
to another zone, a role may have been taken away, a person shut out.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from access.roles import Standing, may_stand_at
from access.sessions import still_stands
from config import Role
from reports.broker import Publication, Scope, ScopeError
from reports.facts.places import places
from reports.kinds import KINDS, Kind, kind_named
from response.permissions import covers

# Who manages what goes to others, each within the own places.
MANAGERS = frozenset({Role.management, Role.zone_head, Role.office_head, Role.mission_head})


class RefusedError(Exception):
    """What was asked for is not for this person, or cannot be done so; the message says why."""


@dataclass(frozen=True)
class Place:
    """Where an office belongs."""

    zone: str | None
    is_mission: bool


Places = Mapping[str, Place]


def places_of(publication: Publication) -> Places:
    """Every office of a publication, by its code."""
    return {
        row["office_code"]: Place(row["zone"] or None, row["kind"] == "mission")
        for row in places(publication, Scope("all")).to_dict("records")
    }


def kinds_of(role: Role) -> tuple[Kind, ...]:
    """The kinds that a role may see, in their order."""
    return tuple(kind for kind in KINDS.values() if role in kind.roles)


def may_see(standing: Standing, scope: str, known: Places) -> bool:
    """True where a scope lies within the places of a standing. An office that is not published
    lies in nobody's."""
    kind, _, name = scope.partition(":")
    if kind == "office" and name not in known:
        return False
    if kind == "zone" and name not in {place.zone for place in known.values()}:
        return False
    zone = known[name].zone if kind == "office" else None
    is_mission = known[name].is_mission if kind == "office" else kind == "missions"
    return covers(standing.place, scope, zone, is_mission)


def why_not(
    standing: Standing, kind_name: str, scope: str, is_released: bool, known: Places
) -> str | None:
    """Why a person of this standing may not have a briefing; None where they may.

    What is released is for everyone who may see its kind, wherever they stand.
    """
    kind = kind_named(kind_name)
    if not may_stand_at(standing.role, standing.place):
        return f"nobody is {standing.role} at {standing.place}"
    if standing.role not in kind.roles:
        return f"the role {standing.role} does not get the {kind.title.lower()}"
    try:
        is_made = kind.takes(Scope(scope))
    except ScopeError as error:
        return str(error)
    if not is_made:
        return f"the {kind.title.lower()} is not made for {scope}"
    if kind.released_by:
        if is_released or standing.role in kind.released_by:
            return None
        return f"the {kind.title.lower()} is not released yet"
    if not may_see(standing, scope, known):
        return f"{scope} is not among the places of {standing.role} at {standing.place}"
    return None


def why_not_now(connection: Connection, person: str, standing: Standing) -> str | None:
    """Why a person no longer has the standing that a subscription names; None where it holds."""
    if still_stands(connection, person, standing):
        return None
    return f"{person} is shut out, or no longer {standing.role} at {standing.place}"


def require_manager(by: Standing, other: Standing, scope: str, known: Places) -> None:
    """Raises RefusedError unless `by` may manage what goes to `other` about `scope`: both lie
    within the own places."""
    if by.role not in MANAGERS:
        raise RefusedError(f"the role {by.role} does not manage subscriptions")
    for place in (other.place, scope):
        if not may_see(by, place, known):
            raise RefusedError(f"{place} is not among the places of {by.role} at {by.place}")
