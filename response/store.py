"""Opening the operations store with the response's tables at their newest version."""

from pathlib import Path

from sqlalchemy import Engine

from config import Settings
from config.operations_store import BUSY_SECONDS, Migrations, open_engine

MIGRATIONS = Migrations(Path(__file__).parent / "migrations", "response_version")


def open_store(settings: Settings, busy_seconds: float = BUSY_SECONDS) -> Engine:
    """The engine of the operations store, the response's tables migrated to the newest version.

    A writer waits `busy_seconds` for another (SQLite). Raises StoreError where it cannot be opened.
    """
    return open_engine(settings, MIGRATIONS, busy_seconds)
