"""Reference records: read whole at every run, of which only changed rows land.

A version of a row starts at its `updated_at`, else at the run's now (`observed_at`). A run whose
now lies before the newest version adds none: the past is not rewritten by what is known today.
"""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import duckdb
import sqlalchemy as sa

from contract import Record, landed_columns
from orchestration.landing import Chunk, files_relation, settle, version_cursor
from orchestration.ledger import loads
from orchestration.sources import EVERYTHING


def is_outdated(store: sa.Engine, record: Record, now: datetime) -> bool:
    """Whether versions of `record` were observed after `now` (UTC without zone)."""
    newest = loads.newest_observation(store, record.name)
    return newest is not None and now < newest


def settle_versions(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    part: str,
    first_row: int,
    record: Record,
    earlier: Sequence[str],
    admitted: Sequence[Path],
) -> Chunk:
    """Take out of `table` the rows that equal the newest landed version of their key.

    A key twice with different contents in one reading is a conflict; against what landed before
    it is a change. A row with its own `updated_at` is a version by that moment, whatever landed
    since: it equals the landed version of the same moment or is a conflict.
    """
    return settle(
        connection,
        table,
        part,
        first_row,
        record,
        EVERYTHING,
        earlier,
        [_newest(record, admitted)] if admitted else [],
        later_is_change=True,
    )


def _newest(record: Record, admitted: Sequence[Path]) -> str:
    """The landed rows that a row read now may repeat, as a relation."""
    keys = ", ".join(f'"{name}"' for name in record.key)
    cursor = version_cursor(record)
    moment = f'"{cursor}"' if cursor else "null::TIMESTAMP"
    names = ", ".join(f'"{column.name}"' for column in landed_columns(record))
    return f"""(
        select {names}, uncast, rejected_by, source_file
        from {files_relation(admitted)}
        qualify
            {moment} is not null
            or row_number() over (
                partition by {keys}, rejected_by is null
                order by coalesce({moment}, observed_at) desc, batch_id desc, batch_row desc
            ) = 1
    )"""
