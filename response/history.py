"""What happens to an incident, and what its history comes to: pure, the store apart.

An incident is its events in their order. `follow` says what one more event makes of it, and which
events cannot follow; everything else that is known of an incident is derived here.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any, Literal

from language import say

Kind = Literal[
    "opened",
    "notified",
    "acknowledged",
    "assigned",
    "noted",
    "linked",
    "snoozed",
    "worsened",
    "escalated",
    "resolved",
    "reopened",
]
State = Literal["open", "acknowledged", "resolved"]
Outcome = Literal["real", "false_alarm", "planned", "duplicate", "cleared", "rule_deleted"]

# How a person may say it ended; the last two outcomes are the system's own.
OUTCOMES: tuple[Outcome, ...] = ("real", "false_alarm", "planned", "duplicate")
SEVERITIES = ("minor", "major", "critical")
SYSTEM = "system"

# What may still happen when it is over.
_AFTER_THE_END: frozenset[Kind] = frozenset({"reopened", "noted", "linked", "notified"})

# What a message tells; the rest is on the incident's page.
_TOLD: frozenset[Kind] = frozenset(
    {"opened", "worsened", "escalated", "reopened", "resolved", "assigned"}
)

_NOTHING: Mapping[str, Any] = MappingProxyType({})


class HistoryError(Exception):
    """An event that cannot follow what happened so far; the message says why."""


@dataclass(frozen=True)
class Event:
    """One thing that happened to an incident. Times are UTC without zone.

    `details` by kind: `opened` the fields of the incident (`rule`, `thing`, `place_scope`, `zone`,
    `is_mission`, `severity`, `since_at` as ISO text, `measured`, `expected`, `parameters`);
    `assigned` and `escalated` `to` (and `level`); `linked` `parent` (an incident, or None);
    `snoozed` `until`; `noted` may have `reply_due_at` and `reply_from`; `worsened` `severity` and
    `measured`; `resolved` `outcome`, its cause is the text. A new incident has a negative number
    of its own until the store gives it one. `event_id` is the store's, 0 until then.
    """

    incident_id: int
    kind: Kind
    at: datetime
    actor: str = SYSTEM
    role: str = SYSTEM
    text: str = ""
    details: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)
    event_id: int = 0


@dataclass(frozen=True)
class Incident:
    """What an incident's events come to. Times are UTC without zone.

    `since_at` is when the thing itself began, `opened_at` when it was found; `resolved_at` when it
    was over. `cause` and `outcome` are null until then. `parameters` are for the message's text.
    """

    incident_id: int
    rule: str
    thing: str
    place_scope: str
    zone: str | None
    is_mission: bool
    severity: str
    state: State
    since_at: datetime
    opened_at: datetime
    opened_by: str
    measured: float | None = None
    expected: float | None = None
    parameters: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)
    parent_incident_id: int | None = None
    notified_at: datetime | None = None
    acknowledged_at: datetime | None = None
    acknowledged_by: str | None = None
    assigned_to: str | None = None
    snoozed_until: datetime | None = None
    escalation_level: int = 0
    escalated_at: datetime | None = None
    reply_due_at: datetime | None = None
    reply_due_from: str | None = None
    resolved_at: datetime | None = None
    resolved_by: str | None = None
    cause: str | None = None
    outcome: str | None = None
    reopened_at: datetime | None = None
    reopened_count: int = 0
    last_event_id: int = 0

    @property
    def is_over(self) -> bool:
        return self.state == "resolved"

    def is_snoozed(self, now: datetime) -> bool:
        return self.snoozed_until is not None and now < self.snoozed_until


def kind_word(kind: str) -> str:
    """What happened, as a participle in the reader's language."""
    return {
        "opened": say("opened"),
        "notified": say("told to people"),
        "acknowledged": say("acknowledged"),
        "assigned": say("assigned"),
        "noted": say("noted"),
        "linked": say("linked"),
        "snoozed": say("snoozed"),
        "worsened": say("worsened"),
        "escalated": say("escalated"),
        "resolved": say("resolved"),
        "reopened": say("reopened"),
    }[kind]


