"""Decisions on proposals: kept for good, at the places of who decides, one after the other."""

from dataclasses import replace
from datetime import date

import pytest
import sqlalchemy as sa
from people import HOUR, NOW, happen, opened
from sqlalchemy.exc import DBAPIError

from operations import writing
from response.decisions import Decision, Proposal, decide, decisions_at, newest_decisions
from response.desk import RefusedError
from response.incidents import ConflictError, history
from response.permissions import ForbiddenError
from response.tables import decisions

PLACES = {"LHR-01": ("Lahore", False), "LHR-02": ("Lahore", False), "KHI-01": ("Karachi", False)}
DAYS = (date(2026, 3, 11), date(2026, 3, 15))
PROPOSAL = Proposal("staff-1", "staff", "LHR-02", "LHR-01", 2, "desks", *DAYS, 0, 6000, "x=1")
DECISION = Decision(PROPOSAL, "accepted", "queues", None, "head", "zone_head", NOW)


def kept(store: sa.Engine) -> list[Decision]:
    with store.connect() as connection:
        return list(newest_decisions(connection).values())


def test_the_newest_decision_counts_and_none_is_ever_changed(people_store: sa.Engine) -> None:
    first = decide(people_store, DECISION, "zone:Lahore", PLACES)
    again = replace(DECISION, verdict="rejected", reason="no car", at=NOW + HOUR)
    with pytest.raises(ConflictError, match="head has accepted this"):
        decide(people_store, again, "zone:Lahore", PLACES)
    second = decide(people_store, again, "zone:Lahore", PLACES, seen_decision_id=first)
    assert kept(people_store) == [replace(again, decision_id=second)]
    for change in (sa.update(decisions).values(reason="x"), sa.delete(decisions)):
        with pytest.raises(DBAPIError, match="never changed"), writing(people_store) as connection:
            connection.execute(change)


def test_who_decides_has_every_place_of_the_proposal(people_store: sa.Engine) -> None:
    away = replace(DECISION, proposal=replace(PROPOSAL, from_place="KHI-01"))
    for decision, scope in (
        (away, "zone:Lahore"),
        (DECISION, "office:LHR-01"),
        (replace(DECISION, role="monitoring"), "all"),
    ):
        with pytest.raises(ForbiddenError):
            decide(people_store, decision, scope, PLACES)
    assert kept(people_store) == []
    decide(people_store, replace(away, role="management"), "country", PLACES)
    assert decisions_at(kept(people_store), "zone:Karachi", PLACES)
    assert not decisions_at(kept(people_store), "zone:Quetta", PLACES)


def test_a_decision_for_an_incident_is_noted_there_or_nothing_is_kept(
    people_store: sa.Engine,
) -> None:
    [number] = happen(people_store, opened())
    decide(people_store, replace(DECISION, incident_id=number), "zone:Lahore", PLACES)
    with people_store.connect() as connection:
        assert history(connection, number)[-1].text == "staff-1 accepted: queues"
    for reason, why in ((" ", "say why"), ("35202" + "1" * 8, "CNIC")):
        with pytest.raises(RefusedError, match=why):
            decide(people_store, replace(DECISION, reason=reason), "all", PLACES)

    def fails(_connection: sa.Connection, _subject: str, _what: str) -> None:
        raise OSError("the log is full")

    other = replace(DECISION, proposal=replace(PROPOSAL, recommendation_id="staff-2"))
    with pytest.raises(OSError, match="the log is full"):
        decide(people_store, other, "zone:Lahore", PLACES, log=fails)
    assert [one.proposal.recommendation_id for one in kept(people_store)] == ["staff-1"]
