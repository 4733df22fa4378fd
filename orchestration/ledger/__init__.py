"""The load ledger: what was read, judged and admitted, in the operations store.

Here belong the ledger's tables, their migrations and the small functions that read and write
them. What a batch holds and how it is judged does not.
"""

from operations import StoreError, writing
from orchestration.ledger import tables
from orchestration.ledger.store import open_store

__all__ = ["StoreError", "open_store", "tables", "writing"]
