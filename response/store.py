"""Opening the operations store with the response's tables."""

from pathlib import Path

from sqlalchemy import Engine

import operations
from config import Settings

SCHEMA = operations.Schema(Path(__file__).parent / "migrations", "response_version")


def open_store(settings: Settings, busy_seconds: float = operations.BUSY_SECONDS) -> Engine:
    """The engine of the operations store, the response's tables migrated to the newest version.

    A writer waits `busy_seconds` for another (SQLite). Raises StoreError where it cannot be opened.
    """
    return operations.open_store(settings, SCHEMA, busy_seconds)


def prepare(store: Engine) -> None:
    """Makes sure that a store which another room opened has the response's tables."""
    with operations.writing(store) as connection:
        operations.migrate(connection, SCHEMA)
