"""Large tables lie in parts that generations share; what changed stands beside them."""

import shutil
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import date
from pathlib import Path

import duckdb
import pytest
from small_home import CASES, publish_as, serving, settings_in, write_warehouse

from config import Settings
from orchestration.generations import Generation, current_generation
from orchestration.parts import fingerprint, first_open_day, write_files
from orchestration.publish import PublishError
from reports.broker import open_publication, run_sql

# A third of the cases ended in August, a third in September, the rest is open on 1 November.
_ENDED = """
    update reporting.rpt_applications set is_open = false, ended_on = case
        when application_id < 'A000066' then date '2026-08-10' else date '2026-09-30' end
    where application_id < 'A000132';
    insert into reporting.rpt_case_events (event_id, application_id, occurred_at, ended_on)
    select application_id || '-' || number, application_id, submitted_at, ended_on
    from reporting.rpt_applications, range(3) as numbers (number);
    alter table reporting.rpt_applications add column case_on date default date '2026-07-01';
    alter table reporting.rpt_case_events add column case_on date default date '2026-07-01';
    create table meta.changed_cases__rpt_applications (
        key varchar, month date, case_on date, generation varchar
    );
    create table meta.changed_cases__rpt_case_events (
        key varchar, month date, case_on date, generation varchar
    )
"""
_AUGUST, _SEPTEMBER, _RECENT = (
    "month_2026_08.duckdb",
    "month_2026_09.duckdb",
    "recent.duckdb",
)
_ONE_BECAME_URGENT = (
    "update reporting.rpt_applications set tier = 'urgent' where application_id = 'A000001'",
    "insert into meta.changed_cases__rpt_applications"
    " values ('A000001', '2026-08-01', '2026-07-01', null)",
)


@pytest.fixture
def settings(once: Callable[[str, Callable[[Path], None]], Path], tmp_path: Path) -> Settings:
    """A home of the test's own that serves run-1, copied from one that was published once."""

    def make(folder: Path) -> None:
        made = settings_in(folder / "home")
        write_warehouse(made, "run-1", extra=_ENDED)
        publish_as(made, "run-1")

    shutil.copytree(once("published_in_parts", make), tmp_path, dirs_exist_ok=True)
    return settings_in(tmp_path / "home")


def changed(
    settings: Settings, run_id: str, statements: Sequence[str], command: str = "run hourly"
) -> Generation:
    """The publication of a run that made these changes in the warehouse."""
    with closing(duckdb.connect(settings.home.warehouse)) as connection:
        for statement in [*statements, f"update meta.run set run_id = '{run_id}'"]:
            connection.execute(statement)
    return publish_as(settings, run_id, command)


def file_id(settings: Settings, generation: Generation, file: str) -> int:
    return (settings.home.published / generation.generation / file).stat().st_ino


def answer(settings: Settings, sql: str) -> list[tuple[object, ...]]:
    with closing(open_publication(settings.home)) as publication:
        return run_sql(publication, sql).rows


def test_a_month_settles_a_week_after_its_last_day() -> None:
    assert first_open_day(date(2026, 11, 7)) == date(2026, 10, 1)
    assert first_open_day(date(2026, 11, 8)) == date(2026, 11, 1)


def test_readers_see_one_table_whatever_file_a_case_lies_in(settings: Settings) -> None:
    first = serving(settings)
    folder = settings.home.published / first.generation
    cases = {}
    for file in ("marts.duckdb", _AUGUST, _SEPTEMBER, _RECENT):
        with closing(duckdb.connect(folder / file, read_only=True)) as part:
            ((cases[file],),) = part.sql("select count(*) from rpt_applications").fetchall()
    assert cases == {"marts.duckdb": 0, _AUGUST: 66, _SEPTEMBER: 66, _RECENT: CASES - 132}
    assert answer(
        settings, "select count(*), count(distinct application_id) from rpt_applications"
    ) == [(CASES, CASES)]


def test_what_changed_stands_beside_the_parts_until_the_night(settings: Settings) -> None:
    first = serving(settings)
    second = changed(settings, "run-2", _ONE_BECAME_URGENT)
    for file in (_AUGUST, _SEPTEMBER, _RECENT):
        assert file_id(settings, second, file) == file_id(settings, first, file)
    assert second.fingerprint != first.fingerprint
    tiers = "select tier, count(*) from rpt_applications group by all order by all"
    seen = answer(settings, tiers)
    assert ("urgent", 1) in seen
    night = changed(settings, "run-3", [], "run nightly")
    assert answer(settings, tiers) == seen
    assert night.fingerprint == second.fingerprint
    assert file_id(settings, night, _SEPTEMBER) == file_id(settings, first, _SEPTEMBER)
    assert file_id(settings, night, _AUGUST) != file_id(settings, first, _AUGUST)
    after = changed(settings, "run-4", [])
    assert file_id(settings, after, _AUGUST) == file_id(settings, night, _AUGUST)
    assert after.fingerprint == second.fingerprint


