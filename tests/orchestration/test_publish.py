"""A publication is all or nothing, whatever happens while it is made."""

import json
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import pytest
import sqlalchemy as sa
from small_home import AS_OF, CASES, publish_as, serving, small_home, write_warehouse

from config import Settings
from orchestration import generations
from orchestration.generations import KEPT_NEWEST, Generation, NoGenerationError
from orchestration.ledger import open_store, tables
from orchestration.publish import PublishError
from reports.broker import open_publication, run_sql

NOW = AS_OF.replace(tzinfo=UTC)
FOREVER = Path(__file__).with_name("publish_forever.py")
KILLS = 4


@contextmanager
def store_of(settings: Settings) -> Iterator[sa.Engine]:
    store = open_store(settings)
    try:
        yield store
    finally:
        store.dispose()


def served(settings: Settings, sql: str) -> list[tuple[object, ...]]:
    """What a reader of the current generation gets, whatever files it lies in."""
    with closing(open_publication(settings.home)) as publication:
        return run_sql(publication, sql).rows


def state_of(settings: Settings, generation: str) -> str:
    with store_of(settings) as store:
        standings = generations.standings(settings.home, store)
    return next(s.state for s in standings if s.generation == generation)


def test_a_publication_holds_the_tables_with_zoned_times_in_order(tmp_path: Path) -> None:
    settings = small_home(tmp_path / "home")
    generation = publish_as(settings, "run-1")
    assert generations.current_generation(settings.home) == generation.generation
    assert served(settings, "select count(*) from rpt_applications") == [(CASES,)]
    [(kind,)] = served(settings, "select typeof(submitted_at) from rpt_applications limit 1")
    assert kind == "TIMESTAMP WITH TIME ZONE"
    assert served(settings, "select as_of, fingerprint from rpt_generations") == [
        (NOW, generation.fingerprint)
    ]
    assert served(
        settings, "select distinct outcome from rpt_checks where layer = 'published'"
    ) == [("passed",)]
    assert state_of(settings, generation.generation) == "current"


def test_the_same_build_is_published_once(tmp_path: Path) -> None:
    settings = small_home(tmp_path / "home")
    assert publish_as(settings, "run-1") == publish_as(settings, "run-2")
    assert len(generations.kept_generations(settings.home)) == 1


def test_the_same_data_has_the_same_fingerprint_and_other_data_another(published: Settings) -> None:
    first = serving(published)
    write_warehouse(published, "run-2")
    second = publish_as(published, "run-2")
    write_warehouse(
        published, "run-3", extra="update reporting.rpt_applications set tier = 'urgent'"
    )
    third = publish_as(published, "run-3")
    assert first.fingerprint == second.fingerprint != third.fingerprint
    assert first.generation < second.generation < third.generation


def test_the_nightly_run_publishes_the_star_without_personal_references(tmp_path: Path) -> None:
    settings = small_home(tmp_path / "home")
    for run_id, command in (
        ("run-1", "run nightly"),
        ("run-2", "run hourly"),
        ("run-3", "nightly"),
    ):
        secret = "alter table marts.fct_applications add column applicant_cnic_ref varchar"
        write_warehouse(settings, run_id, extra=secret)
        publish_as(settings, run_id, command)
    with store_of(settings) as store:
        known = generations.standings(settings.home, store)
    # newest first: only the last star is kept
    assert [standing.has_star for standing in known] == [True, False, False]
    star = settings.home.published / known[0].generation / "star.duckdb"
    with duckdb.connect(star, read_only=True) as connection:
        connection.execute("set timezone = 'UTC'")
        described = connection.execute("describe fct_applications").fetchall()
        (cases,) = connection.execute("select count(*) from fct_applications").fetchone() or (0,)
    assert {name: kind for name, kind, *_ in described} == {
        "application_id": "VARCHAR",
        "submitted_at": "TIMESTAMP WITH TIME ZONE",
        "ended_at": "TIMESTAMP WITH TIME ZONE",
    }
    assert cases == CASES


def test_a_personal_value_in_the_star_keeps_the_old_generation(published: Settings) -> None:
    first = serving(published)
    cnic = "update marts.fct_applications set application_id = repeat('1', 13)"
    write_warehouse(published, "run-2", extra=cnic)
    with pytest.raises(PublishError, match="fct_applications_has_no_personal_value"):
        publish_as(published, "run-2", "run nightly")
    assert generations.current_generation(published.home) == first.generation


def test_a_half_built_warehouse_is_refused(tmp_path: Path) -> None:
    settings = small_home(tmp_path / "home")
    write_warehouse(settings, "run-1", is_complete=False)
    with pytest.raises(PublishError, match="half built by run run-1"):
        publish_as(settings, "run-1")
    assert generations.current_generation(settings.home) is None


