"""A table as a file that says what it holds, and that no spreadsheet runs: CSV, XLSX, PDF."""

import csv
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

import pandas as pd
import typst
import xlsxwriter

from language import is_right_to_left, language, say
from reports import wording
from reports.facts.days import plain_day
from reports.printable import FONTS, printable

Kind = Literal["csv", "xlsx", "pdf"]
MEDIA_TYPES: Mapping[Kind, str] = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
}
# More rows are no longer read on paper; the file says how many it leaves out.
ROWS_ON_PAPER = 1000
_TEMPLATE = Path(__file__).parent / "templates" / "table.typ"
# A spreadsheet takes a cell that begins with one of these for a formula.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Told:
    """What a file says about itself: of which table, as of when (aware), within which filters."""

    title: str
    as_of: datetime
    generation: str
    filters: Mapping[str, str]

    def lines(self) -> dict[str, str]:
        """Each as a name and a text; times are UTC."""
        moment = self.as_of.isoformat(timespec="seconds")
        return {"as of": moment, "generation": self.generation, **self.filters}


def as_file(kind: Kind, frame: pd.DataFrame, told: Told) -> bytes:
    """The table as a file of that kind, its words in the language of now."""
    match kind:
        case "csv":
            return to_csv(frame, told)
        case "xlsx":
            return to_xlsx(frame, told)
        case "pdf":
            return to_pdf(frame, told)


def safe_cell(value: object) -> object:
    """The value, with an apostrophe before text that a spreadsheet would run."""
    if isinstance(value, str) and value.startswith(_FORMULA_STARTS):
        return f"'{value}"
    return value


def to_csv(frame: pd.DataFrame, told: Told) -> bytes:
    """UTF-8 CSV with a byte order mark. Lines above the header say the as-of time (UTC), the
    generation and each filter; null is an empty cell."""
    file = io.StringIO()
    writer = csv.writer(file)
    for name, value in told.lines().items():
        writer.writerow([f"# {name}", safe_cell(value)])
    writer.writerow([safe_cell(str(column)) for column in frame.columns])
    for row in frame.itertuples(index=False, name=None):
        writer.writerow(["" if pd.isna(value) else safe_cell(value) for value in row])
    return file.getvalue().encode("utf-8-sig")


def to_xlsx(frame: pd.DataFrame, told: Told) -> bytes:
    """A workbook of one sheet, notes above the header as in CSV. Numbers stay numbers, days and
    moments (UTC) stay dates; text is only ever text."""
    file = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(file, {**options, "default_date_format": "yyyy-mm-dd hh:mm"}) as book:
        sheet = book.add_worksheet()
        if is_right_to_left():
            sheet.right_to_left()
        bold = book.add_format({"bold": True})
        notes = told.lines()
        for number, (name, value) in enumerate(notes.items()):
            sheet.write_string(number, 0, f"# {name}")
            sheet.write_string(number, 1, str(safe_cell(value)))
        header = len(notes)
        for place, column in enumerate(frame.columns):
            sheet.write_string(header, place, str(safe_cell(str(column))), bold)
        for number, row in enumerate(frame.itertuples(index=False, name=None), header + 1):
            for place, value in enumerate(row):
                _write_cell(sheet, number, place, value)
        sheet.freeze_panes(header + 1, 0)
        sheet.autofit()
    return file.getvalue()


def to_pdf(frame: pd.DataFrame, told: Told) -> bytes:
    """The table on paper (PDF/A-2a, PDF/UA-1), its first rows where it is long."""
    shown = frame.head(ROWS_ON_PAPER)
    left_out = len(frame) - len(shown)
    data = {
        "language": language(),
        "is_right_to_left": is_right_to_left(),
        "title": told.title.replace("_", " ").capitalize(),
        "notes": [f"{name}: {value}" for name, value in told.lines().items()],
        "left_out": say("{n} more rows are left out.", n=wording.decimal(left_out))
        if left_out
        else "",
        "page": say("Page"),
        "columns": [str(column) for column in frame.columns],
        "is_number": [pd.api.types.is_numeric_dtype(kind) for kind in frame.dtypes],
        "rows": [[_written(value) for value in row] for row in shown.itertuples(index=False)],
    }
    with TemporaryDirectory(prefix="passport-export-") as name:
        folder = Path(name)
        (folder / "main.typ").write_bytes(_TEMPLATE.read_bytes())
        written = printable(json.dumps(data, ensure_ascii=False))
        (folder / "data.json").write_text(written, encoding="utf-8")
        pdf = typst.compile(
            folder / "main.typ",
            root=folder,
            font_paths=[FONTS],
            ignore_system_fonts=True,
            format="pdf",
            pdf_standards=["a-2a", "ua-1"],
            timestamp=told.as_of.replace(microsecond=0),
        )
    if not isinstance(pdf, bytes):
        raise TypeError("the table came out as several files")
    return pdf


def _write_cell(sheet: xlsxwriter.worksheet.Worksheet, row: int, place: int, value: object) -> None:
    if value is None or value is pd.NaT or value != value:
        return
    if isinstance(value, bool):
        sheet.write_boolean(row, place, value)
    elif isinstance(value, datetime):
        sheet.write_datetime(row, place, value.replace(tzinfo=None))
    elif isinstance(value, str):
        sheet.write_string(row, place, str(safe_cell(value)))
    elif pd.api.types.is_number(value):
        sheet.write_number(row, place, float(value))  # type: ignore[arg-type]
    else:
        sheet.write_string(row, place, str(safe_cell(str(value))))


def _written(value: object) -> str:
    """A cell on paper; null is a dash."""
    if value is None or value is pd.NaT or value != value:
        return "–"
    if isinstance(value, datetime) and (value.hour or value.minute or value.tzinfo):
        return value.strftime("%Y-%m-%d %H:%M")
    if isinstance(value, date):
        return plain_day(value)
    if not isinstance(value, bool) and pd.api.types.is_number(value):
        return wording.amount(float(value))  # type: ignore[arg-type]
    return wording.isolated(str(value))
