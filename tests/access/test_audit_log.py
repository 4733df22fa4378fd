"""The audit log grows and only grows; whoever goes past it is found."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from access.audit_log import Action, Entry, append, entries_since, verify
from access.store import open_store
from access.tables import audit_head, audit_log, metadata
from config import Settings
from operations import writing

ENTRY = Entry("a.khan", "analyst", "all", Action.exported, "rpt_volumes", "csv", 12, "g1")


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sa.Engine]:
    url = None
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres_url")
    opened = open_store(Settings(home_path=tmp_path, operations_url=url))
    yield opened
    opened.dispose()


@pytest.fixture
def tampered(tmp_path: Path) -> Iterator[sa.Engine]:
    """A log of five lines whose guards somebody took away."""
    opened = open_store(Settings(home_path=tmp_path))
    for _ in range(5):
        append(opened, ENTRY)
    with writing(opened) as connection:
        for change in ("update", "delete"):
            connection.execute(sa.text(f"drop trigger audit_log_no_{change}"))
    yield opened
    opened.dispose()


def test_the_log_works_in_both_stores(store: sa.Engine) -> None:
    with store.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": "access_version"})
        assert compare_metadata(context, metadata) == []
    threads = [Thread(target=lambda: [append(store, ENTRY) for _ in range(4)]) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    verdict = verify(store)
    assert (verdict.entries, verdict.fault) == (12, None)
    changes = (sa.delete(audit_log), sa.update(audit_log).values(who="nobody"))
    for change in changes:
        with pytest.raises(sa.exc.DatabaseError, match="only grows"), writing(store) as connection:
            connection.execute(change)
    assert verify(store) == verdict


def test_an_empty_log_holds(tmp_path: Path) -> None:
    store = open_store(Settings(home_path=tmp_path))
    assert verify(store).fault is None
    store.dispose()


@pytest.mark.parametrize("column", ["at", "who", "role", "place", "action", "subject", "detail",
                                    "row_count", "generation"])  # fmt: skip
def test_a_changed_line_is_found(tampered: sa.Engine, column: str) -> None:
    other: object = {"at": datetime(2020, 1, 1), "row_count": 13}.get(column, "other")
    with writing(tampered) as connection:
        changed = sa.update(audit_log).where(audit_log.c.entry_id == 3).values({column: other})
        connection.execute(changed)
    verdict = verify(tampered)
    assert verdict.fault == "line 3 is not as it was written"
    assert verdict.entries == 2


@pytest.mark.parametrize(
    ("line", "fault"),
    [(1, "line 1 is missing"), (3, "line 3 is missing"), (5, "the log ends with line 4")],
)
def test_a_removed_line_is_found(tampered: sa.Engine, line: int, fault: str) -> None:
    with writing(tampered) as connection:
        connection.execute(sa.delete(audit_log).where(audit_log.c.entry_id == line))
    assert str(verify(tampered).fault).startswith(fault)


def test_a_line_put_in_is_found(tampered: sa.Engine) -> None:
    with writing(tampered) as connection:
        last = connection.execute(sa.select(audit_log).where(audit_log.c.entry_id == 5)).one()
        connection.execute(sa.insert(audit_log).values({**last._mapping, "entry_id": 6}))
    assert verify(tampered).fault == "line 6 is not as it was written"


def test_a_log_that_was_written_anew_is_found_by_a_noted_hash(tampered: sa.Engine) -> None:
    noted = verify(tampered).hash
    assert verify(tampered, noted).fault is None
    append(tampered, ENTRY)
    assert verify(tampered, noted).fault is None
    with writing(tampered) as connection:
        connection.execute(sa.delete(audit_log))
        connection.execute(sa.update(audit_head).values(entries=0, hash=""))
    append(tampered, ENTRY)
    assert verify(tampered).fault is None
    assert "written anew" in str(verify(tampered, noted).fault)


def test_lines_come_back_as_they_were_told(tampered: sa.Engine) -> None:
    since = datetime(2020, 1, 1, tzinfo=UTC)
    found = entries_since(tampered, since, [Action.exported], 2)
    assert len(found) == 2
    line = found.iloc[0]
    assert (line["who"], line["row_count"], line["generation"]) == ("a.khan", 12, "g1")
    assert line["at"].tzinfo is not None
    assert entries_since(tampered, since, [Action.saw], 2).empty
