"""Opening the operations store with the ledger's tables."""

from pathlib import Path

from sqlalchemy import Engine

import operations
from config import Settings
from orchestration.ledger.tables import metadata

SCHEMA = operations.Schema(
    metadata, Path(__file__).parent / "migrations" / "versions", "ledger_version"
)


def open_store(settings: Settings) -> Engine:
    """The engine of the operations store, its ledger tables migrated to the newest version.

    Raises StoreError, without the password of the URL.
    """
    return operations.open_store(settings, SCHEMA)
