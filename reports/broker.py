"""The one way to read a publication: read-only, locked, and within the caller's scope.

Fact queries name `rpt_` tables as if they held the caller's places only. `rows` makes that true:
each table that a query names becomes a temporary view, narrowed to the scope by the rule of that
table, and nothing else is in reach. A table without a rule cannot be asked.
"""

import re
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from config import Home
from language import say

POINTER = "CURRENT"
ALL = "all"

_SCOPE = re.compile(r"all|country|missions|(zone|office|site):[^\x00-\x1f]{1,100}")
_GENERATION = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,100}")
_TABLE = re.compile(r"\brpt_\w+")
# Lists the tables whose rows lie in files of their own too, and these files.
_PARTS = "parts"
# Of which of their cases the rows in `marts.duckdb` stand instead.
_REPLACED = "replaced_cases"

# Narrows a table: the columns by which a row is about a place of the scope, in any of them. None
# at all: its rows are about the data as a whole.
_OFFICE, _PLACE_SCOPE, _CASE, _WHOLE = ("office_code",), ("place_scope",), ("application_id",), ()
# A case is with the office where it was submitted, wherever it is now; a print site has those that
# it holds. The same goes for all that follows a case.
_SUBMITTED = ("case",)

_RULES: Mapping[str, tuple[str, ...]] = {
    "rpt_applications": _SUBMITTED,
    "rpt_arrivals": _OFFICE,
    "rpt_audit_cases": _CASE,
    "rpt_backlog_daily": _OFFICE,
    "rpt_booklets": ("site",),
    "rpt_bottlenecks": _OFFICE,
    "rpt_boxes": ("from_office_code", "to_office_code"),
    "rpt_case_events": _CASE,
    "rpt_checks": _WHOLE,
    "rpt_complaint_cases": _OFFICE,
    "rpt_complaints": _PLACE_SCOPE,
    "rpt_consumables": _OFFICE,
    "rpt_deliveries": _PLACE_SCOPE,
    "rpt_findings": _PLACE_SCOPE,
    "rpt_forecast": _PLACE_SCOPE,
    "rpt_freshness": _OFFICE,
    "rpt_generations": _WHOLE,
    "rpt_incident_events": _PLACE_SCOPE,
    "rpt_incident_messages": _PLACE_SCOPE,
    "rpt_incidents": _PLACE_SCOPE,
    "rpt_legs": _OFFICE,
    "rpt_link_now": _OFFICE,
    "rpt_links": _OFFICE,
    "rpt_load": _WHOLE,
    "rpt_machine_now": _OFFICE,
    "rpt_machines": _OFFICE,
    "rpt_metrics": _WHOLE,
    "rpt_place_now": _OFFICE,
    "rpt_places": _OFFICE,
    "rpt_print": _OFFICE,
    "rpt_print_queue": ("site",),
    "rpt_process_moves": _PLACE_SCOPE,
    "rpt_process_variants": _PLACE_SCOPE,
    "rpt_promise": _PLACE_SCOPE,
    "rpt_promise_risk": _CASE,
    "rpt_quarantine": _WHOLE,
    "rpt_queue": _OFFICE,
    "rpt_queue_daily": _PLACE_SCOPE,
    "rpt_reconciliation": _WHOLE,
    "rpt_redistribution": ("from_place", "to_place"),
    "rpt_rush": _OFFICE,
    "rpt_staff": _OFFICE,
    "rpt_staffing": _OFFICE,
    "rpt_stage_times": _PLACE_SCOPE,
    "rpt_turnaround": _PLACE_SCOPE,
    "rpt_volumes": _PLACE_SCOPE,
}
# Rows about every place are about each: these tables have them, under this code.
_OF_ALL_PLACES = {"rpt_freshness": "all"}


class NothingPublishedError(Exception):
    """No publication can be read: none was made yet, or the named generation is not kept."""


class ScopeError(Exception):
    """A scope that is not one, or a question that no scope rule covers."""


class QueryRefusedError(Exception):
    """The statement is not one read-only query, or DuckDB could not answer it."""


