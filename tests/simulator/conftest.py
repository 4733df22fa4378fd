"""Simulated worlds that the tests of the simulator look at; nobody changes them."""

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from simulated_drop import NOW, Drop, open_drop

from simulator.command import simulate
from simulator.server import start_postgres, stop_postgres


@pytest.fixture(scope="session")
def month(once: Callable[[str, Callable[[Path], None]], Path]) -> Drop:
    """21 days of the network at a fiftieth of its volume."""

    def make(folder: Path) -> None:
        truth = folder / "truth.jsonl"
        simulate(days=21, until=NOW, scale=0.02, seed=11, to=f"file://{folder}/drop", truth=truth)

    folder = once("month", make)
    return open_drop(folder / "drop", folder / "truth.jsonl")


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of an embedded server. Its folder has a short path, as local sockets need."""
    with tempfile.TemporaryDirectory(prefix="sim") as folder:
        data_dir = Path(folder) / "pg"
        url = start_postgres(data_dir)
        try:
            yield url
        finally:
            stop_postgres(data_dir)
