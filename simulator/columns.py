"""From arrays of the world to the columns of the contract.

Inside the world an instant is an int64 of UTC seconds since 1970 and `MISSING` stands for null.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from contract import RECORDS, Record, Type
from simulator.randomness import Flags, Ints

MISSING = -1
Frame = dict[str, NDArray[Any]]
"""Cases as columns of equal length."""

IDENTITY = "_identity"
"""Hidden column: a number by which the row draws its luck."""
REPLACES = "_replaces"
"""Hidden column: an older version of this key was written before."""
TRUTH = "_truth"
"""Hidden column: the kind of disturbance that this row is, null for a plain one."""

ARROW_TYPES: dict[Type, pa.DataType] = {
    Type.TEXT: pa.string(),
    Type.CLOCK_TIME: pa.string(),
    Type.INTEGER: pa.int64(),
    Type.NUMBER: pa.float64(),
    Type.BOOLEAN: pa.bool_(),
    Type.DATE: pa.date32(),
    Type.TIMESTAMP: pa.timestamp("us", tz="UTC"),
}


def schema(record: Record) -> pa.Schema:
    """The Arrow schema in which a record is handed over."""
    return pa.schema([(column.name, ARROW_TYPES[column.type]) for column in record.columns])


def pick(frame: Frame, rows: Flags | Ints) -> Frame:
    """The rows of a frame chosen by a mask or by positions."""
    return {name: values[rows] for name, values in frame.items()}


def stack(frames: Sequence[Frame]) -> Frame:
    """Frames of the same columns, one under the other."""
    return {name: np.concatenate([frame[name] for frame in frames]) for name in frames[0]}


def length(frame: Frame) -> int:
    """The number of rows of a frame."""
    return len(next(iter(frame.values())))


def code(names: Sequence[str], positions: Ints) -> pa.Array:
    """Texts by their position in `names`; a negative position is null."""
    return pa.array(names, pa.string()).take(pa.array(positions, mask=positions < 0))


def numbered(prefix: str, numbers: Ints) -> pa.Array:
    """`prefix` and the number, as text; a negative number is null."""
    digits = pa.array(numbers, mask=numbers < 0).cast(pa.string())
    return pc.binary_join_element_wise(prefix, digits, "") if prefix else digits


def _arrow(kind: Type, values: Any, rows: int) -> pa.Array:
    target = ARROW_TYPES[kind]
    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
    if isinstance(values, pa.Array):
        return values if values.type == target else values.cast(target)
    if not isinstance(values, np.ndarray):
        return (
            pa.nulls(rows, target) if values is None else pa.repeat(pa.scalar(values, target), rows)
        )
    if kind is Type.TIMESTAMP:
        missing = values < 0
        return (
            pa.array(values.astype(np.int64) * 1_000_000, mask=missing)
            .cast(pa.timestamp("us"))
            .cast(target)
        )
    if values.dtype.kind in "if":
        return pa.array(values, mask=values < 0).cast(target)
    return pa.array(values, target)


def rows_of(
    record: str,
    columns: Mapping[str, Any],
    identity: Ints | None = None,
    replaces: Flags | None = None,
    rows: int | None = None,
) -> pa.Table:
    """A table of the record, all columns in the contract's order, and the hidden columns.

    `columns` holds arrays or single values; a column left out is null. Negative numbers are null.
    `identity` numbers the rows of an operational record, each version of a row by the same number.
    `rows` is needed only where no column is an array.
    """
    contract = RECORDS[record]
    unknown = set(columns) - {column.name for column in contract.columns}
    if unknown:
        raise KeyError(f"record {record} has no column {', '.join(sorted(unknown))}")
    if rows is None:
        rows = next(
            len(values) for values in columns.values() if isinstance(values, np.ndarray | pa.Array)
        )
    arrays = [_arrow(column.type, columns.get(column.name), rows) for column in contract.columns]
    arrays.append(pa.array(np.full(rows, MISSING) if identity is None else identity))
    arrays.append(pa.array(np.zeros(rows, bool) if replaces is None else replaces))
    arrays.append(pa.nulls(rows, pa.string()))
    return pa.Table.from_arrays(
        arrays, names=[*(column.name for column in contract.columns), IDENTITY, REPLACES, TRUTH]
    )


def seconds(column: pa.ChunkedArray) -> Ints:
    """A timestamp column as UTC seconds, null as `MISSING`."""
    return np.asarray(
        pc.fill_null(column.cast(pa.int64()), MISSING * 1_000_000).to_numpy() // 1_000_000,
        dtype=np.int64,
    )
