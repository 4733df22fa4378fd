"""Briefings on the small publication of tests/reports, and a mail server that really receives."""

import shutil
import sys
from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

sys.path.append(str(Path(__file__).parents[1] / "reports"))
sys.path.append(str(Path(__file__).parents[1] / "response"))

import synthetic_publication
from briefed import SCOPES
from receivers import Sink, mail_channel

import delivery.store
from config import Settings
from orchestration.generations import Generation, write_manifest
from orchestration.ledger import open_store
from reports.broker import Scope


@pytest.fixture(scope="session")
def smtp_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sink]:
    sink = Sink("smtp", tmp_path_factory.mktemp("mail") / "arrived").start()
    yield sink
    sink.stop()


@pytest.fixture
def smtp(smtp_server: Sink) -> Sink:
    smtp_server.new()
    return smtp_server


@pytest.fixture(scope="session")
def published_home(once: Callable[[str, Callable[[Path], None]], Path]) -> Path:
    """A home with the publication, as a run made it, and a store with every table."""

    def make(home: Path) -> None:
        synthetic_publication.publish(home)
        name = synthetic_publication.GENERATION
        as_of = datetime.fromisoformat(synthetic_publication.AS_OF).replace(tzinfo=None)
        generation = Generation(name, "run-1", as_of, as_of, "1", "f", 7)
        write_manifest(home / "published" / name, generation)
        settings = Settings(home_path=home)
        open_store(settings).dispose()
        delivery.store.open_store(settings).dispose()

    return once("briefed_home", make)


@pytest.fixture
def settings(published_home: Path, tmp_path: Path, smtp_server: Sink) -> Settings:
    """An installation of the test's own that sends mail."""
    home = tmp_path / "home"
    shutil.copytree(published_home, home)
    channels = {"mail": mail_channel(smtp_server)}
    return Settings(home_path=home, channels=channels, public_url="https://passports.example")


@pytest.fixture
def store(settings: Settings) -> Iterator[sa.Engine]:
    opened = delivery.store.open_store(settings)
    yield opened
    opened.dispose()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Briefings are made of a few bytes; gives what was made, in order. A scope of `SCOPES` whose
    making fails is one that a test names broken."""
    made: list[str] = []

    def make(
        settings: Settings,
        kind: str,
        morning: date,
        scope: Scope,
        language: str,
        *_: object,
        **__: object,
    ) -> bytes:
        if scope.name in SCOPES.broken:
            raise ValueError(f"{scope.name} cannot be set")
        made.append(f"{kind} {scope.name} {language} {morning}")
        return f"%PDF {made[-1]} {len(made)}".encode()

    SCOPES.broken.clear()
    monkeypatch.setattr("orchestration.briefings.make_briefing", make)
    return made
