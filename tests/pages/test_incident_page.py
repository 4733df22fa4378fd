"""The page of incidents: who sees and does what there, and what comes of it."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
import reader
import streamlit as st
from incidents_here import NOW, happen, home_beside, incidents_of, open_at
from opened import opened, said
from streamlit.testing.v1 import AppTest

from access.audit_log import Action, entries_since, verify
from access.roles import standings
from access.store import open_store as open_access
from config import Role, load_settings
from response.desk import act
from response.history import Event
from response.incidents import Incident, history, incident

PAGE = "app_pages/incidents.py"
KARACHI, LAHORE, WHOLE = 1, 2, 3


@pytest.fixture(scope="module")
def store_of_three(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with an incident in Karachi, a graver one in Lahore, one of the authority."""
    home = tmp_path_factory.mktemp("three")
    with incidents_of(home) as store:
        open_at(store, "KAR-1", "Karachi office 1", "Karachi")
        open_at(store, "LAH-1", "Lahore office 1", "Lahore", severity="critical")
        about = {"place_scope": "country", "rule": "data_stale", "severity": "minor"}
        open_at(store, "all", "", None, parameters={"record": "print_jobs"}, **about)
    st.cache_resource.clear()
    open_access(load_settings(home)).dispose()
    return load_settings(home).home.operations


@pytest.fixture
def here(home: Path, tmp_path: Path, store_of_three: Path) -> Path:
    return home_beside(home, tmp_path, store_of_three)


def at(
    monkeypatch: pytest.MonkeyPatch, home: Path, role: str = "monitoring", **asked: str
) -> AppTest:
    return opened(monkeypatch, home, PAGE, role=role, **asked)


def now(home: Path, number: int) -> Incident:
    with incidents_of(home) as store, store.connect() as connection:
        return incident(connection, number)


def listed(app: AppTest) -> list[int]:
    return [
        int(button.key.removeprefix("incident_"))
        for button in app.button
        if (button.key or "").startswith("incident_")
    ]


def press(app: AppTest, label: str) -> AppTest:
    [button] = [one for one in app.button if one.label == label]
    button.click().run()
    assert not app.exception, [error.value for error in app.exception]
    return app


def answers(app: AppTest) -> list[str]:
    return [box.value.replace("\\", "") for box in [*app.success, *app.error]]


def logged(home: Path) -> list[tuple[str, str, str, str]]:
    store = open_access(load_settings(home))
    lines = entries_since(store, datetime(2026, 1, 1).astimezone(), list(Action), 20)
    assert verify(store).fault is None
    store.dispose()
    kept = lines[lines["action"] != "saw"]
    return kept[["role", "action", "subject", "detail"]].to_records(index=False).tolist()


def test_the_gravest_comes_first_and_is_opened(monkeypatch: pytest.MonkeyPatch, here: Path) -> None:
    app = at(monkeypatch, here)
    assert listed(app) == [LAHORE, KARACHI, WHOLE]
    assert app.subheader[0].value == "Link nadra of Lahore office 1 is down"
    words = said(app)
    assert "Measured 84 minutes, expected 60 minutes (+24)" in words
    assert "Office LAH-1 · Lahore office 1" in words
    assert "Call the carrier" in words and "○ nobody has it" in words


@pytest.mark.parametrize(
    ("role", "place", "seen"),
    [
        ("office_head", "office:KAR-1", [KARACHI]),
        ("office_head", "office:KAR-2", []),
        ("mission_head", "missions", []),
        ("print_manager", "site:KAR-1", [KARACHI]),
    ],
)
def test_a_reader_sees_the_incidents_of_their_places(
    monkeypatch: pytest.MonkeyPatch, here: Path, role: str, place: str, seen: list[int]
) -> None:
    known = standings((Role(role),), (place,) if place != "all" else ())
    monkeypatch.setattr(reader, "standings_of_developer", lambda _: known)
    app = at(monkeypatch, here, role, at=place)
    assert listed(app) == seen
    if not seen:
        assert "Nothing is open here." in answers(app)


def test_a_link_to_an_incident_opens_it_for_those_who_may_see_it_only(
    monkeypatch: pytest.MonkeyPatch, here: Path
) -> None:
    app = at(monkeypatch, here, incident=str(WHOLE))
    assert app.subheader[0].value == "print\\_jobs is stale"
    app = at(monkeypatch, here, "office_head", at="office:KAR-1", incident=str(LAHORE))
    assert "There is no incident 2 among your places." in said(app)
    assert not app.subheader


def test_acknowledging_is_kept_and_logged(monkeypatch: pytest.MonkeyPatch, here: Path) -> None:
    app = press(at(monkeypatch, here, incident=str(KARACHI)), "Acknowledge: I see to it")
    assert answers(app) == ["#1: acknowledged"]
    assert now(here, KARACHI).acknowledged_by == "development"
    assert "◐ with development" in said(app)
    assert logged(here)[0] == ("monitoring", "changed", "incident 1", "acknowledged")


