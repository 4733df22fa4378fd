"""Pages on the small publication of tests/reports."""

import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright
from streamlit import config

sys.path.append(str(Path(__file__).parents[1] / "reports"))
# Streamlit puts the entry's folder on the path, so pages know each other by bare names.
sys.path.append(str(Path(__file__).parents[2] / "streamlit_app"))

import synthetic_publication
from served import WAIT_SECONDS


@pytest.fixture(scope="session")
def home(once: Callable[[str, Callable[[Path], None]], Path]) -> Path:
    return once("synthetic_home", synthetic_publication.publish)


@pytest.fixture(autouse=True)
def _on_the_loopback() -> None:
    """AppTest starts no server; the pages ask where it would listen."""
    config.set_option("server.address", "127.0.0.1")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for every browser test of a worker."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        # A machine that does much else answers late; what never comes fails all the same.
        expect.set_options(timeout=WAIT_SECONDS * 1000)
        yield chromium
        chromium.close()
