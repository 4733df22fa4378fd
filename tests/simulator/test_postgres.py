"""The same world in a database: its tables hold what the systems hold now."""

from datetime import timedelta

import duckdb
import psycopg
import pytest
from adbc_driver_postgresql import dbapi
from simulated_drop import NOW, Drop, open_drop

from contract import OPERATIONAL, RECORDS
from simulator.command import simulate
from simulator.targets import TargetError
from simulator.targets.postgres import PostgresSchema

SCALE = 0.01


@pytest.fixture(scope="module")
def pair(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Drop]:
    """The same days in a database, in three goes, and in a drop, in one."""
    folder = tmp_path_factory.mktemp("pair")
    truth = folder / "truth.jsonl"
    to = f"file://{folder / 'drop'}"
    world = {"scale": SCALE, "seed": 9, "scenario": "link-down:office=all:on=2026-11-18:hours=30"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("simulator.world.WARM_UP_DAYS", 12)
        simulate(days=3, until=NOW, to=to, truth=truth, **world)
        simulate(days=1, until=NOW - timedelta(days=2), to=postgres, **world)
        for hours in (30, 0):
            simulate(until=NOW - timedelta(hours=hours), to=postgres, continue_=True)
    return postgres, open_drop(folder / "drop", truth)


def _rows(url: str, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url) as connection:
        connection.execute("set time zone 'UTC'")
        return connection.execute(query).fetchall()


@pytest.mark.parametrize("record", RECORDS)
def test_tables_hold_the_newest_row_of_every_key(pair: tuple[str, Drop], record: str) -> None:
    url, drop = pair
    view = record if record not in OPERATIONAL else f"good_{record}"
    keys = ", ".join(RECORDS[record].key)
    in_drop = drop.number(f"select count(*) from (select distinct {keys} from {view})")
    dirty = sum(t["kind"] == "dirty" and t["record"] == record for t in drop.truth)
    twice = sum(t["kind"] == "duplicated" and t["record"] == record for t in drop.truth)
    assert _rows(url, f"select count(*) from operations.{record}")[0][0] == in_drop + dirty + twice


@pytest.mark.parametrize("record", OPERATIONAL)
def test_values_survive_the_way(pair: tuple[str, Drop], record: str) -> None:
    url, drop = pair
    with dbapi.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute(f"select * from operations.{record}")
        stored = cursor.fetch_arrow_table()
    assert stored.num_rows
    written = f"read_parquet('{drop.folder}/{record}/*.parquet')"
    unknown = duckdb.sql(f"select count(*) from (from stored except from {written})")
    assert unknown.fetchone() == (0,)


def test_an_interrupted_run_leaves_the_database_as_it_was(
    pair: tuple[str, Drop], monkeypatch: pytest.MonkeyPatch
) -> None:
    url, _ = pair
    count = "select count(*), (select md5(string_agg(content, '' order by name)) "
    count += "from simulator.world) from operations.stage_events"
    before = _rows(url, count)

    def fail(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(PostgresSchema, "finish", fail)
    with pytest.raises(KeyboardInterrupt):
        simulate(until=NOW + timedelta(hours=3), to=url, continue_=True)
    assert _rows(url, count) == before


def test_a_database_that_cannot_be_reached_is_told_without_its_password() -> None:
    with pytest.raises(TargetError) as failure:
        simulate(days=1, until=NOW, to="postgresql://someone:secret@127.0.0.1:1/none")
    assert "secret" not in str(failure.value)


def test_a_target_of_another_kind_is_told() -> None:
    with pytest.raises(TargetError, match="file:///folder"):
        simulate(days=1, until=NOW, to="ftp://somewhere/drop")
