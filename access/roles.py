"""Roles, places, and which of them a login gives. What is not given is denied."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from config import AccessSettings, Role

WHOLE = "all"

_PLACE = re.compile(r"all|missions|(zone|office|site):[^\x00-\x1f]{1,100}")

# The kinds of place that a role is bound to. A role that is not named here sees the whole
# authority, unless the login names places: those narrow it.
_KINDS: Mapping[Role, frozenset[str]] = {
    Role.zone_head: frozenset({"zone"}),
    Role.office_head: frozenset({"office"}),
    Role.mission_head: frozenset({"office", "missions"}),
    Role.print_manager: frozenset({"site"}),
}


class AccessDeniedError(Exception):
    """The login gives no right to see anything; the message says what it lacks."""


@dataclass(frozen=True)
class Standing:
    """One role at one place: `all`, `missions`, `zone:<zone>`, `office:<code>`, `site:<code>`."""

    role: Role
    place: str


def is_bound_to_places(role: Role) -> bool:
    """True for a role that exists only at a place."""
    return role in _KINDS


def may_stand_at(role: Role, place: str) -> bool:
    """True where a person of that role can be bound to that place."""
    if not _PLACE.fullmatch(place):
        return False
    kinds = _KINDS.get(role)
    return kinds is None or place.partition(":")[0] in kinds


def standings(roles: Sequence[Role], places: Sequence[str]) -> tuple[Standing, ...]:
    """Every role at every place that it can be at, in the order of `Role`."""
    found = []
    for role in Role:
        if role in roles:
            whole = () if places or is_bound_to_places(role) else (WHOLE,)
            found += [
                Standing(role, place)
                for place in dict.fromkeys((*places, *whole))
                if may_stand_at(role, place)
            ]
    return tuple(found)


def standings_of_login(
    claims: Mapping[str, object], settings: AccessSettings
) -> tuple[Standing, ...]:
    """What the claims of an ID token give, at least one. Raises AccessDeniedError for none."""
    named = _texts(claims, settings.role_claim)
    known: set[str] = {settings.role_names.get(name, name) for name in named}
    roles = [role for role in Role if role in known]
    if not roles:
        raise AccessDeniedError(
            f"the login names no role of the dashboard in its claim {settings.role_claim!r}"
        )
    found = standings(roles, _texts(claims, settings.place_claim))
    if not found:
        raise AccessDeniedError(
            f"the login names no place in its claim {settings.place_claim!r} at which "
            f"{', '.join(roles)} can be"
        )
    return found


def name_of_login(claims: Mapping[str, object], settings: AccessSettings) -> str:
    """What the log calls the person. Raises AccessDeniedError where the login does not say."""
    [*names] = _texts(claims, settings.name_claim) or _texts(claims, "sub")
    if not names:
        raise AccessDeniedError(f"the login has no claim {settings.name_claim!r}")
    return names[0]


def _texts(claims: Mapping[str, object], path: str) -> tuple[str, ...]:
    """The texts of a claim: one, or a list; a dot leads into a nested claim."""
    found: object = claims.get(path)
    if found is None:
        found = claims
        for name in path.split("."):
            found = found.get(name) if isinstance(found, Mapping) else None
    if isinstance(found, str):
        return (found,) if found else ()
    if isinstance(found, Sequence):
        return tuple(text for text in found if isinstance(text, str) and text)
    return ()
