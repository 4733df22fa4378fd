"""One dbt process for all tests of the warehouse: the project is parsed once."""

from collections.abc import Iterator

import pytest
from world import Dbt, Warehouse


@pytest.fixture(scope="session")
def dbt(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dbt]:
    folder = tmp_path_factory.mktemp("dbt")
    process = Dbt(folder)
    process.run(Warehouse(folder), "parse")
    yield process
    process.close()