def test_whoever_acts_second_is_told_and_nothing_is_lost(
    monkeypatch: pytest.MonkeyPatch, here: Path
) -> None:
    app = at(monkeypatch, here, incident=str(KARACHI))
    with incidents_of(here) as store:
        act(
            store,
            Event(KARACHI, "assigned", NOW, "room.night", "monitoring", "", {"to": "x"}),
            "all",
        )
    app.text_area(key="resolve_1").set_value("the cable was mended")
    press(app, "Close it")
    [told] = answers(app)
    assert "incident 1 was assigned by room.night" in told and "look again" in told
    assert now(here, KARACHI).state == "acknowledged"
    assert app.text_area(key="resolve_1").value == "the cable was mended"
    assert answers(press(app, "Close it")) == ["#1: resolved"]
    assert now(here, KARACHI).cause == "the cable was mended"


def test_everything_that_can_be_done_to_an_incident_is_done_by_its_form(
    monkeypatch: pytest.MonkeyPatch, here: Path
) -> None:
    app = at(monkeypatch, here, incident=str(KARACHI))
    app.text_area(key="note_1").set_value("is the carrier there?")
    app.selectbox(key="note_1_from").set_value("office_head")
    press(app, "Write it down")
    assert app.text_area(key="note_1").value == ""
    app.selectbox(key="assign_1").set_value("engineer")
    press(app, "Assign")
    app.selectbox(key="snooze_1").set_value(240)
    press(app, "Let rest")
    app.selectbox(key="link_1").set_value(WHOLE)
    press(app, "Link")
    found = now(here, KARACHI)
    assert (found.reply_due_from, found.assigned_to) == ("office_head", "engineer")
    assert found.parent_incident_id == WHOLE
    assert found.snoozed_until is not None and found.reply_due_at is not None
    assert found.snoozed_until - found.reply_due_at > timedelta(hours=2)
    app.text_area(key="resolve_1").set_value("mended")
    app.selectbox(key="resolve_1_outcome").set_value("false_alarm")
    press(app, "Close it")
    assert now(here, KARACHI).outcome == "false_alarm"
    app.text_area(key="reopen_1").set_value("it is down again")
    press(app, "Open again")
    assert now(here, KARACHI).reopened_count == 1
    words = said(app)
    for sentence in (
        "development asked Head of an office to reply until",
        "is the carrier there?",
        "development gave it to Engineer",
        "development lets it rest until",
        "development made it part of #3",
        "development closed it: It was a false alarm",
        "development opened it again",
    ):
        assert sentence in words
    assert len(logged(here)) == 6


def test_who_may_not_act_has_nothing_to_press_and_is_refused(
    monkeypatch: pytest.MonkeyPatch, here: Path
) -> None:
    app = at(monkeypatch, here, "analyst", incident=str(KARACHI))
    assert not app.tabs and not [b for b in app.button if b.label.startswith("Acknowledge")]
    # The button was drawn for the room; whoever presses it has become an analyst since.
    app = at(monkeypatch, here, incident=str(KARACHI))
    app.selectbox(key="role").set_value("analyst")
    [told] = answers(press(app, "Acknowledge: I see to it"))
    assert "the role analyst may not acknowledge" in told
    assert now(here, KARACHI).state == "open"
    assert logged(here)[0][:3] == ("analyst", "was denied", "incident 1")


def test_a_head_reports_a_problem_of_their_place_and_nothing_personal(
    monkeypatch: pytest.MonkeyPatch, here: Path
) -> None:
    app = at(monkeypatch, here, "office_head", at="office:KAR-1", show="report")
    app.text_area(key="report_text").set_value("the camera failed for " + "35202" + "1" * 8)
    assert "CNIC" in answers(press(app, "Report it"))[0]
    app.text_area(key="report_text").set_value("the camera is broken")
    assert answers(press(app, "Report it")) == ["Reported as incident 4."]
    assert app.subheader[0].value == "the camera is broken \\(KAR\\-1\\)"
    assert now(here, 4).place_scope == "office:KAR-1"
    assert not [button for button in app.button if button.label == "Announce"]


def test_announced_work_at_an_office_of_the_zone_is_shown_to_the_office(
    monkeypatch: pytest.MonkeyPatch, here: Path
) -> None:
    app = at(monkeypatch, here, "zone_head", at="zone:Karachi", show="report")
    app.selectbox(key="work_place").set_value("office:KAR-2")
    app.text_input(key="work_reason").set_value("new line")
    assert answers(press(app, "Announce")) == ["Announced."]
    for place, is_told in (("office:KAR-2", True), ("office:KAR-1", False)):
        words = said(at(monkeypatch, here, "office_head", at=place, show="report"))
        assert ("every rule · new line (development)" in words) is is_told
    own = at(monkeypatch, here, "office_head", at="office:KAR-2", show="report")
    assert not [button for button in own.button if button.label == "End it now"]
    app = at(monkeypatch, here, "zone_head", at="zone:Karachi", show="report")
    assert answers(press(app, "End it now")) == ["Ended: what is still found there is told again."]
    assert "None goes on, and none is to come." in said(app)
    assert [line[2:] for line in logged(here)] == [
        ("incidents", "work ended early: office:KAR-2"),
        ("incidents", "work announced: office:KAR-2"),
    ]


