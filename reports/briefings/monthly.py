"""The monthly briefing: trends, promises, machines, staff and complaints."""

from collections.abc import Mapping

from language import say
from reports import wording
from reports.briefings.common import (
    Desk,
    known,
    left_out,
    nothing_known,
    part,
    pictures,
    rows_high,
    table,
)
from reports.briefings.periods import (
    found_or,
    incident_blocks,
    mission_table,
    promise_sentences,
    span,
    total_headline,
    total_tiles,
)
from reports.broker import records
from reports.charts import complaints, deliveries, printing, staffing, turnaround
from reports.charts.figure import Figure
from reports.charts.months import trends
from reports.charts.shapes import SHOWN_PARTS
from reports.facts.complaints import Complaints
from reports.facts.days import days_before
from reports.facts.deliveries import deliveries as deliveries_of
from reports.facts.missions import missions
from reports.facts.periods import Totals, totals
from reports.facts.promises import TIERS
from reports.facts.quality import trust
from reports.kinds import Period
from reports.paper import Block, Heading, Part, Sentence, told

_XMR_DAYS = 182
_MOST_ROWS = 12


def monthly(desk: Desk, period: Period) -> Part:
    """The briefing about the month of `period`."""
    found = totals(desk.publication, desk.scope, period.since, period.until)
    return part(
        desk,
        say("Monthly briefing, {days}", days=span(period)),
        total_headline(found),
        wording.trust_sentences(trust(desk.publication, desk.scope)),
        _blocks(desk, period, found),
        say("{days}, all tiers", days=span(period)),
    )


def _blocks(desk: Desk, period: Period, found: Totals) -> list[Block]:
    if found.is_empty:
        return nothing_known()
    figures = trends(desk.publication, desk.scope, period.until)
    heard, drawn = complaints.drawn_complaints(
        desk.publication, desk.scope, period.since, period.until
    )
    months: list[Block] = [Heading(say("Trends")), *pictures(figures, 140)] if figures else []
    return [
        total_tiles(found),
        Heading(say("The month in sentences")),
        found_or(
            [*promise_sentences(found), *_findings(desk, period, heard)],
            say("Nothing of the month is known beyond its totals."),
        ),
        *months,
        *_promises(desk, period),
        *_machines(desk, period),
        *_staff(desk, period),
        *_complaints(heard, drawn),
        *_missions(desk, period),
        Heading(say("Incidents")),
        *incident_blocks(desk, period),
    ]


def _findings(desk: Desk, period: Period, heard: Complaints) -> list[Sentence]:
    """The headline of each page about the month."""
    moved = deliveries_of(desk.publication, desk.scope, period.since, period.until)
    told_of = [deliveries.headline(moved), complaints.headline(heard)]
    return [Sentence(say("{sentence}.", sentence=sentence)) for sentence in told_of]


def _promises(desk: Desk, period: Period) -> list[Block]:
    facts, figures = turnaround.drawn_promises(
        desk.publication, desk.scope, "all", days_before(period.until, _XMR_DAYS), period.until
    )
    kept = [figures[f"kept_{tier}"] for tier in TIERS]
    blocks: list[Block] = [
        Heading(say("Promises")),
        told([say("{sentence}.", sentence=turnaround.headline(facts))], is_list=False),
        *pictures(kept[:2], 125),
        *pictures((kept[2], figures["stages"]), rows_high(165)),
    ]
    if not desk.is_one_place:
        blocks += pictures((figures["offices"],), 150)
    return blocks


def _machines(desk: Desk, period: Period) -> list[Block]:
    facts, figures = printing.drawn_printing(
        desk.publication, desk.scope, period.since, period.until
    )
    if facts.machines.empty:
        return []
    return [
        Heading(say("Machines")),
        told([say("{sentence}.", sentence=printing.headline(facts))], is_list=False),
        *pictures((figures["output"], figures["effect"]), 140),
        table(
            ("machine_id", "office", "availability_pct", "oee_pct", "failures", "down_hours"),
            [
                (
                    wording.spoken(row["machine_id"]),
                    wording.isolated(row["office"]),
                    known(row["availability_pct"], "pct"),
                    known(row["oee_pct"], "pct"),
                    wording.number(row["failures"]),
                    wording.number(row["down_hours"]),
                )
                for row in records(facts.machines.head(_MOST_ROWS))
            ],
            text=(0, 1),
            wide=(0, 1),
            title=say("Machines, longest down first"),
            note=left_out(_MOST_ROWS, len(facts.machines)),
        ),
    ]


def _staff(desk: Desk, period: Period) -> list[Block]:
    facts, figures = staffing.drawn_staff(desk.publication, desk.scope, period.until)
    if facts.work.empty:
        return []
    return [
        Heading(say("Staff")),
        told([say("{sentence}.", sentence=staffing.headline(facts))], is_list=False),
        *pictures((figures["mix"], figures["short"]), 185),
    ]


def _complaints(facts: Complaints, figures: Mapping[str, Figure]) -> list[Block]:
    if facts.categories.empty:
        return []
    return [
        Heading(say("Complaints")),
        told([say("{sentence}.", sentence=complaints.headline(facts))], is_list=False),
        *pictures((figures["categories"], figures["ages"]), rows_high(165)),
        table(
            ("category", "opened", "resolved", "open_now", "kept_pct"),
            [
                (
                    wording.spoken(row["category"]),
                    wording.number(row["opened"]),
                    wording.number(row["resolved"]),
                    wording.number(row["open_now"]),
                    known(row["kept_pct"], "pct"),
                )
                for row in records(facts.categories.head(SHOWN_PARTS))
            ],
            title=say("Complaints of the month by category; kept is told from 20 resolved on"),
            note=left_out(SHOWN_PARTS, len(facts.categories)),
        ),
    ]


def _missions(desk: Desk, period: Period) -> list[Block]:
    if desk.is_one_place:
        return []
    abroad = missions(desk.publication, desk.scope, period.since, period.until)
    found = mission_table(abroad.missions)
    return [Heading(say("Missions")), *found] if found else []
