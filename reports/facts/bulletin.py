"""What the public may know of a month: counts in tables with totals, small ones hidden."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import pandas as pd

from reports.broker import Publication, Scope, records, rows
from reports.facts.promises import TIERS
from reports.facts.turnaround import turnaround
from reports.suppression import SMALL, hidden

OTHERS = "others"
_LEAST_ROW = 2 * SMALL


@dataclass(frozen=True)
class OpenTable:
    """Counts by the things of `rows` and `columns`; `counts` is None where it is hidden. Totals
    are of all counts, hidden ones too. `name` and `columns` are words of the data."""

    name: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    counts: tuple[tuple[int | None, ...], ...]
    row_totals: tuple[int, ...]
    column_totals: tuple[int, ...]

    @property
    def total(self) -> int:
        """Of the whole table."""
        return sum(self.column_totals)

    @property
    def hidden_cells(self) -> int:
        """How many counts are hidden."""
        return sum(count is None for row in self.counts for count in row)


@dataclass(frozen=True)
class Bulletin:
    """The tables of a month, and the turnaround of it by tier (`turnaround`)."""

    since: date
    until: date
    tables: tuple[OpenTable, ...]
    turnaround: pd.DataFrame


def bulletin(publication: Publication, since: date, until: date) -> Bulletin:
    """The month from `since` to `until` of the whole authority."""
    everything = Scope("all")
    span = {"since": since, "until": until}
    counted = [
        ("applications_received", _RECEIVED, TIERS),
        ("passports_made_ready", _READY, TIERS),
        ("promises_due", _PROMISES, ("kept", "not_kept")),
        ("complaints_opened", _COMPLAINTS, ("resolved", "open_now")),
    ]
    return Bulletin(
        since,
        until,
        tuple(
            open_table(name, rows(publication, everything, sql, span), columns)
            for name, sql, columns in counted
        ),
        turnaround(publication, everything, "month", since, until),
    )


def open_table(name: str, frame: pd.DataFrame, columns: Sequence[str]) -> OpenTable:
    """A frame of `part` and counts in `columns`, small counts hidden; rows that come to so little
    that their total is no secret's cover are one row, `OTHERS`."""
    lines = {
        str(row["part"]): [int(row[column] or 0) for column in columns] for row in records(frame)
    }
    lines = _joined(lines)
    counts = list(lines.values())
    mask: Iterable[Iterable[bool]] = hidden(counts) if counts else ()
    return OpenTable(
        name,
        tuple(lines),
        tuple(columns),
        tuple(
            tuple(
                None if is_hidden else count for count, is_hidden in zip(line, hides, strict=True)
            )
            for line, hides in zip(counts, mask, strict=True)
        ),
        tuple(sum(line) for line in counts),
        tuple(sum(line[n] for line in counts) for n in range(len(columns))),
    )


def _joined(lines: dict[str, list[int]]) -> dict[str, list[int]]:
    """The smallest rows as one, until each that is left comes to twice a small number at least."""
    by_size = sorted(lines, key=lambda name: (sum(lines[name]), name))
    taken: list[str] = []
    for name in by_size:
        together = sum(sum(lines[other]) for other in taken)
        is_small = sum(lines[name]) < _LEAST_ROW
        if not is_small and (not taken or together >= _LEAST_ROW):
            break
        taken.append(name)
    if not taken:
        return lines
    others = [sum(counts) for counts in zip(*(lines[name] for name in taken), strict=True)]
    kept = {name: counts for name, counts in lines.items() if name not in taken}
    return {**kept, OTHERS: others}


def _volumes(measure: str) -> str:
    tiers = ", ".join(f"sum({measure}) filter (where tier = '{tier}') as {tier}" for tier in TIERS)
    return f"""
        select substr(place_scope, 6) as part, {tiers}
        from rpt_volumes
        where starts_with(place_scope, 'zone:') and day between $since and $until
        group by place_scope
        order by place_scope
    """


_RECEIVED, _READY = _volumes("submitted"), _volumes("ready")

_PROMISES = """
    select
        substr(place_scope, 6) as part, sum(kept) as kept,
        sum(missed + open_within + open_beyond) as not_kept
    from rpt_promise
    where
        starts_with(place_scope, 'zone:') and tier = 'all' and period_kind = 'day'
        and period_start between $since and $until
    group by place_scope
    order by place_scope
"""

_COMPLAINTS = """
    select category as part, sum(resolved) as resolved, sum(open_now) as open_now
    from rpt_complaints
    where place_scope = 'country' and month between $since and $until
    group by category
    order by sum(opened) desc, category
"""
