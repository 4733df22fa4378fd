"""Opening the operations store with the response's tables at their newest version."""

from pathlib import Path

from sqlalchemy import Engine

from config import Settings
from config.operations_store import Migrations, open_engine

MIGRATIONS = Migrations(Path(__file__).parent / "migrations", "response_version")


def open_store(settings: Settings) -> Engine:
    """The engine of the operations store, the response's tables migrated to the newest version.

    Raises StoreError where it cannot be opened.
    """
    return open_engine(settings, MIGRATIONS)
