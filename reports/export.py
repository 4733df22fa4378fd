"""A table as a file that says what it holds, and that no spreadsheet runs."""

import csv
import io
from collections.abc import Mapping
from datetime import datetime

import pandas as pd

# A spreadsheet takes a cell that begins with one of these for a formula.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def safe_cell(value: object) -> object:
    """The value, with an apostrophe before text that a spreadsheet would run."""
    if isinstance(value, str) and value.startswith(_FORMULA_STARTS):
        return f"'{value}"
    return value


def to_csv(
    frame: pd.DataFrame, *, as_of: datetime, generation: str, filters: Mapping[str, str]
) -> bytes:
    """UTF-8 CSV with a byte order mark. Lines above the header say the as-of time (UTC), the
    generation and each filter; null is an empty cell."""
    file = io.StringIO()
    writer = csv.writer(file)
    notes = {"as of": as_of.isoformat(timespec="seconds"), "generation": generation, **filters}
    for name, value in notes.items():
        writer.writerow([f"# {name}", safe_cell(value)])
    writer.writerow([safe_cell(str(column)) for column in frame.columns])
    for row in frame.itertuples(index=False, name=None):
        writer.writerow(["" if pd.isna(value) else safe_cell(value) for value in row])
    return file.getvalue().encode("utf-8-sig")
