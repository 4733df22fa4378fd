"""The broker reads one publication, within a scope, and can do nothing else."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
import synthetic_publication

from config import Settings, load_settings
from orchestration.published_tables import PUBLISHED_TABLES
from reports import broker
from reports.broker import (
    NothingPublishedError,
    Publication,
    QueryRefusedError,
    Scope,
    ScopeError,
    open_publication,
    rows,
    run_sql,
)

TABLES = sorted(PUBLISHED_TABLES)
# What names the place that a row is about; a row with several is about each of them.
AT_PLACE = (
    "office_code", "from_office_code", "from_place", "site", "to_office_code", "to_place",
)  # fmt: skip
# Cases may be anywhere: they belong to the place of their submission.
OF_CASES = ("rpt_case_events", "rpt_promise_risk")
OF_ALL = {"all"}


def test_it_follows_the_pointer_to_the_current_generation(publication: Publication) -> None:
    assert publication.generation == synthetic_publication.GENERATION
    assert publication.as_of == datetime(2026, 11, 20, 3, 0, 0, 654321, tzinfo=UTC)


def test_an_empty_home_is_told_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(NothingPublishedError, match="passport load"):
        open_publication(load_settings(tmp_path).home)


@pytest.mark.parametrize("name", ["20200101T000000-000009", "../../etc", "."])
def test_a_generation_that_is_not_kept_is_told(settings: Settings, name: str) -> None:
    with pytest.raises(NothingPublishedError, match="is not kept"):
        open_publication(settings.home, name)


@pytest.mark.parametrize(
    "sql",
    [
        "select * from read_text('/etc/hostname')",
        "select * from read_csv('/etc/passwd')",
        "select * from '/etc/passwd'",
        "select * from glob('/*')",
        "copy (select 1) to '/tmp/stolen.csv'",
        "attach '/tmp/other.duckdb'",
        "install httpfs",
        "load httpfs",
        "set enable_external_access = true",
        "set lock_configuration = false",
        "pragma enable_external_access = true",
        "delete from rpt_places",
        "update rpt_places set name = 'x'",
        "drop table rpt_places",
        "create table published.main.mine as select 1",
        "detach published",
        "export database '/tmp/stolen'",
        "select 1; drop table rpt_places",
        "select * from nowhere",
        "not sql",
        "",
    ],
)
def test_a_free_query_reads_no_file_and_writes_nothing(publication: Publication, sql: str) -> None:
    with pytest.raises(QueryRefusedError):
        run_sql(publication, sql)


def test_the_connection_itself_is_locked(publication: Publication) -> None:
    """Even past `run_sql`, DuckDB refuses files, extensions, settings and writes."""
    for sql in (
        "select * from read_text('/etc/hostname')",
        "copy (select 1) to '/tmp/stolen.csv'",
        "install httpfs",
        "set enable_external_access = true",
        "delete from published.main.rpt_places",
    ):
        with publication.connection.cursor() as cursor, pytest.raises(Exception, match=r"\w"):
            cursor.execute(sql).fetchall()
    assert not Path("/tmp/stolen.csv").exists()


def test_a_free_query_names_tables_barely_and_gives_times_in_utc(publication: Publication) -> None:
    answer = run_sql(publication, "select generation, as_of from rpt_generations;")
    assert answer.columns == ("generation", "as_of")
    [(generation, as_of)] = answer.rows
    assert generation == publication.generation
    assert as_of.isoformat() == "2026-11-20T03:00:00.654321+00:00"


@pytest.mark.parametrize("name", ["", "ALL", "zone:", "office", "zone:a\nb", "everything"])
def test_a_name_that_is_no_scope_is_refused(name: str) -> None:
    with pytest.raises(ScopeError, match="is not a scope"):
        Scope(name)


def test_a_table_without_a_scope_rule_cannot_be_asked(publication: Publication) -> None:
    with pytest.raises(ScopeError, match="rpt_secrets"):
        rows(publication, Scope("all"), "select * from rpt_secrets")


def test_every_published_table_has_a_scope_rule() -> None:
    assert set(broker._RULES) == set(PUBLISHED_TABLES)


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Publication]:
    """Every published table, with rows about every place."""
    home = tmp_path_factory.mktemp("every_table")
    synthetic_publication.publish(home, more=every_other_table())
    with closing(open_publication(load_settings(home).home)) as opened:
        yield opened


def every_other_table() -> str:
    """SQL that gives every table a row a place, and a row a scope; what tells of them stays."""
    places = """
        select
            office_code as place,
            coalesce(lead(office_code) over (order by office_code), 'KAR-1') as next_place,
            (select min(application_id) from rpt_applications as cases
                where cases.office_code = places.office_code) as application,
            unnest(['office:' || office_code, 'zone:' || zone, 'country']
                || if(kind = 'mission', ['missions'], [])) as scope
        from rpt_places as places
    """
    values = {"place_scope": "scope", "application_id": "application"}
    values |= dict.fromkeys(AT_PLACE[:3], "place") | dict.fromkeys(AT_PLACE[3:], "next_place")
    kept = {"rpt_places", "rpt_applications", "rpt_freshness", "rpt_generations"}
    return "".join(
        f"create or replace table {table.name} as select distinct "
        + ", ".join(f"{values.get(name, 'null')} as {name}" for name in table.columns)
        + f" from ({places});"
        for table in PUBLISHED_TABLES.values()
        if table.name not in kept
    )


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize(
    "name", ["zone:Karachi", "office:KAR-2", "office:LAH-1", "missions", "zone:Nowhere"]
)
def test_no_row_of_another_place_comes_through(
    everything: Publication, name: str, table: str
) -> None:
    seen = rows(everything, Scope(name), f"select * from {table}")
    places = run_sql(everything, "select office_code, zone, kind from rpt_places").rows
    allowed = {
        code
        for code, zone, kind in places
        if name in (f"zone:{zone}", f"office:{code}", "missions" if kind == "mission" else None)
    }
    whole = run_sql(everything, f"select count(*) from {table}").rows[0][0]
    at_place = [column for column in AT_PLACE if column in seen]
    if table in OF_CASES:
        every_case = "select application_id, office_code from rpt_applications"
        cases = run_sql(everything, every_case).rows
        mine = {case for case, office in cases if office in allowed}
        assert set(seen["application_id"]) <= mine
    elif "place_scope" in seen:
        assert set(seen["place_scope"]) <= {name} | {f"office:{code}" for code in allowed}
    elif at_place:
        about = [set(row) & (allowed | OF_ALL) for row in seen[at_place].itertuples(index=False)]
        assert all(about)
    else:
        assert len(seen) == whole
        return
    assert (len(seen) > 0) == bool(allowed or table == "rpt_freshness")
    assert len(seen) < whole


@pytest.mark.parametrize("table", TABLES)
def test_whoever_may_see_all_sees_every_row(everything: Publication, table: str) -> None:
    [(total,)] = run_sql(everything, f"select count(*) from {table}").rows
    assert len(rows(everything, Scope("all"), f"select * from {table}")) == total > 0


def test_a_scope_that_looks_like_sql_is_only_a_name(publication: Publication) -> None:
    scope = Scope("office:x' or '1'='1")
    assert rows(publication, scope, "select * from rpt_places").empty
    assert rows(publication, scope, "select * from rpt_volumes").empty
