"""Homes that serve run-1, each a copy of one that was published once."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from small_home import publish_as, settings_in, small_home

from config import Settings


@pytest.fixture
def published(once: Callable[[str, Callable[[Path], None]], Path], tmp_path: Path) -> Settings:
    """A home of the test's own: the small warehouse as run-1 built and published it."""

    def make(folder: Path) -> None:
        publish_as(small_home(folder / "home"), "run-1")

    shutil.copytree(once("published", make), tmp_path, dirs_exist_ok=True)
    return settings_in(tmp_path / "home")
