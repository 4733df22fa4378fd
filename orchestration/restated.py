"""What a publication tells otherwise than the one before: days that were over, restated.

A row that comes late changes figures of the day it is about. A reader who cited them finds in
`rpt_generations` from which day on they were told anew, and asks an older generation for the rest.
"""

from datetime import date, timedelta
from pathlib import Path

import duckdb

from orchestration.generation_files import columns_of, has_table, hashed
from orchestration.landing import sql_text
from orchestration.published_tables import PUBLISHED_TABLES

# So far back, and no further: years of history cost nothing.
LOOKS_BACK = timedelta(days=400)
# Their rows of a day that is over change by late rows only, never by what happens next.
FIGURES_OF_DAYS = ("rpt_volumes", "rpt_backlog_daily", "rpt_queue_daily", "rpt_deliveries")


def restated_from(
    connection: duckdb.DuckDBPyConnection, previous: Path, over_before: date
) -> date | None:
    """The first of the 400 days before `over_before` whose figures differ from the file `previous`.

    `connection` is to the file being made. None where all of them stand.
    """
    connection.execute(f"attach {sql_text(str(previous))} as previous (read_only)")
    try:
        found = [
            _first_difference(connection, table, over_before)
            for table in FIGURES_OF_DAYS
            if has_table(connection, table) and has_table(connection, table, "previous")
        ]
    finally:
        connection.execute("detach previous")
    return min((day for day in found if day), default=None)


def _first_difference(
    connection: duckdb.DuckDBPyConnection, table: str, over_before: date
) -> date | None:
    kinds, kinds_then = (columns_of(connection, name) for name in (table, f"previous.main.{table}"))
    # a column that is new tells nothing otherwise
    promised = {n: kinds[n] for n in PUBLISHED_TABLES[table].columns if n in kinds_then}
    now, then = (
        f"select day, {hashed(promised)} as total from {source}"
        f" where day >= date '{over_before - LOOKS_BACK}' and day < date '{over_before}'"
        " group by day"
        for source in (f"main.{table}", f"previous.main.{table}")
    )
    row = connection.execute(
        f"select min(day) from ({now}) as present full join ({then}) as earlier using (day)"
        " where present.total is distinct from earlier.total"
    ).fetchone()
    return row[0] if row else None
