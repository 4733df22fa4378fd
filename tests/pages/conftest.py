"""Pages on the small publication of tests/reports."""

import sys
from pathlib import Path

import pytest
from streamlit import config

sys.path.append(str(Path(__file__).parents[1] / "reports"))
# Streamlit puts the entry's folder on the path, so pages know each other by bare names.
sys.path.append(str(Path(__file__).parents[2] / "streamlit_app"))

import synthetic_publication


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("pages_home")
    synthetic_publication.publish(path)
    return path


@pytest.fixture(autouse=True)
def _on_the_loopback() -> None:
    """AppTest starts no server; the pages ask where it would listen."""
    config.set_option("server.address", "127.0.0.1")
