"""The tables of the schema `insight`: those that are published, and what was learned.

dbt reads none of them; the published ones are described in dbt_project as the source `insight`.
"""

import duckdb
import pandas as pd

SCHEMA = "insight"

COLUMNS = {
    "rpt_forecast": {
        "place_scope": "varchar",
        "measure": "varchar",
        "day": "date",
        "p10": "double",
        "p50": "double",
        "p90": "double",
        "method": "varchar",
        "skill_vs_seasonal_naive": "double",
    },
    "rpt_promise_risk": {
        "application_id": "varchar",
        "probability_late": "double",
        "expected_on": "date",
        "reason": "varchar",
    },
    "rpt_redistribution": {
        "recommendation_id": "varchar",
        "kind": "varchar",
        "from_place": "varchar",
        "to_place": "varchar",
        "quantity": "double",
        "unit": "varchar",
        "from_day": "date",
        "to_day": "date",
        "expected_late_avoided": "double",
        "expected_waiting_minutes_avoided": "double",
        "cost": "varchar",
        "seen_effect": "varchar",
        "state": "varchar",
        "decided_by_role": "varchar",
        "decided_at": "timestamp",
        "decision_reason": "varchar",
    },
    # what the night learned: the hour scores with it
    "risk_coefficients": {"feature": "varchar", "coefficient": "double", "usual": "double"},
    "risk_calibration": {"raw": "double", "probability": "double"},
    "risk_rates": {
        "tier": "varchar",
        "stage_code": "varchar",
        "band": "integer",
        "rate": "double",
    },
    "risk_paces": {
        "tier": "varchar",
        "is_mission": "boolean",
        "stage_code": "varchar",
        "p50_days": "double",
        "p90_days": "double",
    },
    "risk_places": {"office_code": "varchar", "excess": "double"},
    "learned": {"learned_on": "date", "cases": "bigint", "method": "varchar"},
}


def prepare(connection: duckdb.DuckDBPyConnection) -> None:
    """Let every table of the schema be there, empty where it was not."""
    connection.execute(f"create schema if not exists {SCHEMA}")
    for name in COLUMNS:
        connection.execute(f"create table if not exists {SCHEMA}.{name} ({_declared(name)})")


def write(
    connection: duckdb.DuckDBPyConnection, name: str, rows: pd.DataFrame, order: str = ""
) -> None:
    """Put `rows` in place of those of a table."""
    connection.register("written", rows)
    replace(connection, name, f"select * from written{f' order by {order}' if order else ''}")
    connection.unregister("written")


def replace(connection: duckdb.DuckDBPyConnection, name: str, query: str) -> None:
    """Put what a query gives in place of the rows of a table, whatever its columns were."""
    connection.execute(f"create or replace table {SCHEMA}.{name} ({_declared(name)})")
    connection.execute(f"insert into {SCHEMA}.{name} by name {query}")


def _declared(name: str) -> str:
    return ", ".join(f"{column} {kind}" for column, kind in COLUMNS[name].items())
