"""PostgreSQL: the records as tables of the schema `operations`."""

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa


@dataclass
class PostgresSchema:
    url: str

    def saved_world(self) -> tuple[str, dict[str, pa.Table]] | None:
        raise NotImplementedError
