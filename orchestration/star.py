"""The star for analysts: every dimension and fact of the warehouse, without personal references.

The nightly run writes it beside the marts of its generation.
"""

from pathlib import Path

from config import Settings
from orchestration.audit import AuditResult, is_personal, personal_checks
from orchestration.generation_files import columns_of, new_file, warehouse_tables, zoned


def write_star(settings: Settings, file: Path) -> list[AuditResult]:
    """Copy the marts of the warehouse into `file`, timestamps with zone; gives what was checked.

    The caller holds the writer's lock. Columns that hold a reference of a person are left out.
    """
    results: list[AuditResult] = []
    with new_file(settings, file, storage={}) as connection:
        for name in warehouse_tables(connection, "marts"):
            source = f"warehouse.marts.{name}"
            columns = {
                column: kind
                for column, kind in columns_of(connection, source).items()
                if not is_personal(column)
            }
            connection.execute(f"create table {name} as select {zoned(columns)} from {source}")
            results += personal_checks(connection, name, [name])
    return results
