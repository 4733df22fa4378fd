"""Installations of their own for each test."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from ingest_world import Installation, installation_in


@pytest.fixture
def make_installation(tmp_path: Path) -> Iterator[Callable[[], Installation]]:
    """Makes installations in folders of their own."""
    made: list[Installation] = []

    def make() -> Installation:
        made.append(installation_in(tmp_path / f"installation-{len(made)}"))
        return made[-1]

    yield make
    for installation in made:
        installation.store.dispose()


@pytest.fixture
def installation(make_installation: Callable[[], Installation]) -> Installation:
    return make_installation()
