"""The public bulletin of a month: what everybody may know, on paper and as open data (CSV)."""

from contextlib import closing
from datetime import date

import pandas as pd

from config import Settings
from language import say
from reports import wording
from reports.briefings.common import Desk, part, pictures, table
from reports.briefings.periods import span
from reports.broker import Publication, open_publication, records
from reports.charts.months import trends
from reports.export import Told, to_csv
from reports.facts.bulletin import OTHERS, Bulletin, OpenTable
from reports.facts.bulletin import bulletin as month_of
from reports.kinds import KINDS, Period
from reports.paper import Block, Heading, Part, Table, told
from reports.suppression import SMALL

TITLES = {
    "applications_received": "Applications received, by zone and tier",
    "passports_made_ready": "Passports made ready, by zone and tier",
    "promises_due": "Promises that fell due, by zone of submission",
    "complaints_opened": "Complaints opened, by category",
}
# What the rows of a table are, where they are no places.
FIRST_COLUMNS = {"complaints_opened": "category"}
COLUMNS = {
    "normal": "Normal",
    "urgent": "Urgent",
    "fast_track": "Fast track",
    "kept": "Kept",
    "not_kept": "Not kept",
    "resolved": "Resolved",
    "open_now": "Still open",
}


def bulletin(desk: Desk, period: Period) -> Part:
    """The bulletin about the month of `period`."""
    found = month_of(desk.publication, period.since, period.until)
    received, ready = found.tables[:2]
    return part(
        desk,
        say("Public bulletin, {days}", days=span(period)),
        say(
            "{applications} came in, {passports} made ready",
            applications=wording.counted(received.total, "application"),
            passports=wording.counted(ready.total, "passport"),
        ),
        (),
        _blocks(desk, found),
        say("{days}, all tiers", days=span(period)),
    )


def open_data(settings: Settings, morning: date, generation: str | None = None) -> bytes:
    """The bulletin's tables as CSV: table, row, column, count (empty where hidden).

    Raises NothingPublishedError where there is no such generation."""
    period = KINDS["bulletin"].period(morning)
    assert period is not None
    with closing(open_publication(settings.home, generation)) as publication:
        found = month_of(publication, period.since, period.until)
        return to_csv(_long(found), _told(publication, found))


def _told(publication: Publication, found: Bulletin) -> Told:
    return Told(
        "open_data",
        publication.as_of,
        publication.generation,
        {
            "month": f"{found.since:%Y-%m}",
            "hidden": f"counts from 1 to {SMALL - 1}, and others that would give them away, "
            "are empty",
        },
    )


def _long(found: Bulletin) -> pd.DataFrame:
    cells = [
        (one.name, row, column, count)
        for one in found.tables
        for row, column, count in _with_totals(one)
    ]
    frame = pd.DataFrame(cells, columns=["table", "row", "column", "count"])
    return frame.astype({"count": "Int64"})


def _with_totals(one: OpenTable) -> list[tuple[str, str, int | None]]:
    cells: list[tuple[str, str, int | None]] = []
    for row, counts, total in zip(one.rows, one.counts, one.row_totals, strict=True):
        cells += [(row, name, count) for name, count in zip(one.columns, counts, strict=True)]
        cells.append((row, "total", total))
    totals = zip(one.columns, one.column_totals, strict=True)
    return [
        *cells,
        *(("total", name, count) for name, count in totals),
        ("total", "total", one.total),
    ]


def _blocks(desk: Desk, found: Bulletin) -> list[Block]:
    figures = trends(desk.publication, desk.scope, found.until)
    return [
        *pictures(figures, 150),
        Heading(say("How long a passport took")),
        *_turnaround(found),
        Heading(say("Counts of the month")),
        told(
            [
                say(
                    "Counts from 1 to {n} are hidden (marked *), and others with them where a "
                    "total would give them away.",
                    n=SMALL - 1,
                )
            ]
        ),
        *(_table(one) for one in found.tables if one.rows),
    ]


def _turnaround(found: Bulletin) -> list[Block]:
    shown = [row for row in records(found.turnaround) if not row["is_small_number"]]
    if not shown:
        return [told([say("Too few passports were completed in the month.")])]
    return [
        table(
            ("tier", "completed", "p50_days", "p80_days", "p90_days"),
            [
                (
                    say("all tiers") if row["tier"] == "all" else wording.spoken(row["tier"]),
                    wording.number(row["completed"]),
                    *(
                        wording.decimal(row[name], 1)
                        for name in ("p50_days", "p80_days", "p90_days")
                    ),
                )
                for row in shown
            ],
        )
    ]


def _table(one: OpenTable) -> Table:
    total = say("Total")
    lines = [
        (
            say("Others") if row == OTHERS else wording.isolated(wording.spoken(row)),
            *("*" if count is None else wording.number(count) for count in counts),
            wording.number(whole),
        )
        for row, counts, whole in zip(one.rows, one.counts, one.row_totals, strict=True)
    ]
    foot = (
        total,
        *(wording.number(count) for count in one.column_totals),
        wording.number(one.total),
    )
    columns = (
        FIRST_COLUMNS.get(one.name, "part"),
        *(say(COLUMNS[column]) for column in one.columns),
        total,
    )
    return table(
        columns,
        [*lines, foot],
        title=say(TITLES[one.name]),
        note=say("{n} counts are hidden.", n=one.hidden_cells) if one.hidden_cells else "",
    )
