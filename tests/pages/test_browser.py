"""Pages and documentation in Chromium: real figures, and no request that leaves the machine."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import synthetic_publication
from entry import SERVER
from playwright.sync_api import Page, expect, sync_playwright

from config import load_settings
from orchestration.dbt_process import write_docs

pytestmark = pytest.mark.browser

WAIT_SECONDS = 60
LOCAL_SCHEMES = ("data", "blob", "about")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(scope="module")
def address(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The dashboard on a free loopback port, as `streamlit run` starts it."""
    base = f"http://127.0.0.1:{_free_port()}"
    log = tmp_path_factory.mktemp("streamlit") / "log"
    command = [sys.executable, "-m", "streamlit", "run", str(SERVER)]
    command += ["--server.port", str(urlsplit(base).port)]
    environment = {**os.environ, "PASSPORT_HOME": str(home)}
    with log.open("wb") as output:
        server = subprocess.Popen(
            command, env=environment, stdout=output, stderr=output, cwd=log.parent
        )
        try:
            _await(f"{base}/_stcore/health", server, log)
            yield base
        finally:
            server.terminate()
            server.wait(timeout=WAIT_SECONDS)


def _await(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        assert server.poll() is None, log.read_text()
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except OSError:
            time.sleep(0.2)
    raise AssertionError(f"no answer from {url}: {log.read_text()}")


@pytest.fixture(scope="module")
def visited(address: str) -> Iterator[tuple[Page, list[str]]]:
    """A page of Chromium, and every address that it asks for."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=["--no-sandbox"],
        )
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.set_default_timeout(WAIT_SECONDS * 1000)
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.on("websocket", lambda socket: asked.append(socket.url))
        yield page, asked
        browser.close()


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
    assert len(asked) > 10
    assert _stays_here(asked), [url for url in asked if not _stays_here([url])]


def test_data_quality_shows_what_is_held_and_asks_nobody_else(
    address: str, visited: tuple[Page, list[str]]
) -> None:
    page, asked = visited
    page.goto(f"{address}/data_quality")
    _wait_until_drawn(page, 2)
    expect(page.get_by_text("1 batch held at the gate", exact=True)).to_be_visible()
    expect(page.get_by_text("59 rows in quarantine").first).to_be_visible()
    page.get_by_text("Show the data").first.click()
    expect(page.get_by_test_id("stDataFrame").first).to_be_visible()
    assert _stays_here(asked), [url for url in asked if not _stays_here([url])]


def test_a_table_is_saved_with_its_as_of_time(
    address: str, visited: tuple[Page, list[str]]
) -> None:
    page, _ = visited
    page.goto(f"{address}/data_quality")
    _wait_until_drawn(page, 2)
    with page.expect_download() as download:
        page.get_by_role("button", name="Save as CSV").first.click()
    text = Path(download.value.path()).read_text(encoding="utf-8-sig")
    assert text.startswith("# as of,2026-11-20T03:00:00+00:00")
    assert "print_jobs,■ held" in text


def test_the_documentation_of_the_warehouse_opens_without_asking_anybody(
    home: Path, address: str, visited: tuple[Page, list[str]]
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
