"""What the models read of landing: every row, and of what they have built nothing again."""

from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import sqlalchemy as sa
from small_home import settings_in

from config import Settings
from contract import RECORDS, landed_columns
from orchestration import warehouse
from orchestration.ledger import open_store, tables, writing
from orchestration.run import new_run

RECORD = "complaints"
NOW = datetime(2026, 11, 1, 6, tzinfo=UTC)


def land(settings: Settings, store: sa.Engine, batch_id: int) -> Path:
    """A landing file of one row, registered."""
    path = f"{RECORD}/{batch_id:012d}.parquet"
    file = settings.home.landing / path
    file.parent.mkdir(parents=True, exist_ok=True)
    names = [column.name for column in landed_columns(RECORDS[RECORD])]
    nulls = ", ".join(f'null as "{name}"' for name in [*names, "rejected_by"])
    duckdb.execute(
        f"copy (select {nulls}, {batch_id}::bigint as batch_id, 1::bigint as batch_row,"
        f" timestamp '2026-11-01' as observed_at) to '{file}' (format parquet)"
    )
    counts = dict.fromkeys(("read", "admitted", "repeated", "quarantined", "held"), 0)
    with writing(store) as connection:
        connection.execute(
            sa.insert(tables.batches).values(
                batch_id=batch_id,
                record=RECORD,
                run_id="run",
                source_name="drop",
                verdict="admitted",
                path=path,
                loaded_at=NOW.replace(tzinfo=None),
                **{f"rows_{word}": count for word, count in counts.items()},
            )
        )
    return file


def test_files_of_batches_that_are_built_are_not_opened_for_new_ones(tmp_path: Path) -> None:
    settings = settings_in(tmp_path / "home")
    store = open_store(settings)
    files = [land(settings, store, batch_id) for batch_id in (1, 2, 3, 4)]
    warehouse.prepare(settings, store, new_run("run hourly", NOW))
    with closing(duckdb.connect(settings.home.warehouse)) as db:
        assert db.execute(f"select count(*) from raw.{RECORD}").fetchone() == (4,)
        db.execute(
            "create table meta.model_marks as"
            " select * from (values ('a', 3, 1), ('b', 2, 1))"
            " as m(model, newest_batch_id, build_number)"
        )
    warehouse.prepare(settings, store, new_run("run hourly", NOW))
    with closing(duckdb.connect(settings.home.warehouse)) as db:
        assert db.execute(f"select count(*) from raw.{RECORD}").fetchone() == (4,)
    files[1].write_bytes(b"no longer readable")
    with closing(duckdb.connect(settings.home.warehouse)) as db:
        newer = f"select batch_id from raw.{RECORD} where batch_id > 2 order by batch_id"
        assert db.execute(newer).fetchall() == [(3,), (4,)]
    store.dispose()
