"""The operations store: one engine for every room that keeps something in it.

Here belong opening, transactions and migrating, and putting the files on the disk that its rows
tell of. Each room has its own tables, migrations and version table.
"""

from operations.disk import replace_synced, sync, write_synced
from operations.store import (
    BUSY_SECONDS,
    RISING_ID,
    Schema,
    StoreError,
    disposing,
    open_store,
    writing,
)

__all__ = [
    "BUSY_SECONDS",
    "RISING_ID",
    "Schema",
    "StoreError",
    "disposing",
    "open_store",
    "replace_synced",
    "sync",
    "write_synced",
    "writing",
]