@dataclass(frozen=True)
class Scope:
    """Which places a caller may see: `all`, a `place_scope` of the publication, or a print site.

    Raises ScopeError for a name that is neither `all`, `country`, `missions`, `zone:<zone>`,
    `office:<code>` nor `site:<code>`.
    """

    name: str

    def __post_init__(self) -> None:
        if not _SCOPE.fullmatch(self.name):
            raise ScopeError(
                f"{self.name!r} is not a scope; use all, country, missions, zone:<zone>, "
                "office:<code> or site:<code>"
            )

    @property
    def place_scope(self) -> str:
        """The key under which the aggregates of the whole scope are published; a print site is
        published as the office that it is."""
        if self.is_site:
            return f"office:{self.name.partition(':')[2]}"
        return "country" if self.name == ALL else self.name

    @property
    def is_site(self) -> bool:
        """True for a print site, which sees the cases that it holds."""
        return self.name.startswith("site:")

    @property
    def title(self) -> str:
        """The scope as a reader would say it."""
        kind, _, value = self.name.partition(":")
        match kind:
            case "zone":
                return say("Zone {name}", name=value)
            case "office":
                return say("Office {name}", name=value)
            case "site":
                return say("Print site {name}", name=value)
            case "missions":
                return say("Missions")
            case _:
                return say("Whole authority")


@dataclass(frozen=True)
class Publication:
    """One immutable generation, open for reading. `as_of` is aware, in UTC."""

    generation: str
    as_of: datetime
    path: Path
    connection: duckdb.DuckDBPyConnection = field(repr=False, compare=False)

    def close(self) -> None:
        """Gives the file back; the publication cannot be asked any more."""
        self.connection.close()


@dataclass(frozen=True)
class Answer:
    """What a free query returned: names of the columns, and rows as Python values."""

    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]


def current_generation(home: Home) -> str:
    """The generation that `CURRENT` names. Raises NothingPublishedError where there is none."""
    pointer = home.published / POINTER
    try:
        return pointer.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        raise NothingPublishedError(
            f"nothing is published in {home.path} yet; load some data first: "
            "`passport load --from DAY --to DAY`, or `passport run hourly`"
        ) from None


def open_publication(
    home: Home,
    generation: str | None = None,
    *,
    memory_limit_mb: int = 1024,
    threads: int = 2,
) -> Publication:
    """Opens a generation (default: the current one) read-only and locks the configuration.

    The session's time zone is UTC. Raises NothingPublishedError where there is nothing to open.
    """
    name = generation or current_generation(home)
    path = home.published / name / "marts.duckdb"
    if not _GENERATION.fullmatch(name) or not path.is_file():
        raise NothingPublishedError(
            f"generation {name!r} is not kept in {home.published}; "
            "`passport generations` lists those that are"
        )
    connection = duckdb.connect(
        ":memory:",
        config={
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "allow_community_extensions": False,
            "memory_limit": f"{memory_limit_mb}MB",
            "threads": threads,
        },
    )
    _attach(connection, path)
    connection.execute("set timezone = 'UTC'")
    connection.execute("set enable_external_access = false")
    connection.execute("set lock_configuration = true")
    found = connection.execute(
        "select as_of from published.main.rpt_generations where generation = $name", {"name": name}
    ).fetchone()
    if found is None:
        connection.close()
        raise NothingPublishedError(
            f"{path} does not name itself in rpt_generations: not a publication"
        )
    return Publication(name, found[0].astimezone(UTC), path, connection)


