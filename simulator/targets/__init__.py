"""Where the simulated systems write: a file drop or a PostgreSQL database."""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

import pyarrow as pa

from simulator.targets.errors import TargetError
from simulator.targets.files import FileDrop
from simulator.targets.postgres import PostgresSchema


class Target(Protocol):
    """Where rows go. A world that was never finished leaves the target as it was before."""

    def saved_world(self) -> tuple[str, dict[str, pa.Table]] | None:
        """The state of the world beside the target, None where there is none."""

    def clear(self) -> None:
        """Take away what an earlier world has written."""

    def write_reference(self, records: Mapping[str, pa.Table]) -> None:
        """Put the reference records in place of the older ones."""

    def write(self, record: str, rows: pa.Table, since: int, until: int) -> None:
        """Add rows with cursors in `[since, until)` (UTC seconds), in their order."""

    def finish(self, described: str, tables: Mapping[str, pa.Table]) -> None:
        """Keep the world and make everything written durable."""

    def close(self) -> None:
        """Let go of the target; what was not finished is undone where the target can."""


def open_target(url: str) -> Target:
    """The target of a URL, `file:///folder` or `postgresql://…`. Raises TargetError."""
    if url.startswith("postgresql://"):
        return PostgresSchema(url)
    parts = urlsplit(url)
    if parts.scheme != "file" or parts.netloc not in ("", "localhost") or not parts.path:
        raise TargetError(
            f"cannot write to {url!r}: give file:///folder or postgresql://user@host/database"
        )
    return FileDrop(Path(unquote(parts.path)))


__all__ = ["Target", "TargetError", "open_target"]
