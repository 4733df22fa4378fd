"""What a run tells the response: the findings of its build, that it failed, that it passed; and
the incidents of the store as a table of the warehouse, which is published with the others.

The caller holds the writer's lock, and no other connection to the warehouse file.
"""

from collections.abc import Collection
from contextlib import closing

import duckdb
import pyarrow as pa
import sqlalchemy as sa

from config import Home
from orchestration.run_context import RunContext
from reports import broker
from response.desk import RefusedError, finding_of, take_findings
from response.history import Incident
from response.incidents import all_incidents
from response.lifecycle import Finding
from response.rules import load_rules

FAILED, UNPUBLISHED = "run_failed", "publication_failed"
# As much of an error as an incident tells; the run's own entry has the whole of it.
_TOLD = 300


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
    told = str(error).partition("\n")[0][:_TOLD]
    finding = Finding(
        rule=rule,
        thing=_thing(run),
        state="found",
        place_scope="country",
        severity=load_rules()[rule].severity,
        since_at=run.now_utc,
        parameters={"command": run.command, "error": type(error).__name__, "told": told},
    )
    take_findings(store, [finding], run.now_utc, load_rules(), lambda rule, thing: False)


def respond_to_success(store: sa.Engine, run: RunContext) -> None:
    """Ends the incidents of earlier runs of the kind that failed: this one has published."""
    over: Collection[tuple[str, str]] = {(FAILED, _thing(run)), (UNPUBLISHED, _thing(run))}
    take_findings(store, [], run.now_utc, load_rules(), lambda rule, thing: (rule, thing) in over)


def write_snapshot(home: Home, store: sa.Engine) -> None:
    """Writes every incident as it is now into the warehouse's `rpt_incidents`."""
    with store.connect() as connection:
        rows = [_row(incident) for incident in all_incidents(connection)]
    with closing(duckdb.connect(home.warehouse)) as warehouse:
        warehouse.register("snapshot", pa.Table.from_pylist(rows, _SCHEMA))
        warehouse.execute("begin")
        warehouse.execute("delete from reporting.rpt_incidents")
        warehouse.execute("insert into reporting.rpt_incidents by name select * from snapshot")
        warehouse.execute("commit")


def _thing(run: RunContext) -> str:
    """Runs of the night do more than the others, which all do the same."""
    return "nightly" if run.cadence == "nightly" else "hourly"


_AT = pa.timestamp("us")
_SCHEMA = pa.schema(
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
    ]
)


def _row(incident: Incident) -> dict[str, object]:
    parent = incident.parent_incident_id
    values = {name: getattr(incident, name, None) for name in _SCHEMA.names}
    return {
        **values,
        "incident_id": str(incident.incident_id),
        "parent_incident_id": None if parent is None else str(parent),
        "acknowledge_minutes": _minutes(incident, "acknowledged_at"),
        "resolve_minutes": _minutes(incident, "resolved_at"),
    }


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
