"""Incidents in plain words, as the publication tells of them."""

import json
from collections.abc import Hashable, Mapping
from string import Formatter
from typing import Any

from language import say
from reports import wording

Row = Mapping[Hashable, Any]

# What a title names by a code that has words of its own.
_CODES = ("item", "kind", "link")

SEVERITIES = {"critical": "Critical", "major": "Major", "minor": "Minor"}
ROLES = {
    "analyst": "analyst",
    "auditor": "auditor",
    "engineer": "engineer",
    "management": "management",
    "mission_head": "head of the mission",
    "monitoring": "monitoring room",
    "office_head": "head of the office",
    "ombudsman": "ombudsman",
    "print_manager": "print manager",
    "system": "the system",
    "zone_head": "head of the zone",
}
EVENTS = {
    "opened": "Opened",
    "acknowledged": "Acknowledged",
    "assigned": "Assigned",
    "noted": "Note",
    "linked": "Joined with another",
    "snoozed": "Put off",
    "worsened": "Got worse",
    "escalated": "Escalated",
    "resolved": "Over",
    "reopened": "Opened again",
}
OUTCOMES = {
    "real": "It was real",
    "false_alarm": "It was a false alarm",
    "planned": "It was planned work",
    "duplicate": "It was a duplicate",
    "cleared": "It ended by itself",
    "rule_deleted": "Its rule was deleted",
}


def severity(code: str) -> str:
    """How grave it is; an unknown code as it is."""
    return say(SEVERITIES.get(code, code))


def roles(codes: str | None) -> str:
    """Roles, separated by spaces as the publication has them; what is no role as it is."""
    return wording.joined(
        [say(ROLES[code]) if code in ROLES else code for code in (codes or "").split()]
    )


def event(code: str) -> str:
    """What happened; an unknown code as it is."""
    return say(EVENTS.get(code, code))


def outcome(code: str) -> str:
    """How it was judged when it was over; an unknown code as it is."""
    return say(OUTCOMES.get(code, code))


def incident_title(incident: Row) -> str:
    """What is wrong, where: the title of its rule filled in; `several` for what differs within it.

    A title that names no place is followed by the place, where there is one."""
    pattern = incident["title"]
    names = [name for _, name, _, _ in Formatter().parse(pattern) if name]
    known = json.loads(incident["parameters"] or "{}")
    if incident["place_name"]:
        known["place"] = incident["place_name"]
    values = {name: _said(name, known) for name in names}
    title = say(pattern, **values) if names else say(pattern)
    title = title[:1].upper() + title[1:]
    if "place" in names or not incident["place_name"]:
        return title
    return say("{what}, {where}", what=title, where=wording.isolated(incident["place_name"]))


def named(incident: Row) -> list[str]:
    """What an incident that accounts for several things names of them; nothing for one."""
    known = json.loads(incident["parameters"] or "{}")
    return [str(thing) for thing in known.get("named", [])]


def _said(name: str, known: Mapping[str, Any]) -> str:
    if name == "place" and known.get("places", 1) > 1:
        return say("{n} places", n=wording.decimal(known["places"]))
    value = _value(known.get(name))
    return wording.spoken(value) if name in _CODES else wording.isolated(value)


def _value(found: object) -> str:
    if isinstance(found, float | int) and not isinstance(found, bool):
        return wording.amount(found)
    return say("several") if found is None else str(found)
