"""What every source gives: readings of one record, as Arrow batches without sensitive values.

A source is a PostgreSQL database (`postgres.py`) or a folder of files (`drops.py`). Both name what
went wrong in the words below, so that whoever reads them needs to know neither.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import parse_qs, urlsplit

import pyarrow as pa

from contract import Record

ROWS_PER_ARROW_BATCH = 100_000

# What is told as the name of an unknown column: a name, not a value that stands in its place.
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_ ]{0,62}")


class SourceError(Exception):
    """A record cannot be read now; the message names record, place, reason and remedy."""


class RecordAbsentError(SourceError):
    """The source is there but has no such record: no data from this source."""


class FileRefusedError(SourceError):
    """One file cannot be taken; others of its record can."""


@dataclass(frozen=True)
class CursorWindow:
    """Rows with `start <= cursor < until`, UTC without zone; None is without limit."""

    start: datetime | None
    until: datetime | None

    @property
    def is_everything(self) -> bool:
        return self.start is None and self.until is None


EVERYTHING = CursorWindow(None, None)


@dataclass(frozen=True)
class Manifest:
    """What a file's sender says of it; `fault` where the manifest itself cannot be used."""

    rows: int | None = None
    sha256: str | None = None
    control_totals: Mapping[str, float] = field(default_factory=dict)
    fault: str | None = None


@dataclass(frozen=True)
class Reading:
    """One table or file being read.

    `batches` yields Arrow batches whose columns are among the landed columns of the record, then
    `source_row` (int64, from 1). It raises SourceError where the source breaks off.
    `is_text` says that every value comes as text (CSV) and has to be cast.
    """

    name: str
    record: Record
    schema: pa.Schema
    batches: Iterator[pa.RecordBatch]
    unknown_columns: tuple[str, ...] = ()


@dataclass(frozen=True)
class Part:
    """A table or file that can be read: `open` starts the reading.

    `size`, `modified_ns` and `sha256` identify a file; a table has none of them.
    """

    name: str
    open: Callable[[], Reading]
    size: int | None = None
    modified_ns: int | None = None
    sha256: str | None = None
    manifest: Manifest | None = None


def source_name(url: str) -> str:
    """A source's URL without user, password and options, for ledger, pages and messages."""
    parts = urlsplit(url)
    # A server's socket is named by an option.
    host = parts.hostname or "".join(parse_qs(parts.query).get("host", []))
    place = host + (f":{parts.port}" if parts.port else "")
    return f"{parts.scheme}://{place}{parts.path}"


def contract_columns(
    record: Record, present: list[str], where: str, error: type[SourceError]
) -> tuple[list[str], tuple[str, ...]]:
    """The contract's columns among `present`, in the contract's order, and the unknown ones.

    Raises `error` where a required column is missing.
    """
    missing = [c.name for c in record.columns if c.required and c.name not in present]
    if missing:
        raise error(
            f"{where} lacks the required column{'s' if len(missing) > 1 else ''} "
            f"{', '.join(missing)} of record {record.name}: add what is missing at the source"
        )
    known = [column.name for column in record.columns if column.name in present]
    unknown = tuple(sorted(name for name in set(present) - set(known) if _NAME.fullmatch(name)))
    return known, unknown


def numbered(batches: Iterator[pa.RecordBatch], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """`batches` with `source_row` as last column, counted from 1 over all of them."""
    row = 1
    for batch in batches:
        rows = pa.array(range(row, row + batch.num_rows), pa.int64())
        row += batch.num_rows
        yield pa.RecordBatch.from_arrays([*batch.columns, rows], schema=schema)