def _attach(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Attach every file of a generation; `published` shows the tables of all of them as one."""
    connection.execute(f"attach {_literal(str(path))} as marts (read_only)")
    tables = [name for (name,) in connection.execute("show tables from marts").fetchall()]
    queries = {
        name: f"select * from marts.main.{name}"
        for name in tables
        if name not in (_PARTS, _REPLACED)
    }
    if _PARTS in tables:
        parts = connection.execute(
            "select catalog, table_name, (table_name, catalog) in"
            f" (select (table_name, catalog) from marts.main.{_REPLACED})"
            f" from marts.main.{_PARTS} order by all"
        ).fetchall()
        for catalog in {catalog for catalog, _, _ in parts}:
            file = path.with_name(f"{catalog}.duckdb")
            connection.execute(f"attach {_literal(str(file))} as {catalog} (read_only)")
        for catalog, name, is_replaced in parts:
            queries[name] += f" union all select * from {catalog}.main.{name}"
            if is_replaced:
                queries[name] += (
                    f" where application_id not in (select application_id"
                    f" from marts.main.{_REPLACED}"
                    f" where table_name = '{name}' and catalog = '{catalog}')"
                )
    connection.execute("attach ':memory:' as published")
    for name, query in queries.items():
        connection.execute(f"create view published.main.{name} as {query}")


def rows(
    publication: Publication,
    scope: Scope,
    sql: str,
    parameters: Mapping[str, object] | None = None,
) -> pd.DataFrame:
    """Answers a fact query on the `rpt_` tables, narrowed to `scope`. Safe from any thread.

    `parameters` are named (`$day`). Raises ScopeError for a table without a scope rule.
    """
    with publication.connection.cursor() as cursor:
        for table in sorted(set(_TABLE.findall(sql))):
            cursor.execute(f"create temp view {table} as {_narrowed(table, scope)}")
        found = cursor.execute(sql, dict(parameters or {})).to_arrow_table()
    frame: pd.DataFrame = found.to_pandas()
    return frame


def records(frame: pd.DataFrame) -> list[dict[Hashable, Any]]:
    """The rows of a frame, one dict each, null as None whatever the column."""
    return frame.astype(object).where(frame.notna(), None).to_dict("records")


def run_sql(publication: Publication, sql: str) -> Answer:
    """Answers one free read-only query, without a scope: for engineers on the command line.

    Raises QueryRefusedError for anything but one query, and for one that fails.
    """
    try:
        statements = duckdb.extract_statements(sql)
        kinds = [statement.type for statement in statements]
        if len(kinds) != 1 or kinds[0] not in (
            duckdb.StatementType.SELECT,
            duckdb.StatementType.EXPLAIN,
        ):
            raise QueryRefusedError("one query is answered at a time, and only a query: `select …`")
        with publication.connection.cursor() as cursor:
            cursor.execute("use published")
            cursor.execute(statements[0])
            columns = tuple(column[0] for column in cursor.description or ())
            return Answer(columns, cursor.fetchall())
    except duckdb.Error as error:
        raise QueryRefusedError(str(error)) from error


def _narrowed(table: str, scope: Scope) -> str:
    columns = _RULES.get(table)
    if columns is None:
        raise ScopeError(f"{table} has no scope rule in reports/broker.py, so it cannot be asked")
    source = f"select * from published.main.{table}"
    if columns == _WHOLE or scope.place_scope == "country":
        return source
    conditions = [_within(column, scope) for column in columns]
    if code := _OF_ALL_PLACES.get(table):
        conditions.append(f"office_code = {_literal(code)}")
    return f"{source} where {' or '.join(conditions)}"


def _within(column: str, scope: Scope) -> str:
    """A condition: the column names a place of the scope, an aggregate or a case of one."""
    offices = f"select office_code from published.main.rpt_places where {_places(scope)}"
    case_at = "holding_office_code" if scope.is_site else "office_code"
    match column:
        case "place_scope":
            within = f"select 'office:' || office_code from ({offices})"
            return f"place_scope = {_literal(scope.place_scope)} or place_scope in ({within})"
        case "case":
            return f"{case_at} in ({offices})"
        case "application_id":
            cases = "select application_id from published.main.rpt_applications"
            return f"application_id in ({cases} where {case_at} in ({offices}))"
        case _:
            return f"{column} in ({offices})"


def _places(scope: Scope) -> str:
    kind, _, value = scope.name.partition(":")
    if kind == "missions":
        return "kind = 'mission'"
    return f"{'zone' if kind == 'zone' else 'office_code'} = {_literal(value)}"


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
