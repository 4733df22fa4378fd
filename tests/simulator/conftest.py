"""Simulated worlds that the tests of the simulator look at; nobody changes them."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from simulated_drop import NOW, Drop, open_drop

from simulator.command import simulate
from simulator.server import start_postgres, stop_postgres


@pytest.fixture(scope="session")
def month(tmp_path_factory: pytest.TempPathFactory) -> Drop:
    """21 days of the network at a fiftieth of its volume."""
    folder = tmp_path_factory.mktemp("month")
    truth = folder / "truth.jsonl"
    simulate(days=21, until=NOW, scale=0.02, seed=11, to=f"file://{folder}/drop", truth=truth)
    return open_drop(folder / "drop", truth)


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
