"""Pages on the small publication of tests/reports."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit import config

sys.path.append(str(Path(__file__).parents[1] / "reports"))

import synthetic_publication


@pytest.fixture(scope="session")
def home(once: Callable[[str, Callable[[Path], None]], Path]) -> Path:
    return once("synthetic_home", synthetic_publication.publish)


@pytest.fixture(autouse=True)
def _on_the_loopback() -> None:
    """AppTest starts no server; the pages ask where it would listen."""
    config.set_option("server.address", "127.0.0.1")
