"""The source contract, version 1, as data: the 19 records an authority's systems hand over.

Here belong columns, types, codes, keys and cursors; how a record is read, judged or modelled
does not.
"""

from contract.records import (
    OPERATIONAL,
    RECORDS,
    REFERENCE,
    Column,
    Record,
    Type,
    landed_columns,
)

__all__ = ["OPERATIONAL", "RECORDS", "REFERENCE", "Column", "Record", "Type", "landed_columns"]
