"""Incidents in their two stores: SQLite by default, PostgreSQL by URL."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from config import Settings
from operations import writing
from response import incidents, tables
from response.history import Event, HistoryError, fold
from response.store import open_store

NOW = datetime(2026, 3, 10, 9, 0)
ABOUT = {
    "rule": "link_down",
    "thing": "LHR-01:nadra",
    "place_scope": "office:LHR-01",
    "zone": "Lahore",
    "is_mission": False,
    "severity": "major",
    "since_at": "2026-03-10T08:30:00",
    "measured": 30.0,
    "expected": 0.0,
    "parameters": {"link": "nadra"},
}
OPENED = Event(-1, "opened", NOW, details=ABOUT)


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sa.Engine]:
    url = None
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres_url")
    opened = open_store(Settings(home_path=tmp_path, operations_url=url))
    yield opened
    opened.dispose()


def open_one(store: sa.Engine) -> incidents.Incident:
    with writing(store) as connection:
        return incidents.append(connection, [OPENED])[0]


def test_the_migrations_make_the_tables_that_the_code_uses(store: sa.Engine) -> None:
    with store.connect() as connection:
        options = {"version_table": "response_version"}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, tables.metadata) == []


def test_what_is_kept_of_an_incident_is_what_its_events_come_to(store: sa.Engine) -> None:
    number = open_one(store).incident_id
    later = [
        Event(number, "acknowledged", NOW + timedelta(minutes=4), "shift.leader", "monitoring"),
        Event(
            number,
            "noted",
            NOW,
            "shift.leader",
            "monitoring",
            "<b>who</b> is on site? '; drop table",
            {"reply_due_at": "2026-03-10T10:00:00", "reply_from": "office_head"},
        ),
        Event(number, "noted", NOW, "head", "office_head", "the fibre is cut"),
        Event(number, "resolved", NOW, "head", "office_head", "mended", {"outcome": "real"}),
    ]
    with writing(store) as connection:
        incidents.append(connection, later)
    with store.connect() as connection:
        kept = incidents.incident(connection, number)
        assert kept == fold(incidents.history(connection, number))
        assert incidents.current_incidents(connection) == []
    assert (kept.state, kept.cause, kept.reply_due_at) == ("resolved", "mended", None)


def test_one_incident_of_a_rule_and_a_thing_is_open_at_most(store: sa.Engine) -> None:
    number = open_one(store).incident_id
    with pytest.raises(sa.exc.IntegrityError), writing(store) as connection:
        incidents.append(connection, [OPENED])
    with writing(store) as connection:
        end = Event(number, "resolved", NOW, details={"outcome": "cleared"})
        incidents.append(connection, [end])
        assert incidents.append(connection, [OPENED])[0].incident_id > number


def test_of_two_people_who_act_at_once_the_second_is_told_of_the_first(store: sa.Engine) -> None:
    opened = open_one(store)
    first = Event(opened.incident_id, "acknowledged", NOW, "ayesha", "monitoring")
    second = Event(opened.incident_id, "snoozed", NOW, "bilal", "monitoring", "", {"until": "x"})
    with writing(store) as connection:
        incidents.append(connection, [first], opened.last_event_id)
    with (
        pytest.raises(incidents.ConflictError, match="acknowledged by ayesha at 2026-03-10 09:00"),
        writing(store) as connection,
    ):
        incidents.append(connection, [second], opened.last_event_id)
    with store.connect() as connection:
        assert len(incidents.history(connection, opened.incident_id)) == 2


def test_a_message_that_went_out_meanwhile_is_no_conflict(store: sa.Engine) -> None:
    opened = open_one(store)
    with writing(store) as connection:
        incidents.append(connection, [Event(opened.incident_id, "notified", NOW)])
        taken = Event(opened.incident_id, "acknowledged", NOW, "ayesha", "monitoring")
        assert incidents.append(connection, [taken], opened.last_event_id)[0].acknowledged_at == NOW


def test_what_cannot_follow_leaves_nothing(store: sa.Engine) -> None:
    opened = open_one(store)
    end = Event(opened.incident_id, "resolved", NOW, details={"outcome": "cleared"})
    late = Event(opened.incident_id, "acknowledged", NOW, "ayesha", "monitoring")
    with pytest.raises(HistoryError, match="only reopened"), writing(store) as connection:
        incidents.append(connection, [end, late])
    with store.connect() as connection:
        assert [item.kind for item in incidents.history(connection, opened.incident_id)] == [
            "opened"
        ]
