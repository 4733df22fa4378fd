"""A store with the response's tables, and receivers that messages are really sent to."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from config import ChannelSettings, Settings
from response.store import open_store

_SINKS = Path(__file__).with_name("sinks.py")


@dataclass
class Sink:
    """A receiver in a process of its own, which may be stopped and started on the same port."""

    kind: str
    file: Path
    port: int = 0
    process: subprocess.Popen[str] | None = None
    seen: int = field(default=0)

    def start(self) -> "Sink":
        self.file.touch()
        self.process = subprocess.Popen(
            [sys.executable, str(_SINKS), self.kind, str(self.file), str(self.port)],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        self.port = int(self.process.stdout.readline())
        return self

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait()
            self.process = None

    def new(self) -> list[dict[str, Any]]:
        """What arrived since it was asked last."""
        lines = self.file.read_text(encoding="utf-8").splitlines()
        fresh, self.seen = lines[self.seen :], len(lines)
        return [json.loads(line) for line in fresh]


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


def mail_channel(smtp: Sink, **more: Any) -> ChannelSettings:
    return ChannelSettings(
        kind="email",
        url=f"mailto://127.0.0.1:{smtp.port}?from=alerts@example.org&smtp=127.0.0.1",
        **{"timeout_seconds": 5, **more},
    )


def http_channel(http: Sink, kind: str, path: str = "/hook", **more: Any) -> ChannelSettings:
    return ChannelSettings(
        kind=kind,  # type: ignore[arg-type]
        url=f"json://127.0.0.1:{http.port}{path}",
        **{"timeout_seconds": 5, **more},
    )


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
