"""Installations of their own for each test."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from ingest_world import Installation

from config import Settings
from orchestration.ledger import open_store


@pytest.fixture
def make_installation(tmp_path: Path) -> Iterator[Callable[[], Installation]]:
    """Makes installations in folders of their own."""
    made: list[Installation] = []

    def make() -> Installation:
        place = tmp_path / f"installation-{len(made)}"
        drop = place / "drop"
        drop.mkdir(parents=True)
        settings = Settings(
            home_path=place / "home",
            sources={"default": f"file://{drop}"},
            pseudonym_key_file=place / "pseudonym.key",
            memory_limit_mb=512,
        )
        made.append(Installation(settings, open_store(settings), drop))
        return made[-1]

    yield make
    for installation in made:
        installation.store.dispose()


@pytest.fixture
def installation(make_installation: Callable[[], Installation]) -> Installation:
    return make_installation()
