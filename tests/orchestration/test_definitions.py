"""The asset graph, pinned: what Dagster shows from source to page, and when it runs."""

from datetime import datetime
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import dagster as dg
import pytest

from config import load_settings
from contract import RECORDS
from orchestration.briefings import scheduled_kinds
from orchestration.defs.ingest import IngestConfig
from orchestration.extract import Incremental, Window
from orchestration.published_tables import FROM_THE_STORE, PUBLISHED_TABLES
from orchestration.telling import naive_now, response_store
from response.desk import take_findings
from response.incidents import all_incidents
from response.round import own_finding
from response.rules import load_rules

LAYERS = {
    *("source", "landing", "raw", "staging", "marts", "reporting", "insight", "published"),
    "pages",
}
GROUPS = LAYERS | {"incidents", "briefings", "seeds", "ledger", "meta"}


@pytest.fixture(scope="module")
def repository(parsed: Path) -> dg.RepositoryDefinition:
    from orchestration.definitions import defs

    return defs.get_repository_def()


def test_every_asset_is_grouped_by_its_layer_owned_and_described(
    repository: dg.RepositoryDefinition,
) -> None:
    graph = repository.asset_graph
    for key in graph.get_all_asset_keys():
        node = graph.get(key)
        assert node.group_name == key.path[0], key
        assert node.group_name in GROUPS, key
        assert node.owners == ["team:data-engineering"], key
        assert node.description, key
        assert node.kinds, key


def test_every_record_has_its_source_landing_raw_and_staging(
    repository: dg.RepositoryDefinition,
) -> None:
    graph = repository.asset_graph
    for name in RECORDS:
        chain = [["source", name], ["landing", name], ["raw", name], ["staging", f"stg_{name}"]]
        for above, below in pairwise(chain):
            assert dg.AssetKey(above) in graph.get(dg.AssetKey(below)).parent_keys, below


def test_the_lineage_from_source_to_page_is_whole(repository: dg.RepositoryDefinition) -> None:
    graph = repository.asset_graph
    for page in ("national_overview", "data_quality"):
        seen, todo = set(), [dg.AssetKey(["pages", page])]
        while todo:
            key = todo.pop()
            if key not in seen:
                seen.add(key)
                todo += graph.get(key).parent_keys
        for needed in ("applications", "stage_events", "offices", "stages"):
            assert dg.AssetKey(["source", needed]) in seen, (page, needed)
        assert {key.path[0] for key in seen} >= LAYERS


def test_the_publication_hangs_on_every_table_it_promises(
    repository: dg.RepositoryDefinition,
) -> None:
    marts = repository.asset_graph.get(dg.AssetKey(["published", "marts"]))
    promised = PUBLISHED_TABLES.keys() - set(FROM_THE_STORE)
    assert marts.parent_keys == {
        dg.AssetKey(["incidents", "incidents"]),
        *(dg.AssetKey([PUBLISHED_TABLES[name].schema, name]) for name in promised),
    }


def test_gate_tests_and_audit_are_checks(repository: dg.RepositoryDefinition) -> None:
    keys = repository.asset_graph.asset_check_keys
    assert dg.AssetCheckKey(dg.AssetKey(["published", "marts"]), "audit") in keys
    for name in RECORDS:
        assert dg.AssetCheckKey(dg.AssetKey(["landing", name]), "gate") in keys
    tested = {key.asset_key.path[0] for key in keys}
    assert {"marts", "reporting"} <= tested


def test_every_test_of_dbt_is_a_check(repository: dg.RepositoryDefinition) -> None:
    from orchestration.defs.transform import manifest

    tests = {node["name"] for node in manifest["nodes"].values() if node["resource_type"] == "test"}
    assert tests <= {key.name for key in repository.asset_graph.asset_check_keys}


def test_what_should_be_fresh_says_so(repository: dg.RepositoryDefinition) -> None:
    graph = repository.asset_graph
    for key in (["published", "marts"], ["landing", "applications"]):
        assert graph.get(dg.AssetKey(key)).freshness_policy is not None


