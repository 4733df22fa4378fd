"""Opening the operations store with the tables of access."""

from pathlib import Path

from sqlalchemy import Engine

import operations
from access.tables import metadata
from config import Settings

SCHEMA = operations.Schema(
    metadata, Path(__file__).parent / "migrations" / "versions", "access_version"
)


def open_store(settings: Settings) -> Engine:
    """The engine of the operations store, the tables of access migrated to the newest version.

    Raises StoreError, without the password of the URL.
    """
    return operations.open_store(settings, SCHEMA)
