"""What the step before publication sees: past cases as they were then, and every open case."""

from collections.abc import Iterator
from contextlib import closing
from datetime import date, datetime, timedelta

import duckdb
import pytest

from insight import risk
from orchestration import insight_tables
from orchestration.foresight.moment import Moment, moment_of
from orchestration.foresight.risks import learn_risks, past_cases, write_risks

NOW = datetime(2026, 3, 20, 9)
MOMENT = Moment(NOW, "Asia/Karachi")

# Case K is kept, M missed, W open within its promise, B open beyond it.
_WORLD = """
    create schema meta; create schema marts; create schema reporting;
    create table meta.run as
    select timestamp '2026-03-20 09:00:00' as now_at, 'Asia/Karachi' as authority_timezone;
    create table marts.dim_stages as
    select * from (
        values ('entry', 10, 'office'), ('print', 70, 'print_site'), ('sent', 110, 'carrier')
    ) as stages (stage_code, sequence, owner);
    create table marts.dim_place_calendars as
    select 'LHE' as office_code, 'one' as calendar_key;
    create table marts.dim_calendar as
    select
        'one' as calendar_key,
        day::date as calendar_date,
        isodow(day) < 6 as is_working_day,
        count(*) filter (where isodow(day) < 6) over (
            order by day rows between unbounded preceding and 1 preceding
        ) as working_days_before
    from unnest(range(date '2024-01-01', date '2027-12-31', interval 1 day)) as days (day);
    create table marts.dim_machines as select 'P1' as machine_id, 'PS' as office_code,
        'printer' as kind;
    create table reporting.rpt_print (office_code varchar, hour timestamp, tier varchar,
        good bigint);
    create table reporting.rpt_print_queue as
    select 'PS' as site, day::date as day, 'normal' as tier, 70 as waiting
    from unnest(range(date '2025-10-01', date '2026-03-21', interval 1 day)) as days (day);
    insert into reporting.rpt_print select site, day + interval 9 hour, tier, 10
    from reporting.rpt_print_queue;
    create table reporting.rpt_machines (machine_id varchar, office_code varchar, day date,
        availability_pct double);
    create table reporting.rpt_consumables (office_code varchar, item varchar, day date,
        days_left double);
    create table reporting.rpt_links (office_code varchar, day date, up_pct double);
    create table reporting.rpt_promise (period_kind varchar, period_start date,
        place_scope varchar, tier varchar, kept bigint, missed bigint, open_beyond bigint);
    create table marts.fct_applications as
    select
        *,
        'LHE' as office_code,
        'normal' as tier,
        false as is_mission,
        10 as promised_days,
        'working_days' as promise_unit,
        submitted_at::date as case_on,
        promise_due_on + interval 19 hour as promise_lapses_at,
        promise_met_at as ended_at,
        null::timestamp as cancelled_at
    from (
        values
            ('K', timestamp '2026-02-02 05:00:00', date '2026-02-16',
                timestamp '2026-02-12 08:00:00'),
            ('M', timestamp '2026-02-02 06:00:00', date '2026-02-16',
                timestamp '2026-02-20 08:00:00'),
            ('W', timestamp '2026-03-16 05:00:00', date '2026-03-30', null),
            ('B', timestamp '2026-03-02 05:00:00', date '2026-03-16', null)
    ) as cases (application_id, submitted_at, promise_due_on, promise_met_at);
    create table marts.fct_stage_events as
    select
        application_id,
        stage_code,
        'LHE' as office_code,
        occurred_at,
        recorded_at,
        case_on,
        event_number,
        lag(stage_code) over case_events as previous_stage_code,
        lag(occurred_at) over case_events as previous_event_at
    from (
        select
            application_id,
            stage_code,
            submitted_at + days * interval 1 day as occurred_at,
            submitted_at + (days + late) * interval 1 day as recorded_at,
            case_on,
            number as event_number
        from marts.fct_applications
        cross join (values ('entry', 0, 0, 1), ('print', 2, 0, 2), ('sent', 7, 3, 3))
            as stages (stage_code, days, late, number)
        where submitted_at + days * interval 1 day <= timestamp '2026-03-20 09:00:00'
    )
    window case_events as (partition by application_id order by event_number);
    create table reporting.rpt_applications as
    select
        application_id,
        office_code,
        'LHE' as holding_office_code,
        tier,
        'print' as current_stage_code,
        submitted_at + interval 2 day as stage_entered_at,
        submitted_at,
        ended_at is null as is_open,
        promise_due_on,
        case
            when application_id = 'W' then 'open_within'
            when application_id = 'B' then 'open_beyond'
            else 'kept'
        end as promise_state
    from marts.fct_applications;
"""


