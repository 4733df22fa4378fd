"""What must hold of a new generation before readers get it.

Each check is one query on the file being published, with the warehouse attached beside it as
`warehouse`. A check tells counts and names, never a value of a row.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import duckdb

from contract import RECORDS
from orchestration.generation_files import columns_of, count_rows
from orchestration.parts import Part, settled_rows
from orchestration.published_tables import FROM_THE_STORE, PUBLISHED_TABLES, PublishedTable

# 13 digits in a row, or with the dashes of a CNIC, with no letter or digit around them.
_CNIC = r"\b[0-9]{5}-?[0-9]{7}-?[0-9]\b"
_CNIC_LENGTH = 13
_BOOKLET = r"^[A-Z]{2}[0-9]{7}$"
_IDENTIFIERS = ("_id", "_code", "_key")
_SENSITIVE = {
    column.name for record in RECORDS.values() for column in record.columns if column.sensitive
}


@dataclass(frozen=True)
class AuditResult:
    """One check of the audit: what was seen and what was expected, without values of rows."""

    check_name: str
    passed: bool
    observed: str
    expected: str

    def __str__(self) -> str:
        return f"{self.check_name}: {self.observed}, expected {self.expected}"


def audit(connection: duckdb.DuckDBPyConnection, parts: Sequence[Part]) -> list[AuditResult]:
    """Every check on the tables of the connection's own file and of the new parts beside it.

    A linked part was audited when it was written; what is looked at again is only that all parts
    and `marts.duckdb` hold as many rows as the warehouse, by month where parts are written anew.
    """
    present = _present(connection)
    results = [_tables_present(present)]
    if not results[0].passed:
        return results
    for table in PUBLISHED_TABLES.values():
        results += _table_checks(connection, table, parts)
        if table.settled_by and not parts[-1].is_linked:
            results.append(_months_arrived(connection, table, parts))
    return [*results, *_identities(connection)]


def _present(connection: duckdb.DuckDBPyConnection) -> set[str]:
    return {name for (name,) in connection.execute("show tables").fetchall()}


def _tables_present(present: set[str]) -> AuditResult:
    missing = sorted(PUBLISHED_TABLES.keys() - present)
    return AuditResult(
        "published_tables_present",
        not missing,
        f"missing {', '.join(missing)}" if missing else f"{len(present)} tables",
        f"{len(PUBLISHED_TABLES)} tables",
    )


def _table_checks(
    connection: duckdb.DuckDBPyConnection, table: PublishedTable, parts: Sequence[Part]
) -> Iterator[AuditResult]:
    columns = columns_of(connection, table.name)
    missing = [name for name in table.columns if name not in columns]
    yield AuditResult(
        f"{table.name}_columns",
        not missing,
        f"missing {', '.join(missing)}" if missing else f"{len(columns)} columns",
        f"{len(table.columns)} promised columns",
    )
    written = [
        table.name,
        *(
            f"{part.catalog}.main.{table.name}"
            for part in parts
            if table.name in part.contents and not part.is_linked
        ),
    ]
    if not missing:
        yield _grain(connection, table, written)
    yield _rows_arrived(connection, table, parts)
    yield from personal_checks(connection, table.name, written)


def _grain(
    connection: duckdb.DuckDBPyConnection, table: PublishedTable, written: Sequence[str]
) -> AuditResult:
    keys = ", ".join(f'"{name}"' for name in table.grain)
    twice = sum(
        _row(
            connection,
            f"select count(*) from (select 1 from {relation} group by {keys} having count(*) > 1)",
        )[0]
        for relation in written
    )
    return AuditResult(
        f"{table.name}_grain", twice == 0, f"{twice} keys twice", f"one row per {keys}"
    )


def _rows_arrived(
    connection: duckdb.DuckDBPyConnection, table: PublishedTable, parts: Sequence[Part]
) -> AuditResult:
    here = count_rows(connection, table.name)
    if table.name in FROM_THE_STORE:
        return AuditResult(f"{table.name}_rows", True, f"{here} rows", "rows of the store")
    here += sum(part.rows(table.name) for part in parts)
    there = count_rows(connection, table.relation)
    return AuditResult(f"{table.name}_rows", here == there, f"{here} rows", f"{there} rows")


def _months_arrived(
    connection: duckdb.DuckDBPyConnection, table: PublishedTable, parts: Sequence[Part]
) -> AuditResult:
    *months, recent = parts
    there = settled_rows(connection, table.relation, table, recent.first_day)
    here = Counter(settled_rows(connection, table.name, table, recent.first_day))
    for month in months:
        here[month.first_day] += month.rows(table.name)
    off = [f"{day:%Y-%m}" for day in here.keys() | there.keys() if here[day] != there.get(day, 0)]
    return AuditResult(
        f"{table.name}_months",
        not off,
        f"off in {', '.join(sorted(off))}" if off else f"{len(here)} months",
        "as many rows of each settled month as the warehouse has",
    )


def is_personal(column: str) -> bool:
    """Whether a column holds a sensitive value or its pseudonym."""
    return column.removesuffix("_ref") in _SENSITIVE


def personal_checks(
    connection: duckdb.DuckDBPyConnection, table: str, written: Sequence[str]
) -> Iterator[AuditResult]:
    """That a table holds nothing personal, by columns and values, in each relation `written`."""
    columns = columns_of(connection, table)
    yield _no_personal_columns(table, columns)
    yield _no_personal_values(connection, table, columns, written)


def _no_personal_columns(table: str, columns: dict[str, str]) -> AuditResult:
    personal = [name for name in columns if is_personal(name)]
    return AuditResult(
        f"{table}_has_no_personal_column",
        not personal,
        ", ".join(personal) or "none",
        "no sensitive column and no reference of one",
    )


def _no_personal_values(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    columns: dict[str, str],
    written: Sequence[str],
) -> AuditResult:
    texts = [name for name, kind in columns.items() if kind == "VARCHAR"]
    tests = [
        f'count(*) filter (where length("{name}") >= {_CNIC_LENGTH}'
        f" and regexp_matches(\"{name}\", '{_CNIC}'))"
        for name in texts
    ] + [
        f"count(*) filter (where regexp_matches(\"{name}\", '{_BOOKLET}'))"
        for name in texts
        if not name.endswith(_IDENTIFIERS)
    ]
    rows = 0
    if tests:
        for relation in written:
            rows += sum(_row(connection, f"select {', '.join(tests)} from {relation}"))
    return AuditResult(
        f"{table}_has_no_personal_value",
        rows == 0,
        f"{rows} values like a CNIC or a booklet number",
        "none",
    )


_IDENTITIES = {
    "backlog_balances": (
        "select count(*) from rpt_backlog_daily where opening + entered - left_count <> closing",
        "opening + entered - left = closing in every cell",
    ),
    "backlog_opens_as_it_closed": (
        """
        select count(*) from (
            select
                day, opening,
                lag(day) over cell as day_before,
                lag(closing) over cell as closing_before
            from rpt_backlog_daily
            window cell as (partition by office_code, stage_code, tier order by day)
        )
        where opening <> case when day_before = day - 1 then closing_before else 0 end
        """,
        "every cell opens with yesterday's closing, or with none",
    ),
    "backlog_is_the_open_cases": (
        """
        select abs(
            (
                select coalesce(sum(closing), 0)
                from rpt_backlog_daily
                where day = (select max(day) from rpt_backlog_daily)
            )
            - (
                select count(*)
                from warehouse.marts.fct_applications, warehouse.meta.run
                where submitted_at <= now_at and (ended_at is null or ended_at > now_at)
            )
        )
        """,
        "as many cases in the newest day's backlog as are open by now",
    ),
    "every_application_is_published": (
        """
        select abs(
            (select count(*) from warehouse.reporting.rpt_applications)
            - (select count(*) from warehouse.marts.fct_applications)
        )
        """,
        "as many applications as the mart holds",
    ),
    "promises_are_partitioned": (
        """
        select abs(
            (
                select count(*) from warehouse.reporting.rpt_applications
                where promise_state not in ('cancelled', 'none')
            )
            - (
                select coalesce(sum(kept + missed + open_within + open_beyond), 0)
                from rpt_promise
                where period_kind = 'day' and place_scope = 'country' and tier = 'all'
            )
        )
        """,
        "every case with a promise is kept, missed, open within or open beyond, and due once",
    ),
    "queue_adds_up": (
        "select count(*) from rpt_queue"
        " where issued <> served + left_count + no_show + still_waiting",
        "issued = served + left + not there + still waiting in every half-hour",
    ),
    "risks_are_probabilities": (
        "select count(*) from rpt_promise_risk"
        " where probability_late is null or probability_late not between 0 and 1",
        "0 ≤ probability_late ≤ 1 in every row",
    ),
    "every_open_promise_has_its_risk": (
        """
        select abs(
            (select count(*) from rpt_promise_risk)
            - (
                select count(*) from warehouse.reporting.rpt_applications
                where is_open and promise_state in ('open_within', 'open_beyond')
            )
        )
        """,
        "as many risks as open cases whose promise is not met",
    ),
    "forecasts_are_in_order": (
        "select count(*) from rpt_forecast where not (0 <= p10 and p10 <= p50 and p50 <= p90)",
        "0 ≤ p10 ≤ p50 ≤ p90 in every row",
    ),
    "print_jobs_add_up": (
        "select count(*) from rpt_print where jobs <> good + spoiled",
        "jobs = good + spoiled in every hour of every machine",
    ),
    "rows_are_conserved": (
        "select count(*) from rpt_load"
        " where rows_read <> rows_admitted + rows_quarantined + rows_held",
        "read = admitted + quarantined + held in every batch",
    ),
}


def _identities(connection: duckdb.DuckDBPyConnection) -> Iterator[AuditResult]:
    for name, (sql, law) in _IDENTITIES.items():
        (off,) = _row(connection, sql)
        yield AuditResult(name, off == 0, f"off by {off}", law)


def _row(connection: duckdb.DuckDBPyConnection, sql: str) -> Sequence[int]:
    row = connection.execute(sql).fetchone()
    assert row is not None
    return row
