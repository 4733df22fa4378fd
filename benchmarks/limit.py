"""The limit of a full build: the reporting tables from landing by one hand-written script.

    python -m benchmarks.limit --home /srv/passport [--examples 3] [--to limit.duckdb]

One process and one connection run the files of `benchmarks/limit/` in order. They read the batches
that the warehouse of the home reads, at the now of its last build, and compute each table once:
nothing incremental, no history of changes, no tests. Each table is then compared with that of the
home's warehouse by the published columns, as multisets of rows, doubles to six decimals. Prints a
row per table, published or shared, with its seconds, and the total with the peak memory before the
comparing; exit 1 where rows differ or a table is missing.

Left out are the tables that a publication fills from the operations store (FROM_THE_STORE,
INCIDENTS), the search for rushes and bottlenecks (SEARCHED, SEARCHED_COLUMNS), which is no figure
but a judgement, and the copies of the ledger and of the list of metrics (COPIED). A
table that is computed from data and not covered here is listed as such.
"""

import argparse
import re
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb

from config import Settings, load_settings
from orchestration.generation_files import columns_of, count_rows, has_table
from orchestration.landing import sql_text
from orchestration.published_tables import FROM_THE_STORE, PUBLISHED_TABLES
from orchestration.warehouse import BuiltRun, built_run

STATEMENTS = Path(__file__).with_name("limit")
INCIDENTS = ("rpt_incidents", "rpt_incident_events", "rpt_incident_messages")
SEARCHED = ("rpt_arrivals", "rpt_rush", "rpt_bottlenecks", "rpt_findings")
SEARCHED_COLUMNS = ("in_rush",)
INSIGHT = tuple(name for name, table in PUBLISHED_TABLES.items() if table.schema == "insight")
COPIED = ("rpt_load", "rpt_quarantine", "rpt_reconciliation", "rpt_metrics")
_CREATED = re.compile(r"create (?:temp )?table (\w+)")


@dataclass(frozen=True)
class Step:
    """One statement: the table it makes, rows, seconds by the clock and of all processors."""

    table: str
    rows: int
    seconds: float
    cpu_seconds: float


def compute(settings: Settings, run: BuiltRun, file: Path) -> Iterator[Step]:
    """Compute the tables into `file`, new; gives each statement's step as it ends."""
    with closing(_connect(settings, file)) as connection:
        for name in ("now_at", "authority_timezone", "process_months"):
            connection.execute(f"set variable {name} = $value", {"value": getattr(run, name)})
        for path in sorted(STATEMENTS.glob("*.sql")):
            for statement in connection.extract_statements(path.read_text(encoding="utf-8")):
                yield _step(connection, statement, path.stem)
        yield _step(connection, "checkpoint", "checkpoint")


def _step(connection: duckdb.DuckDBPyConnection, statement: Any, place: str) -> Step:
    started, cpu_started = time.perf_counter(), time.process_time()
    connection.execute(statement)
    seconds, cpu_seconds = time.perf_counter() - started, time.process_time() - cpu_started
    made = _CREATED.search(getattr(statement, "query", statement))
    if made is None:
        return Step(f"({place})", 0, seconds, cpu_seconds)
    return Step(made[1], count_rows(connection, made[1]), seconds, cpu_seconds)


