"""An exported table says what it holds, and no spreadsheet runs it."""

import csv
import io
from datetime import UTC, datetime

import openpyxl
import pandas as pd
import pdf_text
import pikepdf
import pytest

from language import speaking
from reports.export import ROWS_ON_PAPER, Told, as_file, safe_cell


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_text_that_a_spreadsheet_would_run_is_escaped(start: str) -> None:
    assert safe_cell(f"{start}cmd|' /C calc'!A0") == f"'{start}cmd|' /C calc'!A0"


@pytest.mark.parametrize("value", ["plain", "", -5, 3.5, None, "a=b"])
def test_numbers_and_plain_text_stay(value: object) -> None:
    assert safe_cell(value) == value


TOLD = Told(
    "=table", datetime(2026, 11, 20, 3, tzinfo=UTC), "g1", {"scope": "zone:=x", "tier": "urgent"}
)
FRAME = pd.DataFrame(
    {
        "=place": ["@evil", "Lahore, old town", None],
        "count": [-1.0, None, 1234.5],
        "day": pd.to_datetime(["2026-11-19", None, "2026-11-20"]),
        "at": pd.to_datetime(["2026-11-19T05:00Z", None, "2026-11-20T06:30Z"]),
    }
)
NOTES = [
    ["# as of", "2026-11-20T03:00:00+00:00"],
    ["# generation", "g1"],
    ["# scope", "zone:=x"],
    ["# tier", "urgent"],
]


def test_a_csv_carries_as_of_generation_filters_and_rows() -> None:
    content = as_file("csv", FRAME[["=place", "count"]], TOLD).decode("utf-8-sig")
    assert list(csv.reader(io.StringIO(content))) == [
        *NOTES,
        ["'=place", "count"],
        ["'@evil", "-1.0"],
        ["Lahore, old town", ""],
        ["", "1234.5"],
    ]


def test_a_workbook_carries_the_same_and_holds_no_formula() -> None:
    book = openpyxl.load_workbook(io.BytesIO(as_file("xlsx", FRAME, TOLD)))
    [sheet] = book.worksheets
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert [row[:2] for row in rows[:4]] == NOTES
    assert rows[4] == ["'=place", "count", "day", "at"]
    assert rows[5] == ["'@evil", -1, datetime(2026, 11, 19), datetime(2026, 11, 19, 5)]
    assert rows[6] == ["Lahore, old town", None, None, None]
    assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)
    with speaking("ur"):
        book = openpyxl.load_workbook(io.BytesIO(as_file("xlsx", FRAME, TOLD)))
    assert book.worksheets[0].sheet_view.rightToLeft


def _words(content: bytes) -> list[str]:
    with pikepdf.open(io.BytesIO(content)) as pdf:
        return [line for page in pdf.pages for line in pdf_text.lines(pdf, page)]


@pytest.mark.parametrize("language", ["en", "ur"])
def test_a_page_of_paper_carries_the_same(language: str) -> None:
    with speaking(language):
        pdf = as_file("pdf", FRAME, TOLD)
        assert pdf == as_file("pdf", FRAME, TOLD)
    words = " ".join(_words(pdf))
    for told in ("2026-11-20T03:00:00+00:00", "zone:=x", "urgent", "evil", "1,234.5", "06:30"):
        assert told in words


def test_a_long_table_says_on_paper_what_it_leaves_out() -> None:
    long = pd.DataFrame({"n": range(ROWS_ON_PAPER + 5)})
    words = " ".join(_words(as_file("pdf", long, TOLD)))
    assert "5 more rows are left out." in words
