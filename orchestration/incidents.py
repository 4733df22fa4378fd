"""What a run tells the response: the findings of its build, that it failed, that it passed; and
the incidents of the store, what happened to them and what was told, as tables of the warehouse,
which are published with the others.

The caller holds the writer's lock, and no other connection to the warehouse file.
"""

import json
from collections.abc import Collection, Mapping
from contextlib import closing
from datetime import datetime, timedelta

import duckdb
import pyarrow as pa
import sqlalchemy as sa

from config import Home
from orchestration.ledger import tables
from orchestration.run_context import RunContext
from reports import broker
from response.desk import RefusedError, finding_of, take_findings
from response.history import Incident
from response.incidents import all_incidents
from response.lifecycle import Finding
from response.rules import load_rules
from response.told import events_since, told_since

FAILED, UNPUBLISHED = "run_failed", "publication_failed"
# Dagster's jobs that run the whole path.
PATH_JOBS = ("hourly", "live", "nightly", "load_again")
# As much of an error as an incident tells; the run's own entry has the whole of it.
_TOLD = 300
# What happened to incidents that were over before is no longer published: generations are not kept
# longer either.
_HISTORY = timedelta(days=35)


def respond(home: Home, store: sa.Engine, run: RunContext) -> list[Incident]:
    """Takes the findings of the warehouse to the incidents; returns those that it touched."""
    with closing(duckdb.connect(home.warehouse, read_only=True)) as warehouse:
        rows = warehouse.execute("select * from reporting.rpt_findings").to_arrow_table()
    rules = load_rules()
    return take_findings(
        store,
        [finding_of(row) for row in rows.to_pylist()],
        run.now_utc,
        rules,
        lambda rule, thing: rules[rule].found_by == "models",
    )


def respond_to_failure(store: sa.Engine, run: RunContext, rule: str, error: Exception) -> None:
    """Opens the incident of a run that failed, or of its publication."""
    about = {"command": run.command, "error": type(error).__name__, "told": _told(str(error))}
    _open(store, rule, _thing(run.cadence), run.now_utc, about)


def respond_to_success(store: sa.Engine, run: RunContext) -> None:
    """Ends the incidents of earlier runs of the kind that failed: this one has published."""
    thing = _thing(run.cadence)
    _end(store, {(FAILED, thing), (UNPUBLISHED, thing)}, run.now_utc)


def respond_to_failed_job(
    store: sa.Engine, job: str, run_id: str, error: str, now: datetime
) -> None:
    """Opens the incident of a Dagster run that failed, where the run did not do so itself: one that
    was killed, or whose job writes nothing. `now` is UTC without zone."""
    runs = tables.runs.c
    query = sa.select(runs.run_id).where(runs.run_id == run_id, runs.state == "failed")
    with store.connect() as connection:
        is_told = connection.execute(query).one_or_none() is not None
    if not is_told:
        _open(store, FAILED, _thing_of_job(job), now, {"command": job, "told": _told(error)})


def respond_to_passed_job(store: sa.Engine, job: str, now: datetime) -> None:
    """Ends the incident of an earlier run of the job that failed; `now` is UTC without zone."""
    _end(store, {(FAILED, _thing_of_job(job))}, now)


def _open(
    store: sa.Engine, rule: str, thing: str, now: datetime, parameters: Mapping[str, str]
) -> None:
    finding = Finding(
        rule=rule,
        thing=thing,
        state="found",
        place_scope="country",
        severity=load_rules()[rule].severity,
        since_at=now,
        parameters=parameters,
    )
    take_findings(store, [finding], now, load_rules(), lambda rule, thing: False)


def _end(store: sa.Engine, over: Collection[tuple[str, str]], now: datetime) -> None:
    take_findings(store, [], now, load_rules(), lambda rule, thing: (rule, thing) in over)


def _told(error: str) -> str:
    return error.partition("\n")[0][:_TOLD]


def write_snapshot(home: Home, store: sa.Engine, run: RunContext) -> None:
    """Writes every incident as it is now into the warehouse's `rpt_incidents`; and of those that
    are open, or were over in the last 35 days, what happened and what was told."""
    since = run.now_utc - _HISTORY
    with store.connect() as connection:
        found = all_incidents(connection)
        scopes = {str(incident.incident_id): incident.place_scope for incident in found}
        snapshots = {
            "rpt_incidents": ([_row(incident) for incident in found], _INCIDENTS),
            "rpt_incident_events": (
                [_with_scope(row, scopes) for row in events_since(connection, since)],
                _EVENTS,
            ),
            "rpt_incident_messages": (
                [_with_scope(row, scopes) for row in told_since(connection, since)],
                _MESSAGES,
            ),
        }
    with closing(duckdb.connect(home.warehouse)) as warehouse:
        warehouse.execute("begin")
        for table, (rows, schema) in snapshots.items():
            warehouse.register("snapshot", pa.Table.from_pylist(rows, schema))
            warehouse.execute(f"delete from reporting.{table}")
            warehouse.execute(f"insert into reporting.{table} by name select * from snapshot")
            warehouse.unregister("snapshot")
        warehouse.execute("commit")


