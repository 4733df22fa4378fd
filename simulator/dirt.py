"""What goes wrong with rows on their way: late, corrected, duplicated and dirty ones.

Every disturbed row carries its kind in the hidden column `_truth`. Dirty rows are extra rows with a
key of their own, each breaking one rule of the contract, so that the world itself stays whole.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from contract import RECORDS, Record, Type
from simulator.columns import IDENTITY, REPLACES, TRUTH
from simulator.randomness import Ints, Luck

LATE_SHARE = 0.005
CORRECTED_SHARE = 0.002
DUPLICATED_SHARE = 0.002
DIRTY_SHARE = 0.002
"""Far below the 5 % from which a batch is held, so that small batches never come near it."""

Row = dict[str, Any]

# A row is final once this column is filled: only then may it come late, twice or corrected.
_FINAL = {
    "queue_tokens": "outcome",
    "print_jobs": "outcome",
    "deliveries": "outcome",
    "staff_shifts": "ended_at",
    "complaints": "resolved_at",
    "technical_issues": "resolved_at",
    "consignments": "received_at",
}
# An event that comes before the one it must follow: column, the one it follows.
_TOO_EARLY = {
    "applications": ("cancelled_at", "submitted_at"),
    "queue_tokens": ("called_at", "issued_at"),
    "print_jobs": ("started_at", "queued_at"),
    "technical_issues": ("resolved_at", "opened_at"),
    "consignments": ("received_at", "dispatched_at"),
    "deliveries": ("collected_at", "ready_at"),
    "staff_shifts": ("ended_at", "started_at"),
    "complaints": ("resolved_at", "opened_at"),
}


def _put(column: str, value: object) -> Callable[[Row], Row]:
    return lambda row: {**row, column: value}


def _unknown(column: str) -> Callable[[Row], Row]:
    """A code that nobody knows; where it is part of the key, no two rows share it."""
    return lambda row: {**row, column: f"no_such_{row[column]}"}


# What a correction changes.
_CORRECTIONS: dict[str, Callable[[Row], Row]] = {
    "applications": lambda row: {**row, "birth_year": row["birth_year"] - 1},
    "stage_events": _put("desk", "D99"),
    "queue_tokens": _put("counter", "C99"),
    "print_jobs": _put("reason_code", "entered_by_hand"),
    "machine_readings": lambda row: {
        **row,
        "temperature_celsius": row["temperature_celsius"] + 0.5,
    },
    "link_readings": lambda row: {**row, "latency_ms": (row["latency_ms"] or 900.0) + 1.0},
    "consumables": lambda row: {**row, "quantity": row["quantity"] + 3.0},
    "technical_issues": _put("kind", "reclassified"),
    "consignments": _put("carrier", "Carrier C (illustrative)"),
    "deliveries": _put("box_id", None),
    "staff_shifts": _put("desk", "D99"),
    "complaints": _put("category", "other"),
}


@dataclass(frozen=True)
class Break:
    """One way in which a row breaks a rule, where the column that it needs is filled."""

    kind: str
    column: str
    change: Callable[[Row], Row]
    needs: str | None = None

    def is_possible(self, row: Row) -> bool:
        return self.needs is None or row[self.needs] is not None


def _breaks(record: Record) -> tuple[Break, ...]:
    breaks = []
    for column in record.columns:
        if column.name == record.cursor:
            continue
        if column.name in record.key and column.type is Type.TEXT and len(record.key) == 1:
            breaks.append(Break("null_key", column.name, _put(column.name, None)))
        if column.refers_to is not None and column.required:
            breaks.append(Break("unknown_reference", column.name, _unknown(column.name)))
        if column.codes and column.type is Type.TEXT and column.required:
            breaks.append(Break("unknown_code", column.name, _unknown(column.name)))
    if record.name in _TOO_EARLY:
        later, earlier = _TOO_EARLY[record.name]
        breaks.append(
            Break(
                "time_order",
                later,
                lambda row: {**row, later: row[earlier] - timedelta(minutes=10)},
                needs=earlier,
            )
        )
    if record.name == "applications":
        breaks.append(
            Break(
                "invalid_cnic",
                "applicant_cnic",
                lambda row: {**row, "applicant_cnic": row["applicant_cnic"][:-1]},
            )
        )
    return tuple(breaks)


BREAKS = {name: _breaks(record) for name, record in RECORDS.items() if record.cursor}


def disturb(seed: int, name: str, table: pa.Table) -> pa.Table:
    """The rows of one day with their disturbances. What happens to a row hangs on its own number,
    not on the others."""
    record = RECORDS[name]
    final = _final(name, table)
    number = table[IDENTITY].to_numpy()
    draw = Luck(seed, number[final]).uniform(f"fate of {name}")
    edges = np.cumsum([LATE_SHARE, CORRECTED_SHARE, DUPLICATED_SHARE, DIRTY_SHARE])
    fate = np.searchsorted(edges, draw, side="right")
    late, corrected, duplicated, dirty = (final[fate == position] for position in range(4))
    table = _delayed(table, record, late, Luck(seed, number[late]))
    extra = (
        _corrections(table.take(pa.array(corrected)), record, Luck(seed, number[corrected])),
        _marked(table.take(pa.array(duplicated)), "duplicated"),
        _broken(table.take(pa.array(dirty)), record, Luck(seed, number[dirty])),
    )
    return pa.concat_tables([table, *(part for part in extra if part.num_rows)])


def _final(name: str, table: pa.Table) -> Ints:
    """Positions of the rows that no later version replaces."""
    if name in _FINAL:
        return np.flatnonzero(pc.is_valid(table[_FINAL[name]]).to_numpy())
    if name == "applications":
        # Cancelled ones have two versions; they are left alone.
        cancelled = table.filter(pc.is_valid(table["cancelled_at"]))["application_id"]
        return np.flatnonzero(
            ~pc.is_in(table["application_id"], cancelled.combine_chunks()).to_numpy()
        )
    return np.arange(table.num_rows)


def _marked(table: pa.Table, kind: str) -> pa.Table:
    marks = pa.repeat(pa.scalar(kind), table.num_rows)
    return table.set_column(table.schema.get_field_index(TRUTH), TRUTH, marks)


def _delayed(table: pa.Table, record: Record, rows: Ints, luck: Luck) -> pa.Table:
    """The rows reach the system hours or days after they should."""
    delay = np.zeros(table.num_rows, np.int64)
    delay[rows] = 3600 + luck.exponential("delay", 8 * 3600).astype(np.int64)
    position = table.schema.get_field_index(record.cursor)
    moved = pc.add(table[record.cursor].cast(pa.int64()), pa.array(delay * 1_000_000)).cast(
        table.schema.field(position).type
    )
    marks = np.full(table.num_rows, None, object)
    marks[rows] = "late"
    return table.set_column(position, record.cursor, moved).set_column(
        table.schema.get_field_index(TRUTH), TRUTH, pa.array(marks, pa.string())
    )


def _corrections(table: pa.Table, record: Record, luck: Luck) -> pa.Table:
    """The same keys with other content, hours later."""
    hours = luck.integers("corrected after", 1, 36)
    cursor = str(record.cursor)
    rows = []
    for row, ahead in zip(table.to_pylist(), hours, strict=True):
        changed = _CORRECTIONS[record.name](row)
        changed[cursor] = row[cursor] + timedelta(hours=int(ahead), seconds=11)
        rows.append({**changed, REPLACES: True, TRUTH: "corrected"})
    return pa.Table.from_pylist(rows, table.schema)


def _broken(table: pa.Table, record: Record, luck: Luck) -> pa.Table:
    """Copies with a key of their own that break one rule each."""
    breaks = BREAKS[record.name]
    chosen = luck.integers("break", 0, len(breaks))
    rows = []
    for row, number in zip(table.to_pylist(), chosen, strict=True):
        possible = [fault for fault in breaks if fault.is_possible(row)]
        fault = possible[number % len(possible)]
        broken = fault.change(_own_key(record, row))
        rows.append({**broken, REPLACES: False, TRUTH: f"dirty:{fault.kind}:{fault.column}"})
    return pa.Table.from_pylist(rows, table.schema)


def _own_key(record: Record, row: Row) -> Row:
    last = record.key[-1]
    if len(record.key) == 1:
        return {**row, last: f"X{row[last]}"}
    return {**row, last: row[last] - timedelta(seconds=7)}
