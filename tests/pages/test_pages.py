"""What both pages say, run without a browser."""

import re
from pathlib import Path

import pytest
import synthetic_publication
from entry import ENTRY
from opened import opened, said, with_data
from streamlit import config

PAGES = ("app_pages/national_overview.py", "app_pages/data_quality.py")
NATIONAL, QUALITY = PAGES


@pytest.mark.parametrize("page", PAGES)
def test_a_page_says_generation_as_of_and_zone(
    monkeypatch: pytest.MonkeyPatch, home: Path, page: str
) -> None:
    words = said(opened(monkeypatch, home, page))
    assert "As of 20 November 2026, 08:00 PKT (Asia/Karachi)" in words
    assert f"generation {synthetic_publication.GENERATION}" in words


@pytest.mark.parametrize("page", PAGES)
def test_a_held_batch_and_stale_records_are_told_on_every_page(
    monkeypatch: pytest.MonkeyPatch, home: Path, page: str
) -> None:
    [warning] = opened(monkeypatch, home, page).warning
    assert "1 batch with 300 rows held at the gate" in re.sub(r"\\(.)", r"\1", warning.value)
    assert "machine readings" in re.sub(r"\\(.)", r"\1", warning.value)


@pytest.mark.parametrize("page", PAGES)
def test_no_banner_where_nothing_is_amiss(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, page: str
) -> None:
    synthetic_publication.publish(tmp_path, amiss=False)
    assert not opened(monkeypatch, tmp_path, page).warning


@pytest.mark.parametrize("page", PAGES)
def test_an_empty_home_explains_itself(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, page: str
) -> None:
    app = opened(monkeypatch, tmp_path, page)
    [info] = app.info
    words = re.sub(r"\\(.)", r"\1", info.value)
    assert words.startswith("Nothing to show yet: nothing is published")
    assert "passport load" in words
    assert not app.metric


def test_the_tiles_hold_the_figures_of_the_day(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    app = opened(monkeypatch, home, NATIONAL)
    labels = [tile.label for tile in app.metric]
    assert labels == [
        "Applications received",
        "Passports printed",
        "Ready for the applicant",
        "Work in progress",
        "Beyond the promise",
        "Promise kept, 7 days",
    ]
    assert all(re.fullmatch(r"[\d,]+|[\d.]+\s%", tile.value) for tile in app.metric)
    words = said(app)
    assert f"{app.metric[0].value} applications came in" in words
    assert "Karachi lies furthest from the expected" in words


def test_simulated_data_are_labelled(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    assert "Simulated data" not in said(opened(monkeypatch, home, NATIONAL))
    monkeypatch.setenv("PASSPORT_SIMULATED", "true")
    assert "Simulated data" in said(opened(monkeypatch, home, NATIONAL))


def test_data_quality_shows_what_is_held_set_aside_and_apart(
    monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    app = with_data(opened(monkeypatch, home, QUALITY))
    words = said(app)
    for finding in (
        "2 of 5 records are fresh; 1 without a source",
        "1 batch held at the gate",
        "59 rows in quarantine",
        "1 of 2 records differ from their source, by 300 rows, last 7 days",
        "3 of 3 checks passed",
    ):
        assert finding in words
    cells = "\n".join(frame.value.to_csv() for frame in app.dataframe)
    assert "share quarantined 0.21 above 0.05" in cells
    assert "operations.applications row 4117" in cells
    assert "■ held" in cells
    assert synthetic_publication.GENERATION in cells


def test_names_from_the_data_format_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    hostile = "![x](http://evil.example/a.png) <img src=//evil.example> :red[x] $x$"
    synthetic_publication.publish(
        tmp_path,
        more=f"""
        update rpt_places set zone = '{hostile}' where zone = 'Karachi';
        update rpt_volumes set place_scope = 'zone:{hostile}' where place_scope = 'zone:Karachi';
        """,
    )
    app = opened(monkeypatch, tmp_path, NATIONAL)
    shown = [mark.value for mark in app.markdown if "evil" in mark.value]
    assert shown
    for text in shown:
        assert not re.search(r"(?<!\\)[\[<$]|(?<!\\)://", text.removeprefix(":red["))


def test_a_page_shows_the_generation_that_is_current_when_it_runs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    synthetic_publication.publish(tmp_path)
    published = tmp_path / "published"
    app = opened(monkeypatch, tmp_path, NATIONAL)
    later = "20261120T040000-000002"
    synthetic_publication.copy_as(published, later)
    (published / "CURRENT").write_text(later)
    app.run()
    assert f"generation {later}" in said(app)
    assert synthetic_publication.GENERATION not in said(app)


@pytest.mark.parametrize("address", ["0.0.0.0", None])
def test_without_a_login_only_the_loopback_is_served(
    monkeypatch: pytest.MonkeyPatch, home: Path, address: str | None
) -> None:
    config.set_option("server.address", address)
    app = opened(monkeypatch, home, NATIONAL)
    [error] = app.error
    assert "loopback address only" in error.value
    assert not app.metric
    assert not app.title


def test_pages_stay_short() -> None:
    for page in PAGES:
        assert len((ENTRY.parent / page).read_text().splitlines()) <= 80