def differing(connection: duckdb.DuckDBPyConnection, table: str, examples: int) -> tuple[int, str]:
    """How many rows of a table only one side has, and some of them as text."""
    kinds = columns_of(connection, f"built.reporting.{table}")
    columns = {
        name: kinds[name]
        for name in PUBLISHED_TABLES[table].columns
        if name in kinds and name not in SEARCHED_COLUMNS
    }
    values = ", ".join(
        f'round("{name}", 6) as "{name}"' if kind == "DOUBLE" else f'"{name}"::{kind} as "{name}"'
        for name, kind in columns.items()
    )
    names = ", ".join(f'"{name}"' for name in columns)
    both = f"""
        select hash({names}) as identity, *
        from (
            select 1 as side, {values} from {table}
            union all
            select -1 as side, {values} from built.reporting.{table}
        )
    """
    unequal = f"select identity from ({both}) group by identity having sum(side) <> 0"
    row = connection.execute(
        f"""
        select coalesce(sum(abs(sides)), 0)::bigint
        from (select sum(side) as sides from ({both}) group by identity having sides <> 0)
        """
    ).fetchone()
    assert row is not None
    rows = int(row[0])
    if not rows or not examples:
        return rows, ""
    grain = PUBLISHED_TABLES[table].grain
    shown = connection.sql(
        f"""
        select if(side = 1, 'limit', 'built') as side, * exclude (side, identity)
        from ({both}) where identity in ({unequal})
        order by {", ".join(grain)}, side limit {2 * examples}
        """
    )
    found = [dict(zip(shown.columns, row, strict=True)) for row in shown.fetchall()]
    return rows, "\n".join(str(row) for row in found)


def _connect(settings: Settings, file: Path) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(
        file,
        config={
            "memory_limit": f"{settings.memory_limit_mb}MB",
            "threads": settings.threads,
            "temp_directory": str(file.with_suffix(".spill")),
        },
    )
    connection.execute(f"attach {sql_text(str(settings.home.warehouse))} as built (read_only)")
    return connection


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, help="default: PASSPORT_HOME")
    parser.add_argument("--to", type=Path, help="keep the tables in this file")
    parser.add_argument("--examples", type=int, default=0, help="differing rows to show a table")
    arguments = parser.parse_args()
    settings = load_settings(arguments.home)
    run = built_run(settings.home)
    if run is None or not run.is_complete:
        sys.exit(f"{settings.home.warehouse} holds no complete build: run `passport rebuild`")
    work = Path(tempfile.mkdtemp(prefix="limit-"))
    file = arguments.to or work / "limit.duckdb"
    steps = list(compute(settings, run, file))
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print("| table | rows | differing rows | s | CPU s |\n|---|---|---|---|---|")
    total = 0
    shown = []
    with closing(_connect(settings, file)) as connection:
        for step in _by_table(steps):
            found = ""
            if step.table in PUBLISHED_TABLES:
                rows, examples = differing(connection, step.table, arguments.examples)
                total += rows
                found = f"{rows:,}"
                shown += [f"{step.table}\n{examples}"] if examples else []
            times = f"{step.seconds:.2f} | {step.cpu_seconds:.2f}"
            print(f"| {step.table} | {step.rows:,} | {found} | {times} |", flush=True)
        covered = [name for name in PUBLISHED_TABLES if has_table(connection, name)]
    shutil.rmtree(work)
    left_out = (*FROM_THE_STORE, *INCIDENTS, *SEARCHED, *INSIGHT, *COPIED)
    missing = [name for name in PUBLISHED_TABLES if name not in (*covered, *left_out)]
    seconds, cpu_seconds = (
        sum(step.seconds for step in steps),
        sum(step.cpu_seconds for step in steps),
    )
    print(f"| **{len(covered)} tables** | | {total:,} | {seconds:.1f} | {cpu_seconds:.1f} |")
    print(f"\npeak {peak_mb:,.0f} MB; not covered: {', '.join(missing) or 'none'};", end=" ")
    print(f"left out: {', '.join(left_out)}")
    print("\n".join(shown))
    sys.exit(1 if total or missing else 0)


def _by_table(steps: Sequence[Step]) -> list[Step]:
    """The steps, those of one file that make no table added up."""
    found: dict[str, Step] = {}
    for step in steps:
        before = found.get(step.table, Step(step.table, 0, 0, 0))
        found[step.table] = replace(
            step,
            seconds=before.seconds + step.seconds,
            cpu_seconds=before.cpu_seconds + step.cpu_seconds,
        )
    return list(found.values())


if __name__ == "__main__":
    main()
