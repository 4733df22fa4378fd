"""How far back the process tables look: a load of an older window takes it in."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from config import Settings
from orchestration.extract import Incremental, Window
from orchestration.run import reaching_back
from orchestration.run_context import RunContext

RUN = RunContext("a run", datetime(2026, 4, 15, 6, tzinfo=UTC), "load")


def day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("from_", "months"),
    [
        ("2026-04-01", 12),
        ("2025-04-15", 12),
        ("2025-04-14", 13),
        ("2025-03-16", 13),
        ("2011-10-01", 175),
    ],
)
def test_a_load_of_an_older_window_widens_the_process_months(
    tmp_path: Path, from_: str, months: int
) -> None:
    settings = Settings(home_path=tmp_path)
    widened = reaching_back(settings, RUN, Window(day(from_), day("2026-04-15")))
    assert widened.process_months == months


def test_a_run_since_the_watermark_looks_back_as_set(tmp_path: Path) -> None:
    settings = Settings(home_path=tmp_path, process_months=3)
    assert reaching_back(settings, RUN, Incremental(timedelta(minutes=15))) == settings
