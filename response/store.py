"""Opening the operations store with the response's tables."""

from pathlib import Path

from sqlalchemy import Engine

import operations
from config import Settings
from response.tables import metadata

SCHEMA = operations.Schema(
    metadata, Path(__file__).parent / "migrations" / "versions", "response_version"
)


def open_store(settings: Settings, busy_seconds: float = operations.BUSY_SECONDS) -> Engine:
    """The engine of the operations store, the response's tables migrated to the newest version.

    A writer waits `busy_seconds` for another (SQLite). Raises StoreError where it cannot be opened.
    """
    return operations.open_store(settings, SCHEMA, busy_seconds=busy_seconds)
