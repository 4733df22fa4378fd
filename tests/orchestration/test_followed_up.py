"""What was decided on proposals comes into their published table, with what was seen of it."""

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import duckdb
import pytest
import sqlalchemy as sa

from config import Settings
from orchestration import insight_tables
from orchestration.decisions import write_decisions
from response.decisions import Decision, Proposal, decide
from response.store import open_store

# 14 days before with 100 minutes of waiting each, nine days with 40; a day of the past beyond.
_WORLD = """
create schema meta;
create table meta.run as
select timestamp '2026-11-20 03:00:00' as now_at, 'Asia/Karachi' as authority_timezone;
create schema reporting;
create table reporting.rpt_queue_daily as
select
    day::date as day, place_scope, 10::bigint as issued,
    case when day >= date '2026-11-10' then 240.0 when day < date '2026-10-27' then 9e9 else 600.0
        end as wait_all_mean_seconds
from unnest(generate_series(date '2026-10-20', date '2026-11-19', interval 1 day)) as days(day)
cross join (values ('office:A'), ('office:B'), ('country')) as places(place_scope);
create table reporting.rpt_backlog_daily as
select day::date as day, office_code, tier, beyond_promise
from (values
    ('2026-11-09', 'S', 'normal', 50), ('2026-11-09', 'S', 'urgent', 5),
    ('2026-11-18', 'S', 'normal', 20), ('2026-11-09', 'T', 'normal', 1),
    ('2026-11-18', 'T', 'normal', 11), ('2026-11-18', 'U', 'normal', 99)
) as rows(day, office_code, tier, beyond_promise);
"""
DAYS = (date(2026, 11, 10), date(2026, 11, 18))
STAFF = Proposal("staff-1", "staff", "B", "A", 2, "desks", *DAYS, 0, 900, "x=1")
PRINT = Proposal("print-1", "print", "S", "T", 8, "jobs_per_day", *DAYS, 30, 0, "x=1")
AHEAD = Proposal(
    "hours-1", "hours", None, "A", 1, "hours_per_day", DAYS[0], date(2026, 11, 20), 0, 60, "x=1"
)
PAST = Proposal(
    "staff-0", "staff", "B", "A", 2, "desks", date(2026, 6, 1), date(2026, 6, 9), 0, 900, "x=1"
)
UNSEEN = Proposal("hours-2", "hours", None, "Z", 1, "hours_per_day", *DAYS, 0, 60, "x=1")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    made = Settings(home_path=tmp_path)
    made.home.warehouse.parent.mkdir()
    with duckdb.connect(str(made.home.warehouse)) as warehouse:
        warehouse.execute(_WORLD)
        insight_tables.prepare(warehouse)
        warehouse.execute(
            "insert into insight.rpt_redistribution (recommendation_id, state)"
            " values ('staff-1', 'proposed'), ('new', 'proposed')"
        )
    return made


@pytest.fixture
def store(settings: Settings) -> Iterator[sa.Engine]:
    opened = open_store(settings)
    yield opened
    opened.dispose()


def published(settings: Settings) -> list[tuple[object, ...]]:
    with duckdb.connect(str(settings.home.warehouse)) as warehouse:
        return warehouse.execute(
            "select recommendation_id, state, decision_reason, seen_effect"
            " from insight.rpt_redistribution order by recommendation_id"
        ).fetchall()


def test_decisions_of_the_last_months_are_published_with_what_was_seen(
    settings: Settings, store: sa.Engine
) -> None:
    write_decisions(settings.home, store)
    assert [row[:2] for row in published(settings)] == [
        ("new", "proposed"),
        ("staff-1", "proposed"),
    ]
    at = datetime(2026, 11, 9, 8)
    for proposal in (STAFF, PRINT, AHEAD, UNSEEN, PAST):
        why = f"because of {proposal.kind}"
        decision = Decision(proposal, "accepted", why, None, "boss", "management", at)
        decide(store, decision, "country", {})
    for _ in range(2):
        write_decisions(settings.home, store)
        assert published(settings) == [
            ("hours-1", "accepted", "because of hours", None),
            ("hours-2", "accepted", "because of hours", None),
            ("new", "proposed", None, None),
            # 55 and 1 cases beyond their promise before, 20 and 11 after
            ("print-1", "accepted", "because of print", "late_avoided=25"),
            # two places, nine days, 60 minutes each
            ("staff-1", "accepted", "because of staff", "waiting_minutes_avoided=1080"),
        ]
