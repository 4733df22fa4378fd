"""The star for analysts: every dimension and fact of the warehouse, without personal references.

The nightly run writes it beside the marts of its generation.
"""

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import duckdb

from config import Settings
from orchestration.audit import AuditResult, is_personal, personal_checks
from orchestration.landing import sql_text


def write_star(settings: Settings, file: Path) -> list[AuditResult]:
    """Copy the marts of the warehouse into `file`, timestamps with zone; gives what was checked.

    The caller holds the writer's lock. Columns that hold a reference of a person are left out.
    """
    with closing(duckdb.connect(file)) as connection:
        connection.execute(f"set memory_limit = '{settings.memory_limit_mb}MB'")
        connection.execute(f"set threads = {settings.threads}")
        connection.execute("set timezone = 'UTC'")
        source = sql_text(str(settings.home.warehouse))
        connection.execute(f"attach {source} as warehouse (read_only)")
        results: list[AuditResult] = []
        for name in _marts(connection):
            connection.execute(_copy_statement(connection, name))
            results += personal_checks(connection, name, [name])
        connection.execute("detach warehouse")
        connection.execute("checkpoint")
    return results


def _marts(connection: duckdb.DuckDBPyConnection) -> Sequence[str]:
    rows = connection.execute(
        "select table_name from duckdb_tables()"
        " where database_name = 'warehouse' and schema_name = 'marts' order by table_name"
    ).fetchall()
    return [name for (name,) in rows]


def _copy_statement(connection: duckdb.DuckDBPyConnection, name: str) -> str:
    source = f"warehouse.marts.{name}"
    columns = ", ".join(
        f'"{column}"::timestamptz as "{column}"' if kind == "TIMESTAMP" else f'"{column}"'
        for column, kind, *_ in connection.execute(f"describe {source}").fetchall()
        if not is_personal(column)
    )
    return f"create table {name} as select {columns} from {source}"
