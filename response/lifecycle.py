"""What becomes of findings: which incidents open, go on, end, or are part of another. Pure.

`respond` compares what is found now with what was seen last and with the incidents there are. It
knows no clock but `now`, and told the same twice it changes nothing the second time.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Literal

from response.history import SEVERITIES, SYSTEM, Event, Incident
from response.permissions import covers
from response.rules import Rule

Key = tuple[str, str]

# A merged incident is of the whole authority; its thing is this and what its findings share.
MERGED = "many:"
# So many of the things that a merged incident is about are named in it.
_NAMED_THINGS = 20
# So many times what merges is no chance, whether a shared cause is known or not.
_FAR_TOO_MANY = 3

_NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True)
class Finding:
    """A row of `rpt_findings`: `thing` is found, or it is unknown whether. UTC without zone."""

    rule: str
    thing: str
    state: Literal["found", "unknown"]
    place_scope: str
    severity: str
    zone: str | None = None
    is_mission: bool = False
    measured: float | None = None
    expected: float | None = None
    since_at: datetime | None = None
    shared_cause: str = ""
    parameters: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)

    @property
    def key(self) -> Key:
        return self.rule, self.thing


@dataclass(frozen=True)
class Sighting:
    """A finding as it was seen last, kept while it is found or its incident is open.

    `since_at` is when it began; `clear_since_at` when it was first clear, null while it is not;
    `explained_by` the finding that it is part of.
    """

    finding: Finding
    state: Literal["found", "unknown", "clear"]
    since_at: datetime
    seen_at: datetime
    clear_since_at: datetime | None = None
    explained_by: Key | None = None


@dataclass(frozen=True)
class MaintenanceWindow:
    """Announced work: what is found there meanwhile opens nothing. An empty rule is every one."""

    rule: str
    place_scope: str
    starts_at: datetime
    ends_at: datetime

    def holds(self, finding: Finding, now: datetime) -> bool:
        return (
            self.rule in ("", finding.rule)
            and self.starts_at <= now < self.ends_at
            and covers(self.place_scope, finding.place_scope, finding.zone, finding.is_mission)
        )


@dataclass(frozen=True)
class Response:
    """What is to be written: new events, and all sightings as they are now."""

    events: tuple[Event, ...]
    sightings: tuple[Sighting, ...]


@dataclass(frozen=True)
class _Now:
    """All that is known at one moment, by rule and thing."""

    now: datetime
    rules: Mapping[str, Rule]
    windows: Sequence[MaintenanceWindow]
    open: Mapping[Key, Incident]
    ended: Mapping[Key, Incident]
    seen: Mapping[Key, Sighting]


def respond(
    findings: Iterable[Finding],
    incidents: Iterable[Incident],
    sightings: Iterable[Sighting],
    now: datetime,
    rules: Mapping[str, Rule],
    windows: Sequence[MaintenanceWindow],
    speaks_for: Callable[[str, str], bool],
) -> Response:
    """What `findings` make of `incidents`: those that are not over, and those that ended lately.

    `speaks_for` tells of a rule and a thing whether the findings would name it if it were so: only
    then is it clear when they do not. New incidents have negative numbers. Times are UTC without
    zone.
    """
    incidents = sorted(incidents, key=lambda incident: incident.incident_id)
    state = _Now(
        now=now,
        rules=rules,
        windows=windows,
        open={(item.rule, item.thing): item for item in incidents if not item.is_over},
        ended={(item.rule, item.thing): item for item in incidents if item.is_over},
        seen={sighting.finding.key: sighting for sighting in sightings},
    )
    known = {finding.key: finding for finding in findings if finding.rule in rules}
    causes = _causes(rules, known, state.open)
    merged = _merged(state, [item for key, item in known.items() if key not in causes])
    everything = known | {whole.key: whole for whole, _ in merged}
    causes |= {key: whole.key for whole, parts in merged for key in parts}
    explained = {key: _last_cause(key, causes) for key in causes}

    seen_now: dict[Key, Sighting] = {}
    events: list[Event] = []
    for key, finding in sorted(everything.items()):
        is_kept = finding.state == "found" or key in state.open
        if is_kept:
            seen_now[key] = _sighting(state, finding, explained.get(key))
            events += _of_finding(state, seen_now[key], number=-1 - len(events))
    for key, incident in sorted(state.open.items()):
        if key in everything:
            continue
        if incident.rule not in rules:
            events.append(_ended(state, incident, now, "the rule was deleted", "rule_deleted"))
        elif not speaks_for(*key):
            if key in state.seen:
                seen_now[key] = state.seen[key]
        else:
            seen_now[key] = _clear(state, incident)
            events += _of_clear(state, incident, seen_now[key])
    for key, sighting in state.seen.items():
        if key not in seen_now and key not in state.open and not speaks_for(*key):
            seen_now[key] = sighting
    over = {event.incident_id for event in events if event.kind == "resolved"}
    kept = {
        key: sighting
        for key, sighting in seen_now.items()
        if key not in state.open or state.open[key].incident_id not in over
    }
    opened = {
        (event.details["rule"], event.details["thing"]): event.incident_id
        for event in events
        if event.kind == "opened"
    }
    reopened = {event.incident_id for event in events if event.kind == "reopened"}
    running = {key: item.incident_id for key, item in state.open.items()} | opened
    back = {key: item for key, item in state.ended.items() if item.incident_id in reopened}
    running |= {key: item.incident_id for key, item in back.items()}
    events += _links(state, kept.values(), running, {**state.open, **back}, over)
    return Response(tuple(events), tuple(kept.values()))


def _merged(state: _Now, findings: Collection[Finding]) -> list[tuple[Finding, list[Key]]]:
    """Findings of a rule that may have one cause, as one, where there are many; and their keys.

    Once merged they stay so until they are fewer than half as many.
    """
    groups: dict[Key, list[Finding]] = defaultdict(list)
    for finding in findings:
        if finding.state == "found" and state.rules[finding.rule].merge_from:
            groups[finding.rule, f"{MERGED}{finding.shared_cause}"].append(finding)
    many = {key: state.rules[key[0]].merge_from for key in groups}
    return [
        (
            _as_one(key, sorted(parts, key=lambda part: part.thing), many[key]),
            [part.key for part in parts],
        )
        for key, parts in groups.items()
        if len(parts) >= many[key] / (2 if key in state.open else 1)
    ]


def _as_one(key: Key, parts: Sequence[Finding], many: int) -> Finding:
    """Worse than the worst part where a cause is known that all share, or they are far too many to
    come together by chance: a usual Monday has queues at eight places."""
    is_worse = bool(parts[0].shared_cause) or len(parts) >= _FAR_TOO_MANY * many
    worst = max(SEVERITIES.index(part.severity) for part in parts) + is_worse
    zones = {part.zone for part in parts}
    moments = [part.since_at for part in parts if part.since_at]
    scope = "country"
    if all(part.is_mission for part in parts):
        scope = "missions"
    elif len(zones) == 1 and None not in zones:
        scope = f"zone:{parts[0].zone}"
    return Finding(
        rule=key[0],
        thing=key[1],
        state="found",
        place_scope=scope,
        zone=parts[0].zone if len(zones) == 1 else None,
        is_mission=scope == "missions",
        severity=SEVERITIES[min(worst, len(SEVERITIES) - 1)],
        measured=float(len(parts)),
        since_at=min(moments) if moments else None,
        parameters={
            **_common(parts),
            "place": f"{len({part.place_scope for part in parts})} places",
            "places": len({part.place_scope for part in parts}),
            "things": len(parts),
            "named": [part.thing for part in parts[:_NAMED_THINGS]],
        },
    )


def _common(parts: Sequence[Finding]) -> dict[str, Any]:
    """The parameters that all have alike."""
    first = parts[0].parameters
    return {
        name: value
        for name, value in first.items()
        if all(part.parameters.get(name) == value for part in parts)
    }


def _causes(
    rules: Mapping[str, Rule], findings: Mapping[Key, Finding], open_now: Mapping[Key, Incident]
) -> dict[Key, Key]:
    """Of each finding that is part of another one, by its rule, that one."""
    found = {key: finding for key, finding in findings.items() if finding.state == "found"}
    at_place = {(finding.rule, finding.place_scope): key for key, finding in found.items()}
    causes: dict[Key, Key] = {}
    for key, finding in findings.items():
        rule, place = rules[finding.rule], finding.place_scope
        grown = [at_place.get((name, place)) for name in rule.grows_into]
        explaining = [
            cause
            for name in rule.swallowed_by
            if (cause := _thing_named(name) or at_place.get((name, place))) in found
            and not _came_before(open_now.get(key), found[cause])
        ]
        for cause in (*grown, *explaining):
            if cause in found and cause != key:
                causes[key] = cause
                break
    return causes


def _thing_named(name: str) -> Key | None:
    rule, _, thing = name.partition(":")
    return (rule, thing) if thing else None


def _came_before(incident: Incident | None, cause: Finding) -> bool:
    """Whether it was an incident before what would explain it began."""
    return (
        incident is not None and cause.since_at is not None and incident.opened_at < cause.since_at
    )


def _last_cause(key: Key, causes: Mapping[Key, Key]) -> Key:
    """The cause of the causes; of rules that explain each other, the one before they do."""
    passed = {key}
    last = causes[key]
    while last in causes and causes[last] not in passed | {last}:
        passed.add(last)
        last = causes[last]
    return last


def _sighting(state: _Now, finding: Finding, explained_by: Key | None) -> Sighting:
    before = state.seen.get(finding.key)
    began = before.since_at if before and before.state != "clear" else state.now
    return Sighting(
        finding=finding,
        state=finding.state,
        since_at=min(finding.since_at or began, state.now),
        seen_at=state.now,
        explained_by=explained_by,
    )


def _of_finding(state: _Now, sighting: Sighting, number: int) -> list[Event]:
    finding = sighting.finding
    incident = state.open.get(finding.key)
    if incident is not None:
        return [*_known_again(state, incident, sighting), *_worse(state, incident, finding)]
    if (
        sighting.explained_by is not None
        or not _has_lasted(state, sighting)
        or any(window.holds(finding, state.now) for window in state.windows)
    ):
        return []
    ended = state.ended.get(finding.key)
    rule = state.rules[finding.rule]
    if ended is not None and ended.resolved_at is not None:
        if _is_settled(state, ended, rule, finding.key):
            return []
        if state.now - ended.resolved_at <= timedelta(minutes=rule.reopen_within_minutes):
            again = Event(ended.incident_id, "reopened", state.now, text="found again")
            return [again, *_worse(state, ended, finding)]
    return [_opened(number, sighting, state.now)]


def _has_lasted(state: _Now, sighting: Sighting) -> bool:
    rule = state.rules[sighting.finding.rule]
    needed = timedelta(minutes=rule.window_minutes * (rule.windows_in - 1))
    return state.now - sighting.since_at >= needed


def _is_settled(state: _Now, ended: Incident, rule: Rule, key: Key) -> bool:
    """Whether a person ended it and it has been found ever since: what they called false or
    planned stays so until it was clear; what they mended has as long as clearing takes."""
    before = state.seen.get(key)
    if ended.resolved_by == SYSTEM or before is None or before.state == "clear":
        return False
    if ended.outcome != "real" or ended.resolved_at is None:
        return True
    grace = timedelta(minutes=rule.window_minutes * rule.clear_windows_out)
    return state.now - ended.resolved_at < grace


def _opened(number: int, sighting: Sighting, now: datetime) -> Event:
    finding = sighting.finding
    return Event(
        number,
        "opened",
        now,
        details={
            "rule": finding.rule,
            "thing": finding.thing,
            "place_scope": finding.place_scope,
            "zone": finding.zone,
            "is_mission": finding.is_mission,
            "severity": finding.severity,
            "since_at": sighting.since_at.isoformat(),
            "measured": finding.measured,
            "expected": finding.expected,
            "parameters": dict(finding.parameters),
        },
    )


def _known_again(state: _Now, incident: Incident, sighting: Sighting) -> list[Event]:
    """A note when data cease for an open incident, and when they come again."""
    before = state.seen.get(sighting.finding.key)
    was_unknown = before is not None and before.state == "unknown"
    if (sighting.state == "unknown") == was_unknown:
        return []
    told = "data come again" if was_unknown else "no data to tell by: it stays open"
    details = {"data_state": sighting.state}
    return [Event(incident.incident_id, "noted", state.now, text=told, details=details)]


def _worse(state: _Now, incident: Incident, finding: Finding) -> list[Event]:
    if finding.state == "unknown" or SEVERITIES.index(finding.severity) <= SEVERITIES.index(
        incident.severity
    ):
        return []
    details = {"severity": finding.severity, "measured": finding.measured}
    return [Event(incident.incident_id, "worsened", state.now, details=details)]


def _clear(state: _Now, incident: Incident) -> Sighting:
    before = state.seen.get((incident.rule, incident.thing))
    since = before.clear_since_at if before else None
    sighting = before or Sighting(_finding_of(incident), "clear", incident.since_at, state.now)
    return replace(
        sighting,
        state="clear",
        seen_at=state.now,
        explained_by=None,
        # a clock that jumped back has not waited yet
        clear_since_at=min(since or state.now, state.now),
    )


def _finding_of(incident: Incident) -> Finding:
    return Finding(
        rule=incident.rule,
        thing=incident.thing,
        state="found",
        place_scope=incident.place_scope,
        severity=incident.severity,
        zone=incident.zone,
        is_mission=incident.is_mission,
        parameters=incident.parameters,
    )


def _of_clear(state: _Now, incident: Incident, sighting: Sighting) -> list[Event]:
    rule = state.rules[incident.rule]
    since = sighting.clear_since_at or state.now
    needed = timedelta(minutes=rule.window_minutes * (rule.clear_windows_out - 1))
    if state.now - since < needed:
        before = state.seen.get((incident.rule, incident.thing))
        if before is not None and before.state == "unknown":
            details = {"data_state": "clear"}
            told = "data come again: it is clear"
            return [Event(incident.incident_id, "noted", state.now, text=told, details=details)]
        return []
    return [_ended(state, incident, since, "found no longer", "cleared")]


def _ended(state: _Now, incident: Incident, at: datetime, cause: str, outcome: str) -> Event:
    began = incident.reopened_at or incident.opened_at
    return Event(
        incident.incident_id,
        "resolved",
        max(at, began),
        text=cause,
        details={"outcome": outcome},
    )


def _links(
    state: _Now,
    sightings: Iterable[Sighting],
    running: Mapping[Key, int],
    before: Mapping[Key, Incident],
    over: Collection[int],
) -> list[Event]:
    """Open incidents whose finding is part of another belong to its incident; one whose parent is
    over stands alone again."""
    explained = {sighting.finding.key: sighting.explained_by for sighting in sightings}
    open_numbers = {item.incident_id for item in before.values()} - set(over)
    events = []
    for key, incident in sorted(before.items()):
        if incident.incident_id in over:
            continue
        cause = explained.get(key)
        parent = running.get(cause) if cause else None
        if parent is not None and parent not in over and parent != incident.parent_incident_id:
            details: dict[str, int | None] = {"parent": parent}
            text = "found to be part of it"
        elif (
            parent is None
            and incident.parent_incident_id is not None
            and incident.parent_incident_id not in open_numbers
        ):
            details = {"parent": None}
            text = "the incident it was part of is over"
        else:
            continue
        events.append(Event(incident.incident_id, "linked", state.now, text=text, details=details))
    return events
