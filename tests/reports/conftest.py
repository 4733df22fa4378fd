"""One small publication for all tests of what people read."""

from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import date
from functools import cache
from pathlib import Path

import pytest
import synthetic_publication

from config import Settings, load_settings
from reports.briefing import make_briefing
from reports.broker import Publication, Scope, open_publication


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


@pytest.fixture(scope="session")
def made(settings: Settings) -> Callable[..., bytes]:
    """`made(kind, scope, language)` is that briefing of 20 November 2026, made once; an incident's
    is of incident 1."""

    @cache
    def make(kind: str, scope: str = "all", language: str = "en") -> bytes:
        incident = "1" if kind == "incident" else None
        morning = date(2026, 11, 20)
        return make_briefing(settings, kind, morning, Scope(scope), language, incident_id=incident)

    return make
