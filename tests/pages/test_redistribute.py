"""The page of redistribution: what is proposed, who decides, what came of it."""

from datetime import date, datetime
from pathlib import Path

import pytest
import streamlit as st
from incidents_here import NOW, home_beside, incidents_of, open_at
from opened import opened, said
from streamlit.testing.v1 import AppTest

from access.audit_log import Action, entries_since
from access.store import open_store as open_access
from config import load_settings
from response.decisions import Decision, Proposal, decide, newest_decisions
from response.incidents import history

PAGE = "app_pages/redistribute.py"
STAFF = "decide_staff-1"


@pytest.fixture(scope="module")
def store_of_one(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with an incident at the office that should get staff, and the decision of old."""
    home = tmp_path_factory.mktemp("one")
    days = (date(2026, 11, 7), date(2026, 11, 15))
    longer = Proposal("hours-1", "hours", None, "QUE-1", 3, "hours_per_day", *days, 0, 1200, "x=9")
    with incidents_of(home) as store:
        open_at(store, "KAR-1", "Karachi office 1", "Karachi")
        reason, at = "queues of three hours", datetime(2026, 11, 6, 9)
        old = Decision(longer, "accepted", reason, None, "boss", "management", at)
        decide(store, old, "country", {"QUE-1": ("Quetta", False)})
    st.cache_resource.clear()
    open_access(load_settings(home)).dispose()
    return load_settings(home).home.operations


@pytest.fixture
def here(home: Path, tmp_path: Path, store_of_one: Path) -> Path:
    return home_beside(home, tmp_path, store_of_one)


def press(app: AppTest, label: str, number: int = 0) -> list[str]:
    """Presses the button of a label, the `number`th of those; gives what is answered."""
    [button for button in app.button if button.label == label][number].click().run()
    assert not app.exception, [error.value for error in app.exception]
    return [box.value.replace("\\", "") for box in [*app.success, *app.error]]


def test_proposals_tell_what_they_bring_and_cost_and_what_came_of_the_last(
    monkeypatch: pytest.MonkeyPatch, here: Path
) -> None:
    words = said(opened(monkeypatch, here, PAGE, role="management"))
    for sentence in (
        "2 proposals to decide on: 300 fewer late passports, visitors wait 100 hours less",
        "Move 2 desks from Karachi office 2 to Karachi office 1, 21 November to 29 November",
        "Expected: visitors wait 100 hours less in all",
        "Staff travel 60 minutes a day",
        "Print 8.5 jobs a day of Karachi office 3 at Lahore office 3",
        "Expected: 300 fewer late passports",
        "0 km apart",
        "Normal passports of the receiving site wait up to 2 days longer, still in time",
        "● accepted: Open Quetta office 1 longer by 3 hours",
        "queues of three hours",
        "Expected: visitors wait 20 hours less in all. Seen: visitors waited 15 hours less in all",
    ):
        assert sentence in words


def test_a_decision_is_kept_logged_and_noted_in_its_incident(
    monkeypatch: pytest.MonkeyPatch, here: Path
) -> None:
    app = opened(monkeypatch, here, PAGE, role="management")
    assert "say why" in press(app, "Accept", 1)[0]
    app.text_input(key=STAFF).set_value("the room is full")
    assert press(app, "Accept", 1) == ["accepted, and kept with its reason."]
    words = said(app)
    assert "1 proposal to decide on" in words
    assert "● accepted: Move 2 desks" in words and "for incident #1" in words
    assert "Seen: not known before its days are over and published" in words
    with incidents_of(here) as store, store.connect() as connection:
        decided = newest_decisions(connection)["staff-1"]
        assert (decided.verdict, decided.incident_id) == ("accepted", 1)
        assert history(connection, 1)[-1].text == "staff-1 accepted: the room is full"
    store = open_access(load_settings(here))
    [line] = entries_since(store, datetime(2026, 1, 1).astimezone(), [Action.decided], 5).to_dict(
        "records"
    )
    store.dispose()
    told = (line["role"], line["subject"], line["detail"])
    assert told == ("management", "redistribution staff-1", "accepted")


def test_whoever_decides_second_is_told(monkeypatch: pytest.MonkeyPatch, here: Path) -> None:
    app = opened(monkeypatch, here, PAGE, role="management")
    days = (date(2026, 11, 21), date(2026, 11, 29))
    proposal = Proposal("staff-1", "staff", "KAR-2", "KAR-1", 2, "desks", *days, 0, 6000, "x=1")
    other = Decision(proposal, "rejected", "no car", None, "deputy", "management", NOW)
    with incidents_of(here) as store:
        decide(store, other, "country", {})
    app.text_input(key=STAFF).set_value("the room is full")
    [told] = press(app, "Accept", 1)
    assert "deputy has rejected this" in told
    with incidents_of(here) as store, store.connect() as connection:
        assert newest_decisions(connection)["staff-1"].verdict == "rejected"


def test_a_head_of_a_zone_decides_what_stays_in_the_zone(
    monkeypatch: pytest.MonkeyPatch, here: Path
) -> None:
    app = opened(monkeypatch, here, PAGE, role="zone_head", at="zone:Karachi")
    assert "Open Quetta" not in said(app)
    app.text_input(key="decide_print-1").set_value("they have room")
    assert "LAH-3 is not among the places" in press(app, "Accept", 0)[0]
    app.text_input(key=STAFF).set_value("the room is full")
    assert press(app, "Reject", 1) == ["rejected, and kept with its reason."]


@pytest.mark.parametrize("role", ["monitoring", "analyst"])
def test_who_does_not_decide_has_no_form(
    monkeypatch: pytest.MonkeyPatch, here: Path, role: str
) -> None:
    app = opened(monkeypatch, here, PAGE, role=role)
    assert "2 proposals to decide on" in said(app)
    assert not [button for button in app.button if button.label in ("Accept", "Reject")]
