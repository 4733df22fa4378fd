"""What Great Expectations asks of a batch, as data: on its good rows, or on their profile.

Each expectation of a record is stated once and has two forms: over rows, and over the counts of a
profile, where there are too many rows for a frame.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from config.settings import GateSettings
from contract import Record, Type, landed_columns
from expectations.rules import RANGES

UNIQUE_KEY = "unique_key"
VOLUME_RATIO = "volume_ratio"


@dataclass(frozen=True)
class Expectation:
    """One expectation on the good rows of a batch.

    `kind` and `arguments` are those of Great Expectations; `measure` is the SQL that counts the
    rows against it in a profile.
    """

    name: str
    kind: str
    arguments: dict[str, Any]
    measure: str


@dataclass(frozen=True)
class Limit:
    """One limit on a measure of the whole batch: `low <= measure <= high`, null is not judged."""

    name: str
    low: float
    high: float
    reason: str

    def excess(self, measure: float | None) -> float | None:
        """How far a measure lies outside; 0 inside, None where it is not judged."""
        return None if measure is None else max(self.low - measure, measure - self.high, 0.0)


def row_expectations(record: Record) -> tuple[Expectation, ...]:
    """What every good row of `record` obeys; the row rules have sent the others to quarantine."""
    columns = landed_columns(record)
    return (
        _unique(record),
        *(
            Expectation(
                f"not_null_{column.name}",
                "ExpectColumnValuesToNotBeNull",
                {"column": column.name},
                f'count(*) filter ("{column.name}" is null)',
            )
            for column in columns
            if column.required or column.name == record.cursor
        ),
        *(
            Expectation(
                f"code_{column.name}",
                "ExpectColumnValuesToBeInSet",
                {"column": column.name, "value_set": _codes(column.codes, column.type)},
                f'count(*) filter ("{column.name}"::VARCHAR not in ({_listed(column.codes)}))',
            )
            for column in columns
            if column.codes
        ),
        *(
            Expectation(
                f"range_{column.name}",
                "ExpectColumnValuesToBeBetween",
                {"column": column.name, "min_value": low, "max_value": high},
                f'count(*) filter ("{column.name}" < {low}'
                + (f' or "{column.name}" > {high})' if high is not None else ")"),
            )
            for column in columns
            if column.name in RANGES
            for low, high in [RANGES[column.name]]
        ),
    )


def identity(record: Record) -> list[str]:
    """The columns that no two good rows of a batch share: the key and what orders its versions."""
    names = list(record.key)
    cursor = record.cursor or "updated_at"
    if cursor not in names and any(c.name == cursor for c in record.columns):
        names.append(cursor)
    return names


def batch_limits(gate: GateSettings) -> tuple[Limit, ...]:
    """The limits on a batch as a whole, with the words that a held batch gives as its reason."""
    return (
        Limit(
            "quarantined_share",
            0,
            gate.quarantined_share_max,
            "too large a share of its rows broke a row rule",
        ),
        Limit(
            "repeated_share",
            0,
            gate.repeated_share_max,
            "too large a share of the rows of one file or table comes twice in it",
        ),
        Limit("conflicts", 0, 0, "a key comes twice with different contents at one cursor"),
        Limit("outside_window", 0, 0, "rows lie outside the window that was asked for"),
        Limit("manifest_faults", 0, 0, "a file and its manifest disagree"),
        Limit("columns_amiss", 0, 0, "the landing file has not the columns of the contract"),
        Limit("landed_difference", 0, 0, "the landing file holds other rows than were read"),
        Limit(
            VOLUME_RATIO,
            1 / gate.volume_factor,
            gate.volume_factor,
            "the record's total over all places is far from what was expected, and no other "
            "record of the same activity moved with it",
        ),
    )


def _unique(record: Record) -> Expectation:
    names = identity(record)
    listed = ", ".join(f'"{name}"' for name in names)
    return Expectation(
        UNIQUE_KEY,
        "ExpectCompoundColumnsToBeUnique" if len(names) > 1 else "ExpectColumnValuesToBeUnique",
        {"column_list": names} if len(names) > 1 else {"column": names[0]},
        f"count(*) - count(distinct hash({listed}))",
    )


def _codes(codes: Sequence[str], kind: Type) -> list[Any]:
    return [int(code) for code in codes] if kind is Type.INTEGER else list(codes)


def _listed(codes: Sequence[str]) -> str:
    return ", ".join(f"'{code}'" for code in codes)