def test_changes_add_up_over_the_hours(settings: Settings) -> None:
    first = serving(settings)
    changed(settings, "run-2", _ONE_BECAME_URGENT)
    open_case = [
        line.replace("A000001", "A000199").replace("'2026-08-01'", "null")
        for line in _ONE_BECAME_URGENT
    ]
    third = changed(settings, "run-3", open_case)
    assert file_id(settings, third, _AUGUST) == file_id(settings, first, _AUGUST)
    urgent = "select application_id from rpt_applications where tier = 'urgent' order by all"
    assert answer(settings, urgent) == [("A000001",), ("A000199",)]


def test_events_of_open_cases_are_replaced_too(settings: Settings) -> None:
    first = serving(settings)
    second = changed(
        settings,
        "run-2",
        [
            "update reporting.rpt_case_events set desk = 'D9' where application_id = 'A000199'",
            "insert into meta.changed_cases__rpt_case_events"
            " values ('A000199', null, '2026-07-01', null)",
        ],
    )
    assert file_id(settings, second, _RECENT) == file_id(settings, first, _RECENT)
    of_case = "select distinct desk from rpt_case_events where application_id = 'A000199'"
    assert answer(settings, of_case) == [("D9",)]
    whole = "select count(*), count(distinct event_id) from rpt_case_events"
    ((rows, events),) = answer(settings, whole)
    assert rows == events


def test_a_late_case_of_a_month_without_a_part_stays_until_the_night(settings: Settings) -> None:
    first = serving(settings)
    changed(
        settings,
        "run-2",
        [
            "update reporting.rpt_applications set is_open = false, ended_on = '2026-03-10'"
            " where application_id = 'A000199'",
            "insert into meta.changed_cases__rpt_applications values"
            " ('A000199', null, '2026-07-01', null),"
            " ('A000199', '2026-03-01', '2026-07-01', null)",
        ],
    )
    third = changed(settings, "run-3", [])
    assert file_id(settings, third, _RECENT) == file_id(settings, first, _RECENT)
    found = "select count(*) from rpt_applications where ended_on = '2026-03-10'"
    assert answer(settings, found) == [(1,)]


def test_parts_of_which_too_much_changed_are_written_anew(settings: Settings) -> None:
    first = serving(settings)
    second = changed(
        settings,
        "run-2",
        [
            "insert into meta.changed_cases__rpt_case_events"
            " select distinct application_id, null::date, case_on, null"
            " from reporting.rpt_case_events"
        ],
    )
    assert file_id(settings, second, _RECENT) != file_id(settings, first, _RECENT)
    assert file_id(settings, second, _AUGUST) == file_id(settings, first, _AUGUST)


def test_a_case_that_opens_again_leaves_its_month(settings: Settings) -> None:
    changed(
        settings,
        "run-2",
        [
            "update reporting.rpt_applications set is_open = true, ended_on = null"
            " where application_id = 'A000001'",
            "insert into meta.changed_cases__rpt_applications values"
            " ('A000001', '2026-08-01', '2026-07-01', null),"
            " ('A000001', null, '2026-07-01', null)",
        ],
    )
    found = "select count(*), bool_or(is_open) from rpt_applications"
    assert answer(settings, f"{found} where application_id = 'A000001'") == [(1, True)]


@pytest.mark.parametrize(
    "change",
    [
        "drop table meta.changed_cases__rpt_case_events",
        "delete from meta.changed_cases__rpt_applications",
        "update meta.changed_cases__rpt_applications set generation = 'not kept'",
        "alter table reporting.rpt_applications add column more integer",
    ],
)
def test_without_a_whole_log_every_part_is_written_anew(settings: Settings, change: str) -> None:
    first = serving(settings)
    second = changed(settings, "run-2", [change])
    for file in (_AUGUST, _SEPTEMBER, _RECENT):
        assert file_id(settings, second, file) != file_id(settings, first, file)


def test_a_month_that_changed_unsaid_is_not_published(settings: Settings) -> None:
    first = serving(settings)
    gone = "delete from reporting.rpt_applications where application_id = 'A000001'"
    with pytest.raises(PublishError, match="rpt_applications_rows: 200 rows, expected 199"):
        changed(settings, "run-2", [gone])
    assert current_generation(settings.home) == first.generation


def test_the_fingerprint_does_not_depend_on_the_files(settings: Settings, tmp_path: Path) -> None:
    found = set()
    for open_from in (date(2026, 1, 1), date(2026, 9, 1), date(2026, 11, 1)):
        folder = tmp_path / f"{open_from}"
        folder.mkdir()
        with closing(duckdb.connect(folder / "marts.duckdb")) as connection:
            connection.execute(f"attach '{settings.home.warehouse}' as warehouse (read_only)")
            parts = write_files(connection, open_from, folder, settings.home.published)
            found.add(fingerprint(connection, parts))
    assert len(found) == 1