def test_jobs_and_schedules_in_the_authoritys_time(repository: dg.RepositoryDefinition) -> None:
    jobs = {job.name for job in repository.get_all_jobs() if not job.name.startswith("__")}
    briefings = {f"{kind.name}_briefing" for kind in scheduled_kinds()}
    assert jobs == {
        *("hourly", "nightly", "live", "load_again", "purge", "deliver", "send"),
        *briefings,
    }
    schedules = {schedule.name: schedule for schedule in repository.schedule_defs}
    assert set(schedules) == {
        "hourly_schedule",
        "nightly_schedule",
        "live_schedule",
        "purge_schedule",
        *(f"{name}_schedule" for name in briefings),
    }
    assert {schedule.execution_timezone for schedule in schedules.values()} == {"Asia/Karachi"}
    running = dg.DefaultScheduleStatus.RUNNING
    started = {name for name, s in schedules.items() if s.default_status == running}
    assert started == set(schedules) - {"live_schedule"}


def test_a_briefings_schedule_asks_for_the_morning_that_begins(
    repository: dg.RepositoryDefinition, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from orchestration.defs import automation

    monkeypatch.setattr(automation, "_settings", load_settings(tmp_path))
    context = dg.build_schedule_context(
        scheduled_execution_time=datetime(2026, 11, 18, 6, tzinfo=ZoneInfo("Asia/Karachi")),
        repository_def=repository,
    )
    tick = repository.get_schedule_def("daily_briefing_schedule").evaluate_tick(context)
    assert [request.partition_key for request in tick.run_requests or []] == ["2026-11-18"]


def test_people_are_told_when_there_is_something_to_tell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from orchestration.defs import send

    monkeypatch.setenv("PASSPORT_HOME", str(tmp_path))
    with dg.DagsterInstance.ephemeral() as instance:

        def look() -> object:
            return send.send_sensor(dg.build_sensor_context(instance=instance))

        assert isinstance(look(), dg.SkipReason)
        with response_store(load_settings()) as store:
            found = own_finding("disk_filling", "here", naive_now(None), None, None, {})
            take_findings(store, [found], naive_now(None), load_rules(), lambda *_: False)
        assert isinstance(look(), dg.RunRequest)
        assert send.send.execute_in_process(instance=instance).success
        assert isinstance(look(), dg.SkipReason)


def test_a_run_that_died_is_an_incident_until_one_of_its_job_passes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from orchestration.defs import respond

    monkeypatch.setenv("PASSPORT_HOME", str(tmp_path))

    @dg.op(config_schema={"fails": bool})
    def work(context: dg.OpExecutionContext) -> None:
        if context.op_config["fails"]:
            raise OSError("a full disk")

    @dg.job(name="daily_briefing")
    def job() -> None:
        work()

    def states() -> list[str]:
        with response_store(load_settings()) as store, store.connect() as connection:
            return [f"{one.rule} {one.thing} {one.state}" for one in all_incidents(connection)]

    with dg.DagsterInstance.ephemeral() as instance:
        for fails in (True, True, False):
            done = job.execute_in_process(
                {"ops": {"work": {"config": {"fails": fails}}}},
                instance=instance,
                raise_on_error=False,
            )
            event = done.get_run_failure_event() if fails else done.get_run_success_event()
            sensor = respond.failed_run_sensor if fails else respond.passed_run_sensor
            context = dg.build_run_status_sensor_context(
                sensor.name, event, instance, done.dagster_run
            )
            sensor(context.for_run_failure() if fails else context)
            state = "open" if fails else "resolved"
            assert states() == [f"run_failed daily_briefing {state}"]


def test_all_writing_steps_share_the_one_slot(repository: dg.RepositoryDefinition) -> None:
    job = repository.get_job("hourly")
    assert {node.definition.pool for node in job.nodes} == {"writer"}


def test_a_window_can_be_loaded_again_by_config() -> None:
    assert isinstance(IngestConfig().mode(15), Incremental)
    window = IngestConfig(load_from="2026-10-01", load_to="2026-10-03").mode(15)
    assert isinstance(window, Window)
    assert f"{window.from_:%Y-%m-%d %H:%M}Z" == "2026-10-01 00:00Z"
    assert (window.until - window.from_).days == 2


@pytest.mark.parametrize(
    ("load_from", "load_to"),
    [("YYYY-MM-DD", "YYYY-MM-DD"), ("2026-10-03", ""), ("2026-10-03", "2026-10-03")],
)
def test_a_window_that_is_none_is_refused(load_from: str, load_to: str) -> None:
    with pytest.raises(dg.Failure):
        IngestConfig(load_from=load_from, load_to=load_to).mode(15)
