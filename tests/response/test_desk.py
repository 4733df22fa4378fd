"""Findings in the store, and what people may do there."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from config import Role, Settings
from operations import writing
from response import desk, incidents, tables
from response.history import Event
from response.lifecycle import Finding, MaintenanceWindow
from response.permissions import ACTIONS, MATRIX, ForbiddenError, covers, may, require
from response.rules import load_rules
from response.store import open_store

NOW = datetime(2026, 3, 10, 9, 0)
HOUR = timedelta(hours=1)
RULES = load_rules()
LAHORE = ("office:LHE-R1", "Lahore", False)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[sa.Engine]:
    opened = open_store(Settings(home_path=tmp_path))
    yield opened
    opened.dispose()


def take(store: sa.Engine, now: datetime, *findings: Finding) -> list[incidents.Incident]:
    return desk.take_findings(store, findings, now, RULES, lambda rule, thing: True)


def finding(rule: str) -> Finding:
    scope, zone, is_mission = LAHORE
    return Finding(
        rule, "LHE-R1", "found", scope, "major", zone, is_mission, since_at=NOW, parameters={"a": 1}
    )


def everything(store: sa.Engine) -> list[sa.Row[tuple[object, ...]]]:
    with store.connect() as connection:
        return [
            row
            for table in (tables.incidents, tables.incident_events, tables.sightings)
            for row in connection.execute(sa.select(table))
        ]


def test_the_same_findings_taken_twice_leave_the_store_as_it_was(store: sa.Engine) -> None:
    findings = [finding("silence"), finding("queue_over_60")]
    take(store, NOW, *findings)
    take(store, NOW + HOUR, *findings, finding("link_down"))
    before = everything(store)
    assert take(store, NOW + HOUR, *findings, finding("link_down")) == []
    assert everything(store) == before
    with store.connect() as connection:
        queue, silence, down = incidents.current_incidents(connection)
        assert silence.parent_incident_id == queue.parent_incident_id == down.incident_id
        parts = desk.what_is_part_of(connection, down, "all")
    assert [(part["rule"], part["incident_id"]) for part in parts] == [
        ("queue_over_60", queue.incident_id),
        ("silence", silence.incident_id),
    ]


def test_a_locked_store_leaves_the_findings_to_the_next_run(
    store: sa.Engine, tmp_path: Path
) -> None:
    impatient = open_store(Settings(home_path=tmp_path))
    impatient.dispose()
    sa.event.listen(
        impatient, "connect", lambda raw, _: raw.execute("pragma busy_timeout=0").close()
    )
    with writing(store), pytest.raises(OperationalError, match="locked"):
        take(impatient, NOW, finding("link_down"))
    assert [item.rule for item in take(impatient, NOW, finding("link_down"))] == ["link_down"]
    impatient.dispose()


def test_a_person_acts_at_their_own_places_only(store: sa.Engine) -> None:
    (down,) = take(store, NOW, finding("link_down"))
    taken = Event(down.incident_id, "acknowledged", NOW, "head", "office_head")
    with pytest.raises(ForbiddenError, match="not among the places"):
        desk.act(store, taken, "office:KHI-R1")
    assert desk.act(store, taken, "office:LHE-R1").state == "acknowledged"
    rests = Event(
        down.incident_id, "snoozed", NOW, "head", "office_head", "", {"until": NOW.isoformat()}
    )
    with pytest.raises(ForbiddenError, match="may not snooze"):
        desk.act(store, rests, "office:LHE-R1")
    assert desk.visible([down], "zone:Karachi") == []
    assert desk.visible([down], "zone:Lahore") == [down]


def test_what_people_write_holds_no_personal_number_and_an_end_has_a_cause(
    store: sa.Engine,
) -> None:
    (down,) = take(store, NOW, finding("link_down"))
    number = down.incident_id
    note = Event(number, "noted", NOW, "x", "monitoring", "it is about " + "35202" + "1" * 8)
    end = Event(number, "resolved", NOW, "x", "monitoring", " ", {"outcome": "real"})
    odd = Event(number, "resolved", NOW, "x", "monitoring", "ok", {"outcome": "cleared"})
    for event, why in ((note, "CNIC"), (end, "the cause"), (odd, "say how it ended")):
        with pytest.raises(desk.RefusedError, match=why):
            desk.act(store, event, "all")
    markup = "<script>alert(1)</script> *bold* =1+1"
    desk.act(store, Event(number, "noted", NOW, "x", "monitoring", markup), "all")
    with store.connect() as connection:
        assert incidents.history(connection, number)[-1].text == markup


def test_an_incident_is_not_part_of_its_own_part(store: sa.Engine) -> None:
    first, second = take(store, NOW, finding("link_down"), finding("consumable_out"))
    one, other = first.incident_id, second.incident_id
    desk.act(store, Event(one, "linked", NOW, "x", "monitoring", "", {"parent": other}), "all")
    with pytest.raises(desk.RefusedError, match="itself part of"):
        desk.act(store, Event(other, "linked", NOW, "x", "monitoring", "", {"parent": one}), "all")


def test_each_report_of_an_office_is_an_incident_that_findings_do_not_end(
    store: sa.Engine,
) -> None:
    for text in ("the camera is broken", "the camera is broken"):
        desk.report_problem(store, text, *LAHORE, "head", "office_head", "office:LHE-R1", NOW)
    desk.take_findings(
        store, [], NOW + HOUR, RULES, lambda rule, thing: RULES[rule].found_by == "models"
    )
    with store.connect() as connection:
        assert len(incidents.current_incidents(connection)) == 2
    with pytest.raises(ForbiddenError):
        desk.report_problem(store, "x", *LAHORE, "a", "analyst", "all", NOW)


def test_announced_work_is_kept_and_holds(store: sa.Engine) -> None:
    window = MaintenanceWindow("link_down", "zone:Lahore", NOW, NOW + 2 * HOUR)
    lahore = ("Lahore", False)
    desk.announce(store, window, *lahore, "new line", "z", "zone_head", "zone:Lahore", NOW)
    assert take(store, NOW + HOUR, finding("link_down")) == []
    assert len(take(store, NOW + 2 * HOUR, finding("link_down"))) == 1
    past = MaintenanceWindow("", "country", NOW - 2 * HOUR, NOW - HOUR)
    with pytest.raises(desk.RefusedError, match="end after"):
        desk.announce(store, past, None, False, "x", "z", "engineer", "all", NOW)


def test_announced_work_that_ends_early_holds_no_longer(store: sa.Engine) -> None:
    window = MaintenanceWindow("link_down", "office:LHE-R1", NOW, NOW + 4 * HOUR)
    number = desk.announce(
        store, window, "Lahore", False, "new line", "z", "zone_head", "zone:Lahore", NOW
    )
    assert take(store, NOW + HOUR, finding("link_down")) == []
    places = {"LHE-R1": ("Lahore", False)}
    for role, scope in (("office_head", "office:LHE-R1"), ("zone_head", "zone:Karachi")):
        with pytest.raises(ForbiddenError):
            desk.end_announced(store, number, places, role, scope, NOW + HOUR)
    logged: list[tuple[str, str]] = []

    def end() -> str:
        return desk.end_announced(
            store,
            number,
            places,
            "zone_head",
            "zone:Lahore",
            NOW + HOUR,
            lambda _, subject, what: logged.append((subject, what)),
        )

    assert end() == "office:LHE-R1"
    assert logged == [("incidents", "work ended early: office:LHE-R1")]
    assert len(take(store, NOW + HOUR, finding("link_down"))) == 1
    with pytest.raises(desk.RefusedError, match="is over"):
        end()


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("action", ACTIONS)
def test_the_matrix_is_what_require_asks(role: str, action: str) -> None:
    allowed = action in MATRIX[role]
    assert may(role, action) is allowed  # type: ignore[arg-type]
    if allowed:
        require(role, "all", action, *LAHORE)  # type: ignore[arg-type]
    else:
        with pytest.raises(ForbiddenError, match=f"{role} may not {action}"):
            require(role, "all", action, *LAHORE)  # type: ignore[arg-type]


def test_who_only_looks_changes_nothing_and_a_role_nobody_knows_may_nothing() -> None:
    assert MATRIX["analyst"] == MATRIX["auditor"] == {"see"}
    assert not any(may("visitor", action) for action in ACTIONS)
    assert all("see" in MATRIX[role] for role in Role)


@pytest.mark.parametrize(
    ("scope", "place", "is_in"),
    [
        ("all", ("country", None, False), True),
        ("country", LAHORE, True),
        ("missions", LAHORE, False),
        ("missions", ("office:M-LON", "Europe", True), True),
        ("zone:Lahore", LAHORE, True),
        ("zone:Lahore", ("zone:Lahore", "Lahore", False), True),
        ("zone:Lahore", ("country", None, False), False),
        ("office:LHE-R1", LAHORE, True),
        ("office:LHE-R1", ("office:LHE-R2", "Lahore", False), False),
        ("office:LHE-R1", ("zone:Lahore", "Lahore", False), False),
    ],
)
def test_a_scope_covers_its_places(
    scope: str, place: tuple[str, str | None, bool], is_in: bool
) -> None:
    assert covers(scope, *place) is is_in
