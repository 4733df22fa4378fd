"""The ledger in its two stores: SQLite by default, PostgreSQL by URL."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from threading import Thread

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from config import Settings
from orchestration.ledger import StoreError, loads, open_store, tables, writing

DAY = datetime(2026, 3, 10)
HOUR = timedelta(hours=1)


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sa.Engine]:
    url = None
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres_url")
    opened = open_store(Settings(home_path=tmp_path, operations_url=url))
    yield opened
    opened.dispose()


def test_the_migrations_make_the_tables_that_the_code_uses(store: sa.Engine) -> None:
    with store.connect() as connection:
        options = {"version_table": "ledger_version"}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, tables.metadata) == []


def test_batch_ids_rise_and_are_never_given_twice(store: sa.Engine) -> None:
    given: list[int] = []

    def take() -> None:
        given.extend(loads.allocate_batch_id(store) for _ in range(5))

    threads = [Thread(target=take) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(given) == sorted(set(given))
    assert len(given) == 15
    assert loads.allocate_batch_id(store) > max(given)


def test_intervals_join_and_part(store: sa.Engine) -> None:
    def cover(first: int, last: int, how: object = loads.cover) -> list[tuple[int, int]]:
        with writing(store) as connection:
            how(connection, "queue_tokens", DAY + first * HOUR, DAY + last * HOUR)  # type: ignore[operator]
        return [
            (int((a - DAY) / HOUR), int((b - DAY) / HOUR))
            for a, b in loads.covered_intervals(store, "queue_tokens")
        ]

    assert cover(2, 4) == [(2, 4)]
    assert cover(6, 8) == [(2, 4), (6, 8)]
    assert cover(4, 5) == [(2, 5), (6, 8)]
    assert cover(5, 6) == [(2, 8)]
    assert cover(3, 3) == [(2, 8)]
    assert cover(4, 6, loads.uncover) == [(2, 4), (6, 8)]
    assert cover(0, 9, loads.uncover) == []


def test_a_registration_that_fails_leaves_nothing(store: sa.Engine) -> None:
    entry = loads.BatchEntry(
        loads.BatchSummary(1, "queue_tokens", "admitted", 1, 1, 0, 0, 0), "r", "s", DAY
    )
    with pytest.raises(sa.exc.IntegrityError):
        loads.register(
            store,
            loads.Registration("queue_tokens", [entry, entry], covered=(DAY, DAY + HOUR), now=DAY),
        )
    for table in (tables.batches, tables.coverage, tables.source_states):
        with store.connect() as connection:
            assert connection.execute(sa.select(table)).all() == []


def test_a_store_that_cannot_be_opened_is_named_without_its_password(tmp_path: Path) -> None:
    url = "postgresql://keeper:s3cret@127.0.0.1:1/store"
    with pytest.raises(StoreError, match=r"127\.0\.0\.1:1/store") as error:
        open_store(Settings(home_path=tmp_path, operations_url=url))
    assert "s3cret" not in str(error.value)
