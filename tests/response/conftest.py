"""A store with the response's tables, and receivers that messages are really sent to."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from receivers import Sink

from config import Settings
from response.store import open_store


@pytest.fixture(scope="session")
def sinks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Sink]]:
    folder = tmp_path_factory.mktemp("sinks")
    made: dict[str, Sink] = {}

    def sink(kind: str) -> Sink:
        if kind not in made:
            made[kind] = Sink(kind, folder / kind)
        if made[kind].process is None:
            made[kind].start()
        return made[kind]

    yield sink
    for one in made.values():
        one.stop()


@pytest.fixture
def smtp(sinks: Callable[[str], Sink]) -> Sink:
    one = sinks("smtp")
    one.new()
    return one


@pytest.fixture
def http(sinks: Callable[[str], Sink]) -> Sink:
    one = sinks("http")
    one.new()
    return one


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An operations store that was migrated once, to be copied."""
    settings = Settings(home_path=tmp_path_factory.mktemp("store"))
    open_store(settings).dispose()
    return settings.home.operations


@pytest.fixture
def home(tmp_path: Path, empty_store: Path) -> Path:
    shutil.copy(empty_store, tmp_path / empty_store.name)
    return tmp_path


@pytest.fixture
def people_store(home: Path) -> Iterator[sa.Engine]:
    store = open_store(Settings(home_path=home))
    yield store
    store.dispose()
