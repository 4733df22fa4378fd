"""Reading anything again changes nothing, and nothing is lost on the way."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ingest_world import DAY, HOUR, NOW, Installation, installation_in, row, tokens

from orchestration import extract, landing
from orchestration.ledger import loads

START = datetime(2026, 3, 10, tzinfo=UTC)


def visit(key: int, minute: int, content: int) -> dict[str, str]:
    """One version of a token: the same key, minute and content is the same row."""
    made = row(
        "queue_tokens",
        token_id=key,
        # The content follows from key and minute, so that no two rows contradict each other.
        counter=(key * 7 + minute) % 3,
        updated_at=f"{START + timedelta(minutes=minute):%Y-%m-%dT%H:%M:%SZ}",
    )
    if content == 0:
        made["service"] = "haircut"
    return made


VISITS = st.builds(visit, st.integers(0, 5), st.integers(0, 300), st.integers(0, 6))
FILES = st.lists(st.lists(VISITS, max_size=8), min_size=1, max_size=4)
WINDOWS = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=3)


def fresh(folder: Path) -> Installation:
    # One office's test data repeats itself more than any real file would.
    return installation_in(folder).with_gate(repeated_share_max=1.0)


@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck), database=None)
@given(files=FILES, windows=WINDOWS)
def test_any_order_of_loads_gives_the_same_content_and_keeps_the_books(
    files: Sequence[list[dict[str, str]]], windows: Sequence[tuple[int, int]]
) -> None:
    with TemporaryDirectory() as folder:
        installation = fresh(Path(folder))
        for number, rows in enumerate(files):
            header = rows or [visit(0, 0, 1)]
            installation.put("queue_tokens", f"{number}.csv", header)
            if number % 2:
                installation.run(records=["queue_tokens"])
        for first, length in windows:
            window = (START + first * HOUR, START + (first + length) * HOUR)
            installation.run(window=window, records=["queue_tokens"])
        installation.run(records=["queue_tokens"])
        content = installation.content("queue_tokens")
        landed = len(installation.rows("queue_tokens", "true"))

        good = {
            tuple(sorted(made.items()))
            for rows in files
            for made in (rows or [visit(0, 0, 1)])
            if made["service"] != "haircut"
        }
        assert len(content) == len(good)
        assert len(installation.rows("queue_tokens")) == len(content)

        installation.run(window=(START, START + 24 * HOUR), records=["queue_tokens"])
        installation.run(records=["queue_tokens"])
        assert installation.content("queue_tokens") == content
        assert len(installation.rows("queue_tokens", "true")) == landed
        for batch in installation.ledger("batches"):
            assert batch["rows_read"] == (
                batch["rows_admitted"] + batch["rows_quarantined"] + batch["rows_held"]
            )
            assert batch["rows_repeated"] <= batch["rows_admitted"]
        installation.store.dispose()


def test_a_kill_at_any_moment_then_a_run_gives_the_same_content(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A kill is an exception that nothing catches, at each step between file and ledger."""
    installation.put("queue_tokens", "a.csv", tokens(20))
    installation.put("offices", "a.csv", [row("offices", office_code="PK-1")])

    class Killed(BaseException):
        pass

    for module, name in (
        (landing, "write_batch"),
        (landing, "sync"),
        (landing, "rule_counts"),
        (extract, "judge"),
        (loads, "add_batch"),
        (loads, "add_hourly_rows"),
        (loads, "_upsert_state"),
    ):
        original = getattr(module, name)
        calls = count()

        def dies(*arguments: object, original=original, calls=calls, **named: object) -> object:  # type: ignore[no-untyped-def]
            if next(calls) == 0:
                raise Killed
            return original(*arguments, **named)

        monkeypatch.setattr(module, name, dies)
        with pytest.raises(Killed):
            installation.run()
        monkeypatch.setattr(module, name, original)
        assert installation.ledger("batches") == [], name
        assert installation.ledger("files") == [], name
        assert installation.rows("queue_tokens") == []

    installation.run()
    assert len(installation.rows("queue_tokens")) == 20
    files = [path for path in installation.settings.home.landing.rglob("*") if path.is_file()]
    assert len(files) == 4, "two batches with their manifests, and no orphan"


