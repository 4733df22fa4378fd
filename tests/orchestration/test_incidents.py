"""A run takes what it found to the incidents, publishes them, and opens its own when it fails."""

import json
from datetime import UTC, timedelta
from pathlib import Path

import pytest
from small_home import AS_OF, settings_in, small_home, write_warehouse

from config import Settings
from orchestration import run
from orchestration.generations import current_generation
from orchestration.health import examine
from orchestration.publish import PublishError
from reports import broker
from response import incidents
from response.history import Incident
from response.store import open_store

NOW = AS_OF.replace(tzinfo=UTC)
FOUND = """
insert into reporting.rpt_findings
    (rule, thing, state, office_code, place_scope, place, zone, is_mission, severity, measured,
     expected, unit, since_at, shared_cause, parameters)
values
    ('link_down', 'LHE', 'found', 'LHE', 'office:LHE', 'Lahore', 'Lahore', false, 'major', 30, 0,
     'minutes', timestamp '2026-03-01 00:00:00', 'nadra', '{"link": "nadra"}')
"""


def quiet(_: str) -> None:
    """Nobody listens."""


def one_run(settings: Settings, hours: int) -> None:
    """The steps after a build, as a run at so many hours after the warehouse's now."""
    context = run.new_run("run hourly", NOW + timedelta(hours=hours))
    with run.writer(settings, context, quiet) as w:
        run.respond(w, quiet)
        run.publish(w)


def kept(settings: Settings) -> list[Incident]:
    store = open_store(settings)
    with store.connect() as connection:
        found = incidents.all_incidents(connection)
    store.dispose()
    return found


def test_what_is_found_is_an_incident_that_the_publication_tells_of(tmp_path: Path) -> None:
    settings = small_home(tmp_path / "home")
    write_warehouse(settings, "run-1", extra=FOUND)
    one_run(settings, 0)
    write_warehouse(settings, "run-2")
    one_run(settings, 3)
    publication = broker.open_publication(settings.home)
    rows = broker.rows(
        publication,
        broker.Scope("office:LHE"),
        "select incident_id, rule, state, outcome, resolve_minutes from rpt_incidents",
    )
    told = broker.rows(
        publication,
        broker.Scope("office:LHE"),
        "select title, parameters, unit, measured, kind, happened_at, role"
        " from rpt_incident_events inner join rpt_incidents using (incident_id) order by event_id",
    )
    elsewhere = broker.rows(
        publication, broker.Scope("office:KHI"), "select * from rpt_incident_events"
    )
    publication.close()
    assert rows.values.tolist() == [["1", "link_down", "resolved", "cleared", 180.0]]
    assert elsewhere.empty
    assert told["kind"].tolist() == ["opened", "resolved"]
    assert told["happened_at"].diff().iloc[1] == timedelta(hours=3)
    assert set(told["role"]) == {"system"}
    first = told.iloc[0]
    assert first["title"] == "Link {link} of {place} is down"
    assert json.loads(first["parameters"])["link"] == "nadra"
    assert (first["unit"], first["measured"]) == ("minutes", 30.0)


def test_a_look_opens_incidents_and_publishes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = small_home(tmp_path / "home")
    one_run(settings, 0)
    serving = current_generation(settings.home)
    write_warehouse(settings, "run-2", extra=FOUND)
    # what it builds is held by the law of the incremental models; here nothing is read
    monkeypatch.setattr(run.warehouse, "build_for_a_look", lambda dbt: None)
    came_to = run.look(settings, run.new_run("run live", NOW + timedelta(minutes=1)), quiet)
    assert came_to.generation is None
    assert current_generation(settings.home) == serving
    assert [incident.rule for incident in kept(settings)] == ["link_down"]
    with pytest.raises(PublishError, match="half built"):
        one_run(settings, 1)
    [told] = [one for one in examine(settings) if one.subject == "warehouse"]
    assert told.verdict == "ok"


def test_a_run_that_fails_opens_one_incident_until_one_of_its_kind_has_published(
    tmp_path: Path,
) -> None:
    settings = settings_in(tmp_path / "home")
    for hour in range(3):
        at = NOW + timedelta(hours=hour)
        with (
            pytest.raises(OSError, match="a full disk"),
            run.writer(settings, run.new_run("run hourly", at), quiet),
        ):
            raise OSError("a full disk")
    (failed,) = kept(settings)
    assert (failed.rule, failed.thing, failed.state) == ("run_failed", "hourly", "open")
    assert failed.parameters["told"] == "a full disk"
    write_warehouse(settings, "run-1")
    with run.writer(settings, run.new_run("run nightly", NOW + timedelta(hours=3)), quiet) as w:
        run.publish(w)
    assert not kept(settings)[0].is_over
    one_run(settings, 4)
    assert kept(settings)[0].is_over


def test_a_publication_that_fails_its_audit_is_an_incident_of_its_own(tmp_path: Path) -> None:
    settings = settings_in(tmp_path / "home")
    write_warehouse(settings, "run-1", is_complete=False)
    with pytest.raises(PublishError), run.writer(settings, run.new_run("publish"), quiet) as w:
        run.publish(w)
    assert [(item.rule, item.severity) for item in kept(settings)] == [
        ("publication_failed", "critical")
    ]
