"""Who may do what with incidents and proposals: the one matrix of roles and actions, and which
places count."""

from collections.abc import Mapping
from typing import Literal

from config import Role
from language import say

Action = Literal[
    "see",
    "acknowledge",
    "assign",
    "note",
    "link",
    "snooze",
    "resolve",
    "reopen",
    "report",
    "announce",
    "decide",
]

ACTIONS: tuple[Action, ...] = Action.__args__  # type: ignore[attr-defined]

_ROOM: frozenset[Action] = frozenset(ACTIONS) - {"decide"}
_OWN_PLACE: frozenset[Action] = frozenset(
    {"see", "acknowledge", "assign", "note", "resolve", "reopen", "report"}
)

# What a role may do with the incidents of its places. `announce` is work announced beforehand,
# `decide` is to accept or reject what is proposed for places.
MATRIX: Mapping[str, frozenset[Action]] = {
    Role.monitoring: _ROOM,
    Role.engineer: _ROOM,
    Role.management: frozenset({"see", "assign", "note", "report", "decide"}),
    Role.zone_head: _OWN_PLACE | {"snooze", "announce", "decide"},
    Role.office_head: _OWN_PLACE,
    Role.mission_head: _OWN_PLACE,
    Role.print_manager: _OWN_PLACE | {"snooze", "announce"},
    Role.ombudsman: frozenset({"see", "note"}),
    Role.analyst: frozenset({"see"}),
    Role.auditor: frozenset({"see"}),
}

# Of each office its zone, and whether it is a mission.
Places = Mapping[str, tuple[str | None, bool]]


class ForbiddenError(Exception):
    """The role may not do this, or not at this place; the message says who may."""


def may(role: str, action: Action) -> bool:
    """Whether the role may do this at its own places. A role nobody knows may do nothing."""
    return action in MATRIX.get(role, ())


def covers(scope: str, place_scope: str, zone: str | None, is_mission: bool) -> bool:
    """Whether a place lies in a scope: `all`, `country`, `missions`, `zone:…` or `office:…`.

    What concerns the whole authority lies in no part of it.
    """
    if scope in ("all", "country"):
        return True
    if scope == "missions":
        return is_mission
    return scope == place_scope or (zone is not None and scope == f"zone:{zone}")


def lies(place_scope: str, places: Places) -> tuple[str | None, bool]:
    """The zone of a place or scope, and whether it is abroad."""
    kind, _, name = place_scope.partition(":")
    if kind == "office":
        return places.get(name, (None, False))
    return (name if kind == "zone" else None), kind == "missions"


def require(
    role: str, scope: str, action: Action, place_scope: str, zone: str | None, is_mission: bool
) -> None:
    """Raises ForbiddenError unless the role may do this at the place, which its scope covers."""
    if not may(role, action):
        allowed = ", ".join(name for name, actions in MATRIX.items() if action in actions)
        raise ForbiddenError(
            say(
                "the role {role} may not {action} an incident; {allowed} may",
                role=role,
                action=action,
                allowed=allowed,
            )
        )
    if not covers(scope, place_scope, zone, is_mission):
        raise ForbiddenError(
            say(
                "{place} is not among the places of this {role} ({scope}); whoever has it in "
                "their scope may act there",
                place=place_scope,
                role=role,
                scope=scope,
            )
        )
