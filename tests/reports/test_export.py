"""An exported table says what it holds, and no spreadsheet runs it."""

import csv
import io
from datetime import UTC, datetime

import pandas as pd
import pytest

from reports.export import safe_cell, to_csv


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_text_that_a_spreadsheet_would_run_is_escaped(start: str) -> None:
    assert safe_cell(f"{start}cmd|' /C calc'!A0") == f"'{start}cmd|' /C calc'!A0"


@pytest.mark.parametrize("value", ["plain", "", -5, 3.5, None, "a=b"])
def test_numbers_and_plain_text_stay(value: object) -> None:
    assert safe_cell(value) == value


def test_a_file_carries_as_of_generation_filters_and_rows() -> None:
    frame = pd.DataFrame({"=place": ["@evil", "Lahore, old town"], "count": [-1.0, None]})
    content = to_csv(
        frame,
        as_of=datetime(2026, 11, 20, 3, tzinfo=UTC),
        generation="g1",
        filters={"scope": "zone:=x"},
    ).decode("utf-8-sig")
    assert list(csv.reader(io.StringIO(content))) == [
        ["# as of", "2026-11-20T03:00:00+00:00"],
        ["# generation", "g1"],
        ["# scope", "zone:=x"],
        ["'=place", "count"],
        ["'@evil", "-1.0"],
        ["Lahore, old town", ""],
    ]
