"""An analyst's change tried on a copy of the warehouse, and which published figures it moves."""

import shutil
import tempfile
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import duckdb

from orchestration.dbt_process import DbtProcess
from orchestration.generation_files import columns_of, count_rows, has_table
from orchestration.published_tables import FROM_THE_STORE, PUBLISHED_TABLES, PublishedTable
from orchestration.run import TRIAL_FOLDER, Writer
from orchestration.warehouse import WarehouseError, build_copy, built_run


@dataclass(frozen=True)
class Moved:
    """How one published table differs under the change: rows by key, and columns that moved.

    `columns` maps each moved column to the number of common rows in which it differs. Of a table
    that is new every row is.
    """

    table: str
    rows_before: int
    rows_after: int
    rows_added: int
    rows_removed: int
    columns: dict[str, int]


def try_models(
    writing_run: Writer, models: Sequence[str], say: Callable[[str], None]
) -> list[Moved]:
    """Build `models` and what hangs on them from the code as it is, on a copy; compare.

    Raises WarehouseError where there is nothing to copy, BuildError where the change fails.
    """
    settings = writing_run.settings
    original = settings.home.warehouse
    built = built_run(settings.home)
    if built is None or not built.is_complete:
        raise WarehouseError(
            f"{original} is not built, or `run live` has looked since: `passport run hourly` "
            "builds it"
        )
    with tempfile.TemporaryDirectory(prefix=TRIAL_FOLDER, dir=settings.home.path) as folder:
        copy = Path(folder) / original.name
        say(f"copying {original} ({original.stat().st_size / 1e6:,.0f} MB)")
        for file in original.parent.glob(f"{original.name}*"):
            shutil.copyfile(file, copy.parent / file.name)
        dbt = DbtProcess(settings, copy, writing_run.lock)
        for result in build_copy(settings, dbt, models):
            if result.kind != "test" or result.outcome != "passed":
                say(str(result))
        return compare(original, copy)


def compare(original: Path, copy: Path) -> list[Moved]:
    """Which published tables of two warehouse files differ, and how."""
    # a connection for each: views name the warehouse by the name of its file, which both have
    with (
        closing(duckdb.connect(original, read_only=True)) as before,
        closing(duckdb.connect(copy, read_only=True)) as after,
    ):
        moved = [
            _moved(before, after, table)
            if has_table(before, table.name, schema=table.schema)
            else _new(after, table)
            for name, table in PUBLISHED_TABLES.items()
            if name not in FROM_THE_STORE
        ]
    return [entry for entry in moved if entry is not None]


def _new(after: duckdb.DuckDBPyConnection, table: PublishedTable) -> Moved | None:
    """A table that is not in the warehouse yet; None where the trial did not build it either."""
    if not has_table(after, table.name, schema=table.schema):
        return None
    rows = count_rows(after, f"{table.schema}.{table.name}")
    return Moved(table.name, 0, rows, rows, 0, {})


def _moved(
    before: duckdb.DuckDBPyConnection, after: duckdb.DuckDBPyConnection, table: PublishedTable
) -> Moved | None:
    relation = f"{table.schema}.{table.name}"
    columns = {
        "before": list(columns_of(before, relation)),
        "after": list(columns_of(after, relation)),
    }
    common = [
        name for name in columns["before"] if name in columns["after"] and name not in table.grain
    ]
    keys = " and ".join(f'b."{key}" is not distinct from a."{key}"' for key in table.grain)
    differ = ", ".join(
        [
            f"count(*) filter (where b_here and a_here and b_{i} is distinct from a_{i})"
            for i in range(len(common))
        ]
    )
    values = ", ".join(f'b."{name}" as b_{i}, a."{name}" as a_{i}' for i, name in enumerate(common))
    query = f"""
        select
            count(*) filter (where b_here),
            count(*) filter (where a_here),
            count(*) filter (where b_here is null),
            count(*) filter (where a_here is null)
            {"," + differ if differ else ""}
        from (
            select b.here as b_here, a.here as a_here{"," + values if values else ""}
            from (select *, true as here from rows_before) as b
            full join (select *, true as here from {relation}) as a on {keys}
        )
    """
    after.register("rows_before", before.execute(f"from {relation}").to_arrow_reader())
    row = after.execute(query).fetchone()
    after.unregister("rows_before")
    assert row is not None
    count_before, count_after, added, removed, *counts = row
    moved_columns = {name: count for name, count in zip(common, counts, strict=True) if count}
    for name in sorted(set(columns["after"]) ^ set(columns["before"])):
        moved_columns[name] = count_after if name in columns["after"] else count_before
    if not (added or removed or moved_columns):
        return None
    return Moved(table.name, count_before, count_after, added, removed, moved_columns)
