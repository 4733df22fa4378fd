"""The law of the incremental models: what they derive step by step is what a full build gives."""

import shutil
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import duckdb
import pytest
from random_world import RandomWorld
from world import MODELS_AND_IDENTITIES, NO_VIEWS, Dbt, Warehouse

from orchestration.parts import SETTLING_TABLES, note_published
from orchestration.warehouse import LOOK

STEPS = 3
# The step before whose whole build a live run looks at some of its batches.
LOOKED_BEFORE = 1


def differences(one: Warehouse, other: Warehouse) -> dict[str, list[str]]:
    """The tables whose rows differ, with up to three of the rows that only one has."""
    found: dict[str, list[str]] = {}
    with closing(duckdb.connect()) as db:
        db.execute("set timezone = 'UTC'")
        db.execute(f"attach '{one.path}' as one (read_only)")
        db.execute(f"attach '{other.path}' as other (read_only)")
        tables = db.execute(
            "select distinct table_schema || '.' || table_name from information_schema.tables"
            " where table_catalog in ('one', 'other') and table_schema in ('marts', 'reporting')"
            " and table_type = 'BASE TABLE'"
        ).fetchall()
        assert tables
        for (table,) in sorted(tables):
            for name, left, right in (("more", "one", "other"), ("less", "other", "one")):
                query = f"select * from {left}.{table} except all select * from {right}.{table}"
                rows = db.execute(f"select * from ({query}) limit 3").fetchall()
                if rows:
                    found[f"{table} {name}"] = [str(row) for row in rows]
    return found


def unlogged_cases(before: Path, after: Warehouse) -> dict[str, list[object]]:
    """The settling tables and the cases of theirs that differ, though their log has them not."""
    found: dict[str, list[object]] = {}
    with closing(duckdb.connect()) as db:
        db.execute(f"attach '{before}' as before (read_only)")
        db.execute(f"attach '{after.path}' as after (read_only)")
        for table in SETTLING_TABLES:
            name = f"reporting.{table.name}"
            rows = db.execute(
                f"""
                select distinct
                    application_id,
                    date_trunc('month', {table.settled_by})::date as month,
                    case_on
                from (
                    (from before.{name} except all from after.{name})
                    union all (from after.{name} except all from before.{name})
                )
                except
                select key, month, case_on from after.meta.changed_cases__{table.name}
                """
            ).fetchall()
            if rows:
                found[table.name] = rows
    return found


def left_to_the_night(before: Path, after: Warehouse) -> bool:
    """Whether the process tables stand as they stood."""
    with closing(duckdb.connect()) as db:
        db.execute(f"attach '{before}' as before (read_only)")
        db.execute(f"attach '{after.path}' as after (read_only)")
        return not any(
            db.execute(f"from before.{table} except all from after.{table}").fetchall()
            for table in ("reporting.rpt_process_moves", "reporting.rpt_process_variants")
        )


def sees_now(warehouse: Warehouse, now: datetime) -> bool:
    """Whether the findings of a moment, which are views, are of this one."""
    with closing(duckdb.connect(warehouse.path, read_only=True)) as db:
        views = db.execute(
            "select sql from duckdb_views()"
            " where view_name in ('findings_network', 'findings_places', 'findings_printing')"
        ).fetchall()
    return len(views) == 3 and all(str(now) in text for (text,) in views)


def _goes_on(warehouse: Warehouse, world: RandomWorld, is_quick: bool) -> None:
    """More batches, and a later now."""
    for record, batch_id, rows in world.next_batches(changes=12):
        warehouse.land(record, rows, batch_id, world.now)
    warehouse.begin(world.now, world.batch_id, is_quick=is_quick)


@pytest.mark.parametrize("seed", [1])
def test_incremental_equals_full_refresh(seed: int, dbt: Dbt, tmp_path: Path) -> None:
    world = RandomWorld(Random(seed))
    stepwise, whole = Warehouse(tmp_path / "stepwise"), Warehouse(tmp_path / "whole")
    stepwise.prepare()
    for record, batch_id, rows in world.first_batches():
        stepwise.land(record, rows, batch_id, world.now)
    for step in range(STEPS):
        _goes_on(stepwise, world, is_quick=step < STEPS - 1)
        if step == 0:
            dbt.run(stepwise, "seed")
            dbt.run(stepwise, "run")
            continue
        with closing(duckdb.connect(stepwise.path)) as db:
            note_published(db, f"generation {step}", [])
        before = shutil.copy(stepwise.path, tmp_path / f"before-{step}.duckdb")
        if step == LOOKED_BEFORE:
            dbt.run(stepwise, "build", *LOOK)
            assert sees_now(stepwise, world.now), "what is found is of the last whole build"
            _goes_on(stepwise, world, is_quick=step < STEPS - 1)
        dbt.run(stepwise, "run", *NO_VIEWS)
        assert unlogged_cases(before, stepwise) == {}
        assert left_to_the_night(before, stepwise) == (step < STEPS - 1)
    # nothing came, as when no source answers, and the promises of a day have lapsed
    now = world.now + timedelta(hours=30)
    stepwise.begin(now, world.batch_id)
    dbt.run(stepwise, "run", *NO_VIEWS)
    whole.folder.mkdir()
    shutil.copy(stepwise.path, whole.path)
    whole.begin(now, world.batch_id, full_build_parts=3)
    dbt.run(whole, "build", "--full-refresh", "--select", *MODELS_AND_IDENTITIES, *NO_VIEWS)
    assert differences(stepwise, whole) == {}