@pytest.mark.parametrize(
    ("change", "check"),
    [
        (
            "insert into reporting.rpt_applications by name"
            " select * from reporting.rpt_applications limit 1",
            "rpt_applications_grain: 1 keys twice",
        ),
        (
            "update reporting.rpt_places set name = 'x';"
            "insert into reporting.rpt_places (office_code, name)"
            " values ('LHR', 'call 35202-1234567-1')",
            "rpt_places_has_no_personal_value: 1 values",
        ),
        (
            "insert into reporting.rpt_places (office_code, name) values ('LHR', 'AB1234567')",
            "rpt_places_has_no_personal_value: 1 values",
        ),
        (
            "alter table reporting.rpt_applications add column applicant_cnic_ref varchar",
            "rpt_applications_has_no_personal_column: applicant_cnic_ref",
        ),
        ("drop table reporting.rpt_turnaround", "missing rpt_turnaround"),
        (
            "alter table reporting.rpt_places drop column zone",
            "rpt_places_columns: missing zone",
        ),
        ("update reporting.rpt_backlog_daily set entered = 1", "backlog_balances: off by 2"),
        ("update reporting.rpt_load set rows_held = 5", "rows_are_conserved: off by 1"),
        ("delete from marts.fct_applications", f"every_application_is_published: off by {CASES}"),
        (
            "update marts.fct_applications set ended_at = submitted_at",
            f"backlog_is_the_open_cases: off by {CASES}",
        ),
        (
            "update reporting.rpt_backlog_daily set opening = opening + 1, closing = closing + 1"
            " where day = '2026-11-01'",
            "backlog_opens_as_it_closed: off by 1",
        ),
    ],
)
def test_what_the_audit_finds_keeps_the_old_generation(
    published: Settings, change: str, check: str
) -> None:
    old = serving(published)
    write_warehouse(published, "run-2", extra=change)
    with pytest.raises(PublishError, match="the old one serves on") as failure:
        publish_as(published, "run-2")
    assert check in str(failure.value)
    assert "35202" not in str(failure.value)
    assert generations.current_generation(published.home) == old.generation
    assert generations.kept_generations(published.home) == [old.generation]
    with store_of(published) as store:
        newest = generations.standings(published.home, store)[0]
        logged = tables.checks.c
        with store.connect() as connection:
            failed = connection.scalar(
                sa.select(sa.func.count()).where(
                    logged.layer == "published", logged.outcome == "failed"
                )
            )
    assert newest.state == "failed"
    assert check in newest.detail
    assert failed is not None and failed >= 1


def test_numbers_and_identifiers_are_not_taken_for_personal_values(tmp_path: Path) -> None:
    settings = small_home(tmp_path / "home")
    write_warehouse(
        settings,
        "run-2",
        extra="insert into reporting.rpt_places (office_code, name)"
        " values ('AB1234567', 'a0123456789012345f')",
    )
    assert publish_as(settings, "run-2")


