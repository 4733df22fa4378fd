"""The broker reads one publication, within a scope, and can do nothing else."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
import synthetic_publication

from config import Settings, load_settings
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

TABLES = sorted(broker._RULES)


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


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("scope", ["zone:Karachi", "office:KAR-2", "missions", "zone:Nowhere"])
def test_no_row_of_another_place_comes_through(
    publication: Publication, scope: str, table: str
) -> None:
    seen = rows(publication, Scope(scope), f"select * from {table}")
    offices = set(rows(publication, Scope(scope), "select office_code from rpt_places").iloc[:, 0])
    everything = run_sql(publication, "select office_code, zone, kind from rpt_places").rows
    allowed = {
        code
        for code, zone, kind in everything
        if scope in (f"zone:{zone}", f"office:{code}")
        or (scope == "missions" and kind == "mission")
    }
    assert offices == allowed
    if broker._RULES[table] == broker._CASE:
        cases = rows(publication, Scope(scope), "select application_id from rpt_applications")
        assert set(seen["application_id"]) == set(cases["application_id"])
    elif broker._RULES[table] == broker._PLACE_SCOPE:
        assert set(seen["place_scope"]) <= {scope} | {f"office:{code}" for code in allowed}
    elif broker._RULES[table] != broker._WHOLE:
        assert set(seen["office_code"]) <= allowed | {"all"}


@pytest.mark.parametrize("table", TABLES)
def test_whoever_may_see_all_sees_every_row(publication: Publication, table: str) -> None:
    [(total,)] = run_sql(publication, f"select count(*) from {table}").rows
    assert len(rows(publication, Scope("all"), f"select * from {table}")) == total > 0


def test_a_scope_that_looks_like_sql_is_only_a_name(publication: Publication) -> None:
    scope = Scope("office:x' or '1'='1")
    assert rows(publication, scope, "select * from rpt_places").empty
    assert rows(publication, scope, "select * from rpt_volumes").empty