def test_a_changed_file_is_read_whole_and_only_its_new_rows_land(
    installation: Installation,
) -> None:
    installation.put("queue_tokens", "a.csv", tokens(5))
    installation.run()
    installation.put("queue_tokens", "a.csv", tokens(8))
    (batch,) = installation.run()["queue_tokens"].batches
    assert (batch.rows_read, batch.rows_repeated) == (8, 5)
    assert len(installation.rows("queue_tokens")) == 8
    assert len(installation.ledger("files")) == 1


def test_a_window_of_a_file_leaves_the_rest_to_the_next_run(installation: Installation) -> None:
    installation.put("queue_tokens", "a.csv", tokens(5, NOW - 3 * HOUR) + tokens(4, NOW - HOUR))
    installation.run(window=(NOW - 3 * HOUR, NOW - 2 * HOUR))
    assert len(installation.rows("queue_tokens")) == 5
    assert installation.ledger("files") == []
    installation.run()
    assert len(installation.rows("queue_tokens")) == 9


def test_a_window_at_the_head_of_a_large_file_is_loaded(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(landing, "BATCH_ROWS_MAX", 40)
    installation.put("queue_tokens", "a.csv", tokens(30, NOW - 3 * HOUR) + tokens(90, NOW - HOUR))
    window = (NOW - 3 * HOUR, NOW - 2 * HOUR)
    result = installation.run(window=window)["queue_tokens"]
    assert [batch.rows_admitted for batch in result.batches] == [30]
    assert len(installation.rows("queue_tokens")) == 30


def test_the_watermark_is_the_end_of_the_first_unbroken_interval(
    installation: Installation,
) -> None:
    installation.put("queue_tokens", "a.csv", tokens(5))

    def load(first: int, last: int) -> None:
        window = (START + first * HOUR, START + last * HOUR)
        installation.run(now=START + DAY, window=window, records=["queue_tokens"])

    def reached() -> int:
        found = loads.watermark(installation.store, "queue_tokens")
        assert found is not None
        return int((found.replace(tzinfo=UTC) - START) / HOUR)

    load(10, 12)
    assert reached() == 12
    load(2, 4)
    assert reached() == 12, "loading the past never moves it back"
    load(14, 16)
    assert reached() == 12, "a gap shows"
    load(12, 14)
    assert reached() == 16
    load(4, 10)
    assert len(loads.covered_intervals(installation.store, "queue_tokens")) == 1


def test_large_files_become_several_batches_that_know_each_other(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(landing, "BATCH_ROWS_MAX", 40)
    installation.put("queue_tokens", "a.csv", [*tokens(100), *tokens(5)])
    result = installation.run()["queue_tokens"]
    assert [batch.rows_read for batch in result.batches] == [40, 40, 25]
    assert sum(batch.rows_repeated for batch in result.batches) == 5
    assert [r["batch_row"] for r in installation.rows("queue_tokens", "batch_id = 2")][:2] == [1, 2]

    installation.put("queue_tokens", "b.csv", [*tokens(300, NOW), *tokens(300, NOW)])
    result = installation.run()["queue_tokens"]
    assert {batch.verdict for batch in result.batches} == {"held"}


def test_only_changed_reference_rows_land_and_the_past_is_not_rewritten(
    installation: Installation,
) -> None:
    def offices(name: str) -> list[dict[str, str]]:
        return [row("offices", office_code="PK-1", name=name), row("offices", office_code="PK-2")]

    installation.put("offices", "a.csv", offices("old"))
    installation.run()
    installation.put("offices", "a.csv", offices("new"))
    (batch,) = installation.run(now=NOW + HOUR)["offices"].batches
    assert (batch.rows_read, batch.rows_repeated) == (2, 1)
    versions = [(r["name"], r["observed_at"].hour) for r in installation.rows("offices")]
    assert sorted(versions) == [("new", 13), ("old", 12), ("x", 12)]

    installation.put("offices", "a.csv", offices("past"))
    assert installation.run(now=NOW)["offices"].batches == []
    installation.put("offices", "a.csv", offices("old"))
    installation.run(now=NOW + 2 * HOUR)
    assert len(installation.rows("offices")) == 4, "back to the old name is a version too"