def test_a_full_disk_is_told_and_the_old_generation_serves(
    published: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = serving(published)
    write_warehouse(published, "run-2")

    def full(path: Path) -> None:
        raise OSError(28, "No space left on device", str(path))

    with monkeypatch.context() as patched, pytest.raises(PublishError, match="no space left"):
        patched.setattr("orchestration.publish.sync", full)
        publish_as(published, "run-2")
    assert generations.current_generation(published.home) == old.generation
    assert not list(published.home.published.glob(".tmp-0*"))
    assert publish_as(published, "run-2").generation != old.generation


def test_rollback_goes_back_and_the_next_publication_forward(published: Settings) -> None:
    first = serving(published)
    write_warehouse(published, "run-2")
    second = publish_as(published, "run-2")
    with store_of(published) as store:
        assert generations.rollback(published.home, store) == first.generation
        assert generations.current_generation(published.home) == first.generation
        with pytest.raises(NoGenerationError, match="keeps no generation before"):
            generations.rollback(published.home, store)
        with pytest.raises(NoGenerationError, match="'nonsense' is not kept"):
            generations.rollback(published.home, store, "nonsense")
    assert state_of(published, second.generation) == "rolled_back"
    third = publish_as(published, "run-2")
    assert third.generation > second.generation
    assert served(published, "select is_rolled_back from rpt_generations order by generation") == [
        (False,),
        (True,),
        (False,),
    ]


def test_a_figure_of_an_earlier_day_is_read_as_it_was_known_then(tmp_path: Path) -> None:
    settings = small_home(tmp_path / "home")
    with store_of(settings) as store:
        for number, (run, day) in enumerate([("a", 30), ("b", 30), ("c", 2)]):
            write_warehouse(settings, run, cases=number + 1)
            made = publish_as(settings, run)
            # as if made so many days ago
            earlier = replace(made, published_at=made.published_at - timedelta(days=day))
            generations.write_manifest(settings.home.published / made.generation, earlier)
            row = tables.generations
            with store.begin() as connection:
                connection.execute(
                    row.update()
                    .where(row.c.generation == made.generation)
                    .values(published_at=earlier.published_at)
                )
        generations.remove_outdated(settings, store)
    then = (datetime.now(UTC) - timedelta(days=30)).astimezone(ZoneInfo("Asia/Karachi")).date()
    with closing(open_publication(settings.home, generations.known_on(settings, then))) as known:
        assert run_sql(known, "select count(*) from rpt_applications").rows == [(2,)]
    with pytest.raises(NoGenerationError, match=f"kept days: {then}, "):
        generations.known_on(settings, then - timedelta(days=1))


@pytest.mark.parametrize(
    ("change", "first"),
    [
        ("select 1", None),
        # a day that was not over yet
        ("update reporting.rpt_volumes set submitted = 9 where day = '2026-11-01'", None),
        ("update reporting.rpt_volumes set submitted = 9", date(2026, 10, 30)),
        ("delete from reporting.rpt_volumes where day = '2026-10-31'", date(2026, 10, 31)),
        (
            "insert into reporting.rpt_deliveries (day, place_scope, office_code)"
            " values ('2026-10-29', 'country', null)",
            date(2026, 10, 29),
        ),
    ],
)
def test_a_generation_says_which_days_it_tells_otherwise(
    tmp_path: Path, change: str, first: date | None
) -> None:
    days = (
        "insert into reporting.rpt_volumes (day, place_scope, tier, submitted) values"
        " ('2026-10-30', 'country', 'all', 1), ('2026-10-31', 'country', 'all', 2),"
        " ('2026-11-01', 'country', 'all', 3);"
    )
    settings = small_home(tmp_path / "home")
    write_warehouse(settings, "run-1", extra=days)
    assert publish_as(settings, "run-1").restated_from_on is None
    write_warehouse(settings, "run-2", extra=days + change)
    second = publish_as(settings, "run-2")
    assert second.restated_from_on == first
    assert generations.read_manifest(settings.home, second.generation) == second
    told = "select restated_from_on from rpt_generations order by generation"
    assert served(settings, told) == [(None,), (first,)]


def test_the_newest_each_days_last_and_the_cited_are_kept(tmp_path: Path) -> None:
    settings = small_home(tmp_path / "home")
    today = datetime.now(UTC).replace(tzinfo=None, hour=8, minute=0, second=0, microsecond=0)
    ages = [40, 36, 20, 20, 20, 3, 1, 1, 1, 1, 1, 1]  # days, oldest first
    with store_of(settings) as store:
        names = []
        for number, age in enumerate(ages, start=1):
            name = f"{number:06d}-{AS_OF:%Y%m%dT%H%M%SZ}"
            folder = settings.home.published / name
            folder.mkdir(parents=True)
            made = Generation(name, "r", AS_OF, today - timedelta(days=age), "1", "f", 1)
            generations.write_manifest(folder, made)
            generations.point_to(settings.home, name)
            generations.record_published(store, made)
            names.append(name)
        generations.cite(store, names[2], "daily 2026-11-01")
        generations.cite(store, names[0], "daily 2026-10-01")
        removed = generations.remove_outdated(settings, store)
        assert removed == [names[i] for i in (0, 1, 3, 6)]
        newest = [s.generation for s in generations.standings(settings.home, store)]
    assert newest == sorted(names, reverse=True)
    assert generations.kept_generations(settings.home)[-KEPT_NEWEST:] == names[-KEPT_NEWEST:]


def test_a_store_that_was_lost_learns_from_the_folders(published: Settings) -> None:
    first = serving(published)
    published.home.operations.unlink()
    with store_of(published) as store:
        generations.reconcile(published.home, store)
        [standing] = generations.standings(published.home, store)
    expected = {**asdict(first), "state": "current"}
    assert {name: value for name, value in asdict(standing).items() if name in expected} == {
        name: value for name, value in expected.items() if hasattr(standing, name)
    }


def _publish_until_killed(published: Settings, name: str, dice: random.Random) -> None:
    """One child that publishes again and again; killed at any moment after its first time."""
    before = generations.current_generation(published.home)
    child = subprocess.Popen([sys.executable, str(FOREVER), str(published.home.path), name])
    try:
        while generations.current_generation(published.home) == before:
            assert child.poll() is None, "the child publishes"
            time.sleep(0.01)
        time.sleep(dice.uniform(0, 0.8))
    finally:
        child.kill()
        child.wait()


def test_killed_at_any_moment_readers_always_get_a_whole_generation(published: Settings) -> None:
    fingerprint = serving(published).fingerprint
    stop, failures, reads = threading.Event(), [], [0]

    def read() -> None:
        # as often as matters: without a pause the readers take the time of the publications
        while not stop.wait(0.01):
            try:
                assert served(published, "select count(*) from rpt_applications") == [(CASES,)]
                reads[0] += 1
            except Exception as error:
                failures.append(repr(error))

    reader = threading.Thread(target=read)
    reader.start()
    dice = random.Random(7)
    try:
        for number in range(KILLS):
            _publish_until_killed(published, f"kill-{number}", dice)
    finally:
        stop.set()
        reader.join()
    assert not failures
    assert reads[0] > KILLS
    write_warehouse(published, "after")
    after = publish_as(published, "after")
    assert after.fingerprint == fingerprint
    assert not list(published.home.published.glob(".tmp-*"))
    manifest = json.loads(
        (published.home.published / after.generation / "generation.json").read_text()
    )
    assert manifest["fingerprint"] == fingerprint
    with store_of(published) as store:
        known = {s.generation: s.state for s in generations.standings(published.home, store)}
    assert [name for name, state in known.items() if state == "current"] == [after.generation]
