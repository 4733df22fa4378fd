"""The load ledger: what was read, judged and admitted, in the operations store.

Here belong the ledger's tables, their migrations and the small functions that read and write
them. What a batch holds and how it is judged does not.
"""

from orchestration.ledger import tables
from orchestration.ledger.store import StoreError, migrate, open_store, writing

__all__ = ["StoreError", "migrate", "open_store", "tables", "writing"]