def test_how_a_shift_goes_and_what_it_leaves(monkeypatch: pytest.MonkeyPatch, here: Path) -> None:
    with incidents_of(here) as store:
        taken = NOW - timedelta(minutes=18)
        happen(store, Event(KARACHI, "acknowledged", taken, "room.day", "monitoring"))
        ended = Event(LAHORE, "resolved", NOW, "room.day", "monitoring", "x", {"outcome": "real"})
        happen(store, ended)
    app = at(monkeypatch, here, show="shift")
    figures = {tile.label: tile.value for tile in app.metric}
    assert figures["Open now"] == "2"
    assert figures["Until acknowledged (MTTA)"] == "12 min"
    assert figures["Until over (MTTR)"] == "30 min"
    assert figures["Judged to be real"] == "100.0\u00a0%"
    assert "#1 Major: Link nadra of Karachi office 1 is down" in said(app)
    app.text_area(key="handover_note").set_value("watch Karachi")
    press(app, "Leave a note")
    assert "development wrote: watch Karachi" in said(app)
    assert logged(here)[0][1:] == ("changed", "hand-over", "note left")


def test_incidents_are_there_when_nothing_is_published(
    monkeypatch: pytest.MonkeyPatch, here: Path
) -> None:
    (here / "published").unlink()
    app = press(at(monkeypatch, here), "Acknowledge: I see to it")
    assert "Nothing to show yet" in said(app)
    assert listed(app) == [LAHORE, KARACHI, WHOLE]
    assert now(here, LAHORE).state == "acknowledged"


def test_what_people_write_formats_nothing(monkeypatch: pytest.MonkeyPatch, here: Path) -> None:
    hostile = "![x](http://evil.example/a.png) <img src=//evil.example> :red[x]"
    with incidents_of(here) as store:
        happen(store, Event(KARACHI, "noted", NOW, hostile, "monitoring", hostile))
        open_at(store, "KAR-3", hostile, "Karachi")
    app = at(monkeypatch, here, incident=str(KARACHI))
    shown = [part.value for part in [*app.markdown, *app.caption] if "evil" in part.value]
    shown += [button.label for button in app.button if "evil" in button.label]
    assert len(shown) == 3
    for text in shown:
        assert "](" not in text and "<img" not in text.replace("\\<", "")


def test_the_timeline_tells_what_the_system_did(
    monkeypatch: pytest.MonkeyPatch, here: Path
) -> None:
    told = [
        Event(KARACHI, "escalated", NOW, details={"to": "zone_head", "level": 1}),
        Event(KARACHI, "worsened", NOW, details={"severity": "critical", "measured": 99.0}),
        Event(KARACHI, "noted", NOW, text="x", details={"data_state": "unknown"}),
        Event(KARACHI, "linked", NOW, text="x", details={"parent": WHOLE}),
        Event(KARACHI, "resolved", NOW, text="found no longer", details={"outcome": "cleared"}),
    ]
    with incidents_of(here) as store:
        for event in told:
            happen(store, event)
        with store.connect() as connection:
            assert len(history(connection, KARACHI)) == 6
    app = at(monkeypatch, here, incident=str(KARACHI), show="over", lang="en")
    assert listed(app) == [KARACHI]
    words = said(app)
    for sentence in (
        "Nobody acted: it went up to Head of a zone",
        "It got worse: Critical",
        "No data to tell by: it stays open",
        "Found to be part of #3",
        "Over: It ceased by itself",
        "Part of",
    ):
        assert sentence in words or any(sentence in button.label for button in app.button)


def test_a_note_on_a_day_is_carried_by_every_page_about_the_office(
    monkeypatch: pytest.MonkeyPatch, here: Path
) -> None:
    page, whom = "app_pages/office_profile.py", {"role": "office_head", "at": "office:KAR-1"}
    app = opened(monkeypatch, here, page, **whom)
    hostile = "power cut :red[x] ![x](//evil.example)"
    app.text_input(key="note_text").set_value(hostile)
    assert answers(press(app, "Keep the note")) == ["Kept for that day."]
    for where in (page, "app_pages/backlog.py"):
        shown = opened(monkeypatch, here, where, **whom)
        assert f"✎ Noted for 20 November: {hostile}" in said(shown)
        assert not [part for part in shown.markdown if ":red[" in part.value]
    elsewhere = opened(monkeypatch, here, page, role="office_head", at="office:KAR-2")
    assert "✎" not in said(elsewhere)
    assert logged(here)[0][1:3] == ("changed", "note on 2026-11-20 of KAR-1")
    analyst = opened(monkeypatch, here, page, role="analyst", place="office:KAR-1")
    assert "✎" in said(analyst)
    assert not [box for box in analyst.text_input if box.key == "note_text"]
