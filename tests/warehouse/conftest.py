"""The dbt project parsed once for all tests, one dbt process for those of a worker, and the world
whose figures are worked out by hand."""

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import cases_by_hand
import printing_by_hand
import pytest
from world import MODELS_AND_IDENTITIES, Dbt, Warehouse

from contract import RECORDS

Once = Callable[[str, Callable[[Path], None]], Path]
LONG_BEFORE = datetime(2025, 1, 1)


@pytest.fixture(scope="session")
def child(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dbt]:
    process = Dbt(tmp_path_factory.mktemp("dbt"))
    yield process
    process.close()


@pytest.fixture(scope="session")
def dbt(child: Dbt, parsed: Path) -> Dbt:
    child.parse(parsed)
    return child


@pytest.fixture(scope="session")
def by_hand(once: Once, dbt: Dbt) -> Iterator[Warehouse]:
    """Cases of every kind and the print site without laminate, in one authority; only to read."""

    def make(folder: Path) -> None:
        built = Warehouse(folder)
        built.prepare()
        worlds = (cases_by_hand.rows(), printing_by_hand.rows())
        for number, record in enumerate(RECORDS, start=1):
            rows = [row for world in worlds for row in world.get(record, [])]
            if rows:
                known = cases_by_hand.NOW if RECORDS[record].cursor else LONG_BEFORE
                built.land(record, rows, number, known)
        built.begin(cases_by_hand.NOW, len(RECORDS))
        dbt.run(built, "build", "--select", *MODELS_AND_IDENTITIES)

    with Warehouse(once("by_hand", make)).kept_open() as built:
        yield built
