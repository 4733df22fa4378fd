"""What managers decide on proposals to move people and work: kept for good, tied to an incident.

A proposal is a row of `rpt_redistribution`; it is kept with the decision as it was then, since the
next night proposes anew.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy import Connection, Engine

from language import say
from operations import writing
from response import incidents as kept
from response.desk import Log, RefusedError, refuse_text, unlogged
from response.history import Event
from response.incidents import ConflictError
from response.permissions import Places, covers, require
from response.tables import decisions

Verdict = Literal["accepted", "rejected"]


@dataclass(frozen=True)
class Proposal:
    """A recommendation as it was published. `from_place` is null where nothing is taken from a
    place; gains are those of all its days together."""

    recommendation_id: str
    kind: str
    from_place: str | None
    to_place: str
    quantity: float
    unit: str
    from_day: date
    to_day: date
    expected_late_avoided: float
    expected_waiting_minutes_avoided: float
    cost: str

    @property
    def places(self) -> tuple[str, ...]:
        """The codes of the places that it is about."""
        return tuple(place for place in (self.from_place, self.to_place) if place)


@dataclass(frozen=True)
class Decision:
    """What somebody decided on a proposal, at `at` (UTC without zone), for the incident of that
    number if any. `decision_id` is the store's, 0 until then."""

    proposal: Proposal
    verdict: Verdict
    reason: str
    incident_id: int | None
    actor: str
    role: str
    at: datetime
    decision_id: int = 0


def decide(
    store: Engine,
    decision: Decision,
    scope: str,
    places: Places,
    seen_decision_id: int | None = None,
    log: Log = unlogged,
) -> int:
    """Keeps a decision, and notes it in the incident that it is for; returns its number.

    `scope` are the places of who decides, which must hold every place of the proposal.
    `seen_decision_id` is the newest decision on it that they saw: ConflictError where somebody
    decided since. Raises ForbiddenError, RefusedError or IncidentUnknownError too; nothing is
    written then.
    """
    proposal = decision.proposal
    for place in proposal.places:
        require(
            decision.role, scope, "decide", f"office:{place}", *places.get(place, (None, False))
        )
    refuse_text(decision.reason)
    if not decision.reason.strip():
        raise RefusedError(say("say why: what came of it is judged by the reason"))
    with writing(store) as connection:
        before = newest_decisions(connection).get(proposal.recommendation_id)
        if before is not None and before.decision_id != seen_decision_id:
            raise ConflictError(
                say(
                    "{actor} has {verdict} this at {moment} UTC, after you last saw it; look again",
                    actor=before.actor,
                    verdict=verdict_word(before.verdict),
                    moment=f"{before.at:%Y-%m-%d %H:%M}",
                )
            )
        if decision.incident_id is not None:
            _note(connection, decision, scope)
        values = {**asdict(proposal), **_of_decision(decision)}
        key = connection.execute(sa.insert(decisions).values(**values)).inserted_primary_key
        log(connection, subject_of(proposal), decision.verdict)
    assert key is not None
    return int(key[0])


def subject_of(proposal: Proposal) -> str:
    """What the audit log calls a proposal."""
    return f"redistribution {proposal.recommendation_id}"


def newest_decisions(connection: Connection) -> dict[str, Decision]:
    """The newest decision on each recommendation, the newest last."""
    found = connection.execute(sa.select(decisions).order_by(decisions.c.decision_id))
    newest: dict[str, Decision] = {}
    for row in found:
        newest.pop(row.recommendation_id, None)
        newest[row.recommendation_id] = _decision(row)
    return newest


def decisions_at(decided: Iterable[Decision], scope: str, places: Places) -> list[Decision]:
    """Those that take from or give to a place of the scope, in their order; `places` as known to
    whoever asks."""
    return [
        decision
        for decision in decided
        if any(
            covers(scope, f"office:{place}", *places[place])
            for place in decision.proposal.places
            if place in places
        )
    ]


def verdict_word(verdict: str) -> str:
    """What was decided, as a participle in the reader's language."""
    return say("accepted") if verdict == "accepted" else say("rejected")


def _note(connection: Connection, decision: Decision, scope: str) -> None:
    assert decision.incident_id is not None
    incident = kept.incident(connection, decision.incident_id)
    require(
        decision.role,
        scope,
        "note",
        incident.place_scope,
        incident.zone,
        incident.is_mission,
    )
    proposal = decision.proposal
    text = f"{proposal.recommendation_id} {decision.verdict}: {decision.reason}"
    event = Event(decision.incident_id, "noted", decision.at, decision.actor, decision.role, text)
    kept.append(connection, [event])


def _of_decision(decision: Decision) -> dict[str, Any]:
    named = ("verdict", "reason", "incident_id", "actor", "role", "at")
    return {name: getattr(decision, name) for name in named}


def _decision(row: Any) -> Decision:
    proposal = Proposal(**{item.name: getattr(row, item.name) for item in fields(Proposal)})
    return Decision(
        proposal,
        row.verdict,
        row.reason,
        row.incident_id,
        row.actor,
        row.role,
        row.at,
        row.decision_id,
    )
