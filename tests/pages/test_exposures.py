"""What dbt says that a page or briefing reads is what it asks: found by asking, not by a list."""

from datetime import date
from pathlib import Path
from typing import Any

import page_list
import pytest
import reader
import streamlit as st
import synthetic_publication
import yaml
from entry import ENTRY
from opened import opened, with_data

from config import load_settings
from orchestration.dbt_process import DBT_PROJECT
from orchestration.published_tables import FROM_THE_STORE
from reports import broker
from reports.briefing import make_briefing
from reports.broker import Scope
from reports.kinds import KINDS

PAGES = sorted(ENTRY.parent.glob("app_pages/*.py"))
EXPOSURES: dict[str, dict[str, Any]] = {
    exposure["name"]: exposure
    for exposure in yaml.safe_load((DBT_PROJECT / "models" / "exposures.yml").read_text("utf-8"))[
        "exposures"
    ]
}
# What a page is about, where it shows nothing without.
ADDRESSES = {"office_profile": {"place": "office:KAR-1"}, "case": {"case": "A1"}}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, home: Path) -> set[str]:
    """The tables that the broker is asked for from here on, those that dbt builds."""
    seen: set[str] = set()
    narrowed = broker._narrowed
    # Which places there are is asked once for the switch, by no page.
    reader.standings_of_developer(load_settings(home))

    def noting(table: str, scope: Scope) -> str:
        seen.update({table} - set(FROM_THE_STORE))
        return narrowed(table, scope)

    monkeypatch.setattr(broker, "_narrowed", noting)
    st.cache_data.clear()
    return seen


def reads(name: str) -> set[str]:
    return {ref.split("'")[-2] for ref in EXPOSURES[name]["depends_on"]}


def test_there_is_an_exposure_for_each_page_and_briefing_and_no_other() -> None:
    assert set(EXPOSURES) == {page.stem for page in PAGES} | {f"{kind}_briefing" for kind in KINDS}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_reads_what_its_exposure_says(
    monkeypatch: pytest.MonkeyPatch, home: Path, asked: set[str], page: Path
) -> None:
    row = next(row for row in page_list.PAGES if row.name == page.stem)
    opens = {"role": min(row.roles), **ADDRESSES.get(page.stem, {})}
    app = with_data(opened(monkeypatch, home, row.file, **opens))
    assert asked == reads(page.stem)
    assert app.title[0].value == EXPOSURES[page.stem]["label"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_briefing_reads_what_its_exposure_says(home: Path, asked: set[str], kind: str) -> None:
    morning = date.fromisoformat(synthetic_publication.LAST_DAY).replace(day=20)
    incident = "1" if kind == "incident" else None
    make_briefing(load_settings(home), kind, morning, Scope("all"), incident_id=incident)
    assert asked == reads(f"{kind}_briefing")