def people_hear_of(event: Event) -> bool:
    """Whether an event is told by a message; of notes, those that ask for a reply."""
    return event.kind in _TOLD or (event.kind == "noted" and "reply_due_at" in event.details)


def fold(events: Iterable[Event]) -> Incident:
    """The incident that `events`, all of one incident and in their order, come to.

    Raises HistoryError where an event cannot follow those before it, or there is none.
    """
    incident: Incident | None = None
    for event in events:
        incident = follow(incident, event)
    if incident is None:
        raise HistoryError("an incident without events is none")
    return incident


def follow(incident: Incident | None, event: Event) -> Incident:
    """What `event` makes of `incident`. Raises HistoryError where it cannot follow."""
    if incident is None:
        if event.kind != "opened":
            raise HistoryError(f"an incident begins by being opened, not {event.kind}")
        return _opened(event)
    if event.kind == "opened":
        raise HistoryError(say("incident {number} is open already", number=incident.incident_id))
    if incident.is_over and event.kind not in _AFTER_THE_END:
        raise HistoryError(
            say(
                "incident {number} was resolved at {moment} UTC by {actor}; it cannot be {kind} "
                "any more, only reopened",
                number=incident.incident_id,
                moment=f"{incident.resolved_at:%Y-%m-%d %H:%M}",
                actor=incident.resolved_by,
                kind=kind_word(event.kind),
            )
        )
    if event.kind == "reopened" and not incident.is_over:
        raise HistoryError(
            say("incident {number} is not over: nothing to reopen", number=incident.incident_id)
        )
    return replace(incident, last_event_id=event.event_id, **_changes(incident, event))


def _opened(event: Event) -> Incident:
    about = dict(event.details)
    about["since_at"] = datetime.fromisoformat(about["since_at"])
    return Incident(
        incident_id=event.incident_id,
        state="open",
        opened_at=event.at,
        opened_by=event.actor,
        last_event_id=event.event_id,
        **about,
    )


def _changes(incident: Incident, event: Event) -> dict[str, Any]:
    about = event.details
    match event.kind:
        case "notified":
            return {"notified_at": event.at}
        case "acknowledged":
            return _taken(incident, event)
        case "assigned":
            return {"assigned_to": about["to"], **_taken(incident, event)}
        case "noted":
            return _replied(incident, event)
        case "linked":
            return {"parent_incident_id": about["parent"]}
        case "snoozed":
            return {
                "snoozed_until": datetime.fromisoformat(about["until"]),
                **_taken(incident, event),
            }
        case "worsened":
            return {"severity": about["severity"], "measured": about.get("measured")}
        case "escalated":
            return {"escalation_level": about["level"], "escalated_at": event.at}
        case "resolved":
            return {
                "state": "resolved",
                "resolved_at": event.at,
                "resolved_by": event.actor,
                "cause": event.text,
                "outcome": about["outcome"],
                "snoozed_until": None,
                "reply_due_at": None,
                "reply_due_from": None,
            }
        case _:
            return {
                "state": "open",
                "reopened_at": event.at,
                "reopened_count": incident.reopened_count + 1,
                "acknowledged_by": None,
                "escalation_level": 0,
                "escalated_at": None,
                "resolved_at": None,
                "resolved_by": None,
                "cause": None,
                "outcome": None,
            }


def _taken(incident: Incident, event: Event) -> dict[str, Any]:
    """Whoever acts on an incident has taken note of it; the first time counts."""
    return {
        "state": "acknowledged",
        "acknowledged_at": incident.acknowledged_at or event.at,
        "acknowledged_by": incident.acknowledged_by or event.actor,
    }


def _replied(incident: Incident, event: Event) -> dict[str, Any]:
    """A note may ask a role for a reply by a time; the next note of that role is the reply."""
    if "reply_due_at" in event.details:
        return {
            "reply_due_at": datetime.fromisoformat(event.details["reply_due_at"]),
            "reply_due_from": event.details["reply_from"],
        }
    if incident.reply_due_from == event.role:
        return {"reply_due_at": None, "reply_due_from": None}
    return {}
