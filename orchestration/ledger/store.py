"""Opening the operations store with the ledger's tables at their newest version."""

from pathlib import Path

from sqlalchemy import Engine

from config import Settings
from config.operations_store import Migrations, open_engine

MIGRATIONS = Migrations(Path(__file__).parent / "migrations", "ledger_version")


def open_store(settings: Settings) -> Engine:
    """The engine of the operations store, its ledger tables migrated to the newest version.

    Raises StoreError where it cannot be opened.
    """
    return open_engine(settings, MIGRATIONS)
