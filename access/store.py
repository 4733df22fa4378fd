"""Opening the operations store with the tables of access."""

from pathlib import Path

from sqlalchemy import Engine

import operations
from config import Settings

SCHEMA = operations.Schema(Path(__file__).parent / "migrations", "access_version")


def open_store(settings: Settings) -> Engine:
    """The engine of the operations store, the tables of access migrated to the newest version.

    Raises StoreError, without the password of the URL.
    """
    return operations.open_store(settings, SCHEMA)


def prepare(store: Engine) -> None:
    """Makes sure that a store which another room opened has the tables of access."""
    with operations.writing(store) as connection:
        operations.migrate(connection, SCHEMA)
