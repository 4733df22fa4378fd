"""Pages and documentation in Chromium: real figures, and no request that leaves the machine."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import synthetic_publication
from accessible import faults
from page_list import PAGES, PageRow
from playwright.sync_api import Browser, Page, expect
from served import WAIT_SECONDS, dashboard, free_port

from access.audit_log import Action, entries_since
from access.store import open_store
from config import Role, load_settings
from language import say, speaking
from orchestration.dbt_process import write_docs

pytestmark = pytest.mark.browser

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
LOCAL_SCHEMES = ("data", "blob", "about")


@pytest.fixture(scope="module")
def address(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The dashboard on a free loopback port."""
    with dashboard(home, tmp_path_factory.mktemp("streamlit"), free_port()) as base:
        yield base


@pytest.fixture(scope="module")
def visited(browser: Browser, address: str) -> Iterator[tuple[Page, list[str]]]:
    """A page of Chromium, and every address that it asks for."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.set_default_timeout(WAIT_SECONDS * 1000)
    page = context.new_page()
    asked: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    page.on("websocket", lambda socket: asked.append(socket.url))
    yield page, asked
    context.close()


def _stays_here(urls: list[str]) -> bool:
    return all(
        urlsplit(url).scheme in LOCAL_SCHEMES or urlsplit(url).hostname == "127.0.0.1"
        for url in urls
    )


def _wait_until_drawn(page: Page, charts: int) -> None:
    drawn = page.locator("[data-testid=stVegaLiteChart] svg.marks")
    expect(drawn).to_have_count(charts, timeout=WAIT_SECONDS * 1000)
    expect(page.get_by_test_id("stStatusWidget")).to_have_count(0, timeout=WAIT_SECONDS * 1000)


def test_the_overview_shows_figures_and_asks_nobody_else(
    address: str, visited: tuple[Page, list[str]]
) -> None:
    page, asked = visited
    page.goto(f"{address}/")
    _wait_until_drawn(page, 6)
    tiles = page.get_by_test_id("stMetricValue")
    expect(tiles).to_have_count(6)
    assert all(any(c.isdigit() for c in text) for text in tiles.all_inner_texts())
    expect(page.get_by_text("Karachi lies furthest from the expected: +59.4 %")).to_be_visible()
    expect(page.get_by_text(synthetic_publication.GENERATION).first).to_be_visible()
    alternatives = page.locator("[data-testid=stVegaLiteChart] [aria-label]")
    assert alternatives.count() >= 6
    assert faults(page) == []
    assert len(asked) > 10
    assert _stays_here(asked), [url for url in asked if not _stays_here([url])]


@pytest.mark.parametrize("row", PAGES, ids=lambda row: row.name)
def test_every_page_reads_from_right_to_left_in_urdu_and_asks_nobody_else(
    address: str, visited: tuple[Page, list[str]], row: PageRow
) -> None:
    page, asked = visited
    role = next(role for role in Role if role in row.roles)
    page.goto(f"{address}/{row.name}?lang=ur&role={role}")
    with speaking("ur"):
        heading = page.get_by_role("heading", name=say(row.title), exact=True)
    expect(heading).to_be_visible()
    expect(page.get_by_test_id("stStatusWidget")).to_have_count(0)
    expect(page.get_by_test_id("stException")).to_have_count(0)
    expect(page.get_by_test_id("stMain")).to_have_css("direction", "rtl")
    assert page.evaluate("document.fonts.check('16px \"Noto Nastaliq Urdu\"', 'پاسپورٹ')")
    assert any(url.endswith("/fonts/NotoNastaliqUrdu-Regular.ttf") for url in asked)
    assert faults(page) == []
    assert _stays_here(asked), [url for url in asked if not _stays_here([url])]


def test_data_quality_shows_what_is_held_and_asks_nobody_else(
    address: str, visited: tuple[Page, list[str]]
) -> None:
    page, asked = visited
    page.goto(f"{address}/data_quality")
    _wait_until_drawn(page, 2)
    expect(page.get_by_text("1 batch held at the gate", exact=True)).to_be_visible()
    expect(page.get_by_text("59 rows in quarantine").first).to_be_visible()
    tables = page.get_by_test_id("stDataFrame")
    expect(tables).to_have_count(5)
    page.get_by_text("Show the data").first.click()
    expect(tables).to_have_count(6)
    assert faults(page) == []
    assert _stays_here(asked), [url for url in asked if not _stays_here([url])]


def test_the_way_to_the_cases_keeps_the_filters(
    address: str, visited: tuple[Page, list[str]]
) -> None:
    page, _ = visited
    page.goto(f"{address}/backlog?role=management&place=zone%3AKarachi&period=91")
    page.get_by_role("link", name="The cases behind this").click()
    expect(page.get_by_role("heading", name="Case", exact=True)).to_be_visible()
    asked = parse_qs(urlsplit(page.url).query)
    assert (urlsplit(page.url).path, asked["place"]) == ("/case", ["zone:Karachi"])
    assert asked["period"] == ["91"]
    expect(page.locator(".st-key-place_choice input")).to_have_value("Zone Karachi")


def test_a_table_is_saved_with_its_as_of_time_and_the_log_knows(
    home: Path, address: str, visited: tuple[Page, list[str]]
) -> None:
    page, _ = visited
    page.goto(f"{address}/data_quality")
    _wait_until_drawn(page, 2)
    with page.expect_download() as download:
        page.get_by_role("button", name="Save as CSV").first.click()
    text = Path(download.value.path()).read_text(encoding="utf-8-sig")
    assert text.startswith("# as of,2026-11-20T03:00:00+00:00")
    assert "print_jobs,■ held" in text
    store = open_store(load_settings(home))
    [line] = entries_since(store, LONG_AGO, [Action.exported], 5).to_dict("records")
    store.dispose()
    assert line["subject"] == "data_quality: freshness"
    assert (line["row_count"], line["detail"]) == (5, "csv; scope=all")


def test_the_documentation_of_the_warehouse_opens_without_asking_anybody(
    home: Path, address: str, visited: tuple[Page, list[str]], parsed: Path
) -> None:
    assert write_docs(load_settings(home).home).stat().st_size > 1_000_000
    page, asked = visited
    page.goto(f"{address}/data_quality")
    link = page.get_by_role("link", name="How every table is made")
    with page.context.expect_page() as opened:
        link.click()
    docs = opened.value
    docs.on("request", lambda request: asked.append(request.url))
    docs.goto(f"{address}/docs#!/model/model.passport.rpt_volumes")
    expect(docs.get_by_role("heading", name="rpt_volumes").first).to_be_visible()
    expect(docs.get_by_text("expected_submitted").first).to_be_visible()
    assert _stays_here(asked), [url for url in asked if not _stays_here([url])]
