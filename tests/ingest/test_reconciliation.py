"""Counts at the source against counts in the landing, by day."""

import psycopg
from ingest_world import HOUR, NOW, Installation, row, tokens

from orchestration.reconciliation import count_records
from orchestration.run_context import RunContext

RUN = RunContext("nightly", NOW, "run nightly")


def counts(installation: Installation) -> list[tuple[str, int, int]]:
    return [
        (str(entry["day"]), entry["source_rows"], entry["landed_rows"])
        for entry in installation.ledger("record_counts")
    ]


def test_a_drop_is_counted_by_its_newest_versions(installation: Installation) -> None:
    yesterday = NOW - 24 * HOUR
    installation.put("queue_tokens", "a.csv", tokens(5, yesterday) + tokens(3))
    newer = [made | {"updated_at": "2026-03-10T11:30:00Z"} for made in tokens(5, yesterday)[:2]]
    installation.put("queue_tokens", "b.csv", [*newer, row("queue_tokens", service="haircut")])
    installation.run(records=["queue_tokens"])
    assert count_records(installation.settings, installation.store, RUN) == {}
    assert counts(installation) == [("2026-03-09", 3, 3), ("2026-03-10", 6, 5)]


def test_a_row_that_never_came_shows_as_a_difference(
    installation: Installation, postgres_url: str
) -> None:
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(
            """create table operations.queue_tokens (token_id text, office_code text,
               service text, issued_at timestamptz, updated_at timestamptz)"""
        )
        put = f"insert into operations.queue_tokens values (%s, 'PK-1', 'enquiry', '{NOW}', %s)"
        connection.execute(put, ("a", NOW - HOUR))
        connection.execute(put, ("a", NOW - HOUR / 2))
        database = installation.with_source(postgres_url)
        database.run(records=["queue_tokens"])
        connection.execute(put, ("late", NOW - 5 * HOUR))
    assert count_records(database.settings, database.store, RUN) == {}
    assert counts(database) == [("2026-03-10", 2, 1)]


def test_a_source_that_is_down_keeps_its_old_counts(installation: Installation) -> None:
    installation.put("queue_tokens", "a.csv", tokens(3))
    installation.run(records=["queue_tokens"])
    count_records(installation.settings, installation.store, RUN)
    gone = installation.with_source("postgresql://reader:secret@127.0.0.1:1/x")
    failed = count_records(gone.settings, gone.store, RUN, ["queue_tokens"])
    assert list(failed) == ["queue_tokens"]
    assert counts(installation) == [("2026-03-10", 3, 3)]
