"""One small publication for all tests of what people read."""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
import synthetic_publication

from config import Settings, load_settings
from reports.broker import Publication, open_publication


@pytest.fixture(scope="session")
def home(once: Callable[[str, Callable[[Path], None]], Path]) -> Path:
    return once("synthetic_home", synthetic_publication.publish)


@pytest.fixture(scope="session")
def settings(home: Path) -> Settings:
    return load_settings(home)


@pytest.fixture(scope="session")
def publication(settings: Settings) -> Iterator[Publication]:
    with closing(open_publication(settings.home)) as opened:
        yield opened
