"""How a command answers: exit codes, lines, tables, CSV and JSON, and what an error tells."""

import csv
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, is_dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

import typer

FAILED, USAGE, HELD, UNTOLD = 1, 2, 3, 4


class TableFormat(StrEnum):
    """How an answer is printed."""

    table = "table"
    csv = "csv"
    json = "json"


def told_of(error: Exception) -> str:
    """Our own errors speak for themselves; of any other the kind is worth telling."""
    package = type(error).__module__.split(".")[0]
    ours = package in {
        "access",
        "config",
        "delivery",
        "expectations",
        "operations",
        "orchestration",
        "reports",
        "response",
        "simulator",
    }
    return str(error) if ours else f"{type(error).__name__}: {error}"


def say(line: str) -> None:
    """A line of the answer."""
    typer.echo(line)


def progress(line: str) -> None:
    """Progress goes beside the answer, so that `--json` prints nothing else."""
    typer.echo(line, err=True)


def complain(line: str) -> None:
    """What is wrong, beside the answer."""
    typer.echo(f"passport: {line}", err=True)


def records_of(frame: Any) -> list[dict[str, Any]]:
    """The rows of a dataframe, None for what is missing."""
    return [
        {name: None if value != value else value for name, value in row.items()}
        for row in frame.astype(object).to_dict("records")
    ]


def _stored(value: object) -> object:
    """A value of the operations store, whose moments are UTC without saying so."""
    is_bare = isinstance(value, datetime) and value.tzinfo is None
    return value.replace(tzinfo=UTC) if is_bare else value  # type: ignore[attr-defined]


def _text(value: object) -> str:
    """A value as CSV has it: null empty, moments in UTC with an offset; one that a query gave
    without a zone stays as it is."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return (value.astimezone(UTC) if value.tzinfo else value).isoformat(sep=" ")
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _json_value(value: object) -> object:
    return float(value) if isinstance(value, Decimal) else _text(value)


def print_json(value: object, is_stored: bool = True) -> None:
    """`value` as JSON; where it `is_stored`, moments without a zone are the store's, in UTC."""

    def plain(entry: object) -> object:
        return _json_value(_stored(entry) if is_stored else entry)

    typer.echo(json.dumps(value, default=plain, ensure_ascii=False, indent=2))


def print_one(entry: object, as_json: bool) -> None:
    """A dataclass or mapping, a field a line."""
    fields: Mapping[str, Any] = (
        asdict(entry)  # type: ignore[arg-type]
        if is_dataclass(entry)
        else dict(entry)  # type: ignore[call-overload]
    )
    if as_json:
        print_json(fields)
        return
    width = max(map(len, fields), default=0)
    for name, value in fields.items():
        say(f"{name:{width}}  {_text(_stored(value))}")


def print_rows(rows: Sequence[Mapping[str, Any]], as_json: bool) -> None:
    """Rows of the operations store, as a table with the columns of the first."""
    if as_json:
        print_json(list(rows))
        return
    if not rows:
        say("none")
        return
    columns = list(rows[0])
    _print_table(columns, [[_text(_stored(row[name])) for name in columns] for row in rows])


def print_answer(
    columns: Sequence[str], rows: Sequence[Sequence[Any]], format_: TableFormat
) -> None:
    """What a query came to; its moments are printed as they are."""
    printers: dict[TableFormat, Callable[[], None]] = {
        TableFormat.json: lambda: print_json(
            [dict(zip(columns, row, strict=True)) for row in rows], is_stored=False
        ),
        TableFormat.csv: lambda: _print_csv(columns, rows),
        TableFormat.table: lambda: _print_table(
            columns, [[_text(value) for value in row] for row in rows]
        ),
    }
    printers[format_]()


def _print_csv(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_text(value) for value in row] for row in rows)


def _print_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    widths = [max(len(cell) for cell in column) for column in zip(columns, *rows, strict=True)]
    for row in (columns, ["─" * width for width in widths], *rows):
        cells = (f"{cell:{width}}" for cell, width in zip(row, widths, strict=True))
        say("  ".join(cells).rstrip())