@pytest.fixture
def warehouse() -> Iterator[duckdb.DuckDBPyConnection]:
    with closing(duckdb.connect()) as connection:
        connection.execute(_WORLD)
        insight_tables.prepare(connection)
        yield connection


def looks(warehouse: duckdb.DuckDBPyConnection, case: str) -> dict[date, str]:
    """The stage in which a case was seen, by the day whose midnight it was seen at."""
    seen = past_cases(warehouse, MOMENT)
    seen = seen[seen["application_id"] == case]
    days = seen["seen_on"] + timedelta(hours=5)
    return {day.date(): stage for day, stage in zip(days, seen["stage_code"], strict=True)}


def test_the_days_are_the_authoritys(warehouse: duckdb.DuckDBPyConnection) -> None:
    assert moment_of(warehouse) == MOMENT
    assert MOMENT.midnight == datetime(2026, 3, 19, 19)
    assert Moment(datetime(2026, 3, 20, 20), "Asia/Karachi").today == date(2026, 3, 21)


def test_a_case_is_seen_as_it_was_and_as_far_as_it_was_told(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    seen = looks(warehouse, "M")
    # sent on the 9th, told on the 12th: unknown at the midnight of the 10th
    assert seen[date(2026, 2, 3)] == "entry"
    assert seen[date(2026, 2, 6)] == "print"
    assert seen[date(2026, 2, 9)] == "print"
    assert seen[date(2026, 2, 12)] == "print"
    assert seen[date(2026, 2, 15)] == "sent"
    # not before it was submitted, nor after the promise lapsed
    assert (min(seen), max(seen)) == (date(2026, 2, 3), date(2026, 2, 15))


def test_all_cases_of_a_due_day_count_however_they_ended(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    seen = past_cases(warehouse, MOMENT).groupby("application_id")["is_late"].all()
    assert seen.to_dict() == {"B": True, "K": False, "M": True}


def test_days_left_are_working_days_of_the_place(warehouse: duckdb.DuckDBPyConnection) -> None:
    seen = past_cases(warehouse, MOMENT)
    one = seen[(seen["application_id"] == "K")].sort_values("seen_on")
    # due at the end of Monday the 16th; seen at the midnights of the 3rd, 6th, 9th and 12th
    assert list(one["left_days"]) == [10, 7, 6, 3]
    # a queue of a week is one of five working days
    assert list(one["queue_days"]) == [5.0] * 4


def test_every_open_case_whose_promise_is_not_met_gets_its_risk(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    for _ in range(2):  # once more is the same
        learn_risks(warehouse, MOMENT)
        write_risks(warehouse, MOMENT)
    rows = warehouse.execute(
        "select application_id, probability_late, reason, expected_on"
        " from insight.rpt_promise_risk order by 1"
    ).fetchall()
    assert [row[0] for row in rows] == ["B", "W"]
    assert rows[0][1:3] == (1.0, risk.LAPSED)
    assert 0 < rows[1][1] < 1
    assert rows[1][2] == risk.LITTLE_HISTORY
    assert all(row[3] >= MOMENT.today for row in rows)


def test_a_home_without_cases_is_scored_too(warehouse: duckdb.DuckDBPyConnection) -> None:
    for table in ("marts.fct_applications", "marts.fct_stage_events", "reporting.rpt_applications"):
        warehouse.execute(f"delete from {table}")
    learn_risks(warehouse, MOMENT)
    write_risks(warehouse, MOMENT)
    count = warehouse.execute("select count(*) from insight.rpt_promise_risk").fetchone()
    assert count == (0,)