def _thing(cadence: str) -> str:
    """Runs of the night do more than the others, which all do the same."""
    return "nightly" if cadence == "nightly" else "hourly"


def _thing_of_job(job: str) -> str:
    """A job that runs the whole path is that path, by whomever it is run."""
    return _thing(job) if job in PATH_JOBS else job


_AT = pa.timestamp("us")
_INCIDENTS = pa.schema(
    [
        ("incident_id", pa.string()),
        ("parent_incident_id", pa.string()),
        ("rule", pa.string()),
        ("thing", pa.string()),
        ("severity", pa.string()),
        ("state", pa.string()),
        ("place_scope", pa.string()),
        ("since_at", _AT),
        ("opened_at", _AT),
        ("acknowledged_at", _AT),
        ("assigned_to", pa.string()),
        ("escalation_level", pa.int32()),
        ("resolved_at", _AT),
        ("cause", pa.string()),
        ("outcome", pa.string()),
        ("acknowledge_minutes", pa.float64()),
        ("resolve_minutes", pa.float64()),
        ("reopened_count", pa.int32()),
        ("title", pa.string()),
        ("action", pa.string()),
        ("owner_role", pa.string()),
        ("measured", pa.float64()),
        ("expected", pa.float64()),
        ("unit", pa.string()),
        ("parameters", pa.string()),
    ]
)
_OF_AN_INCIDENT = [("incident_id", pa.string()), ("place_scope", pa.string())]
_EVENTS = pa.schema(
    [
        *_OF_AN_INCIDENT,
        ("event_id", pa.string()),
        ("kind", pa.string()),
        ("happened_at", _AT),
        ("role", pa.string()),
        ("to_role", pa.string()),
        ("said", pa.string()),
    ]
)
_MESSAGES = pa.schema(
    [
        *_OF_AN_INCIDENT,
        ("message_id", pa.string()),
        ("kind", pa.string()),
        ("role", pa.string()),
        ("channel", pa.string()),
        ("made_at", _AT),
        ("sent_at", _AT),
        ("dead_at", _AT),
        ("attempts", pa.int32()),
    ]
)


def _row(incident: Incident) -> dict[str, object]:
    parent = incident.parent_incident_id
    rule = load_rules().get(incident.rule)
    values = {name: getattr(incident, name, None) for name in _INCIDENTS.names}
    return {
        **values,
        "title": rule.title if rule else incident.rule,
        "action": rule.action if rule else None,
        "owner_role": rule.owner_role if rule else None,
        "unit": rule.unit if rule else None,
        "parameters": json.dumps(dict(incident.parameters), ensure_ascii=False, sort_keys=True),
        "incident_id": str(incident.incident_id),
        "parent_incident_id": None if parent is None else str(parent),
        "acknowledge_minutes": _minutes(incident, "acknowledged_at"),
        "resolve_minutes": _minutes(incident, "resolved_at"),
    }


def _with_scope(row: dict[str, object], scopes: dict[str, str]) -> dict[str, object]:
    return {**row, "place_scope": scopes[str(row["incident_id"])]}


def _minutes(incident: Incident, until: str) -> float | None:
    """From its opening; an action dated before it by a clock that jumped took no time."""
    at = getattr(incident, until)
    return None if at is None else max((at - incident.opened_at).total_seconds() / 60, 0.0)


def zone_of(home: Home, place_scope: str) -> tuple[str | None, bool]:
    """The zone of a place, and whether it is a mission, as published. Raises RefusedError for a
    place that is none."""
    if place_scope == "country":
        return None, False
    publication = broker.open_publication(home)
    try:
        found = broker.rows(
            publication,
            broker.Scope(broker.ALL),
            "select zone, kind = 'mission' as is_mission from rpt_places"
            " where 'office:' || office_code = $place",
            {"place": place_scope},
        )
    finally:
        publication.close()
    if found.empty:
        raise RefusedError(f"no place is called {place_scope}; name it like office:LHE-R1")
    return str(found["zone"][0]), bool(found["is_mission"][0])
