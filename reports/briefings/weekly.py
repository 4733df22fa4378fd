"""The weekly briefing: is it a real change? XmR charts, offices and missions side by side."""

from language import say
from reports import sentences, wording
from reports.briefings.common import Desk, nothing_known, part, pictures, table
from reports.briefings.periods import (
    found_or,
    incident_blocks,
    mission_table,
    office_table,
    promise_sentences,
    span,
    total_headline,
    total_tiles,
)
from reports.broker import records
from reports.charts import backlog, national, turnaround
from reports.facts import clearance, missions, offices, rushes
from reports.facts.days import days_before, weekday
from reports.facts.overview import Overview
from reports.facts.periods import Totals, totals
from reports.facts.promises import TIERS
from reports.facts.quality import trust
from reports.kinds import Period
from reports.paper import Block, Heading, Part, Sentence, told
from reports.rush_wording import bottleneck_sentence

_XMR_DAYS = 56
# What brings less is no bottleneck to read about.
_LEAST_DAYS_SAVED = 0.05


def weekly(desk: Desk, period: Period) -> Part:
    """The briefing about the week of `period`."""
    found = totals(desk.publication, desk.scope, period.since, period.until)
    return part(
        desk,
        say("Weekly briefing, {days}", days=span(period)),
        total_headline(found),
        wording.trust_sentences(trust(desk.publication, desk.scope)),
        _blocks(desk, period, found),
        say("{days}, all tiers", days=span(period)),
    )


def _blocks(desk: Desk, period: Period, found: Totals) -> list[Block]:
    if found.is_empty:
        return nothing_known()
    publication, scope, until = desk.publication, desk.scope, period.until
    facts, figures = national.drawn_overview(publication, scope, until, not desk.is_one_place)
    _, promises = turnaround.drawn_promises(
        publication, scope, "all", days_before(until, _XMR_DAYS), until
    )
    kept = [promises[f"kept_{tier}"] for tier in TIERS]
    flows = clearance.backlog(publication, scope, days_before(until, _XMR_DAYS), until)
    return [
        total_tiles(found),
        Heading(say("The week in sentences")),
        found_or(
            [*promise_sentences(found), *_real_changes(facts, found)],
            say("No figure of the week is a real change."),
        ),
        Heading(say("Day by day")),
        _days(found),
        *pictures((backlog.flows(flows),), 115),
        Heading(say("Real changes")),
        told([wording.backlog_sentence(facts), wording.turnaround_sentence(facts)], is_list=False),
        *pictures((figures["promise"], *kept, figures["backlogs"], promises["turnaround"]), 120),
        Heading(say("Where the work is held")),
        found_or(
            [
                Sentence(bottleneck_sentence(one))
                for one in rushes.bottlenecks(publication, scope)
                if one.days_saved >= _LEAST_DAYS_SAVED
            ],
            say("No stage holds more than is usual."),
        ),
        Heading(say("Incidents")),
        *incident_blocks(desk, period),
        *_places(desk, period),
    ]


def _real_changes(facts: Overview, found: Totals) -> list[Sentence]:
    """What is beyond usual noise at the end of the week, by the XmR limits of its days."""
    last = weekday(found.until)
    return [
        Sentence(
            say("On {weekday}: {sentence}", weekday=last, sentence=sentence.text),
            sentence.asks_for_action,
        )
        for sentence in [*sentences.tile_changes(facts), *sentences.changes_of_parts(facts)]
    ]


def _days(found: Totals) -> Block:
    columns = [
        "submitted", "expected_submitted", "printed", "ready", "collected", "in_progress",
        "beyond_promise",
    ]  # fmt: skip
    return table(
        ("day", *columns),
        [
            (weekday(row["day"]), *(wording.number(row[column]) for column in columns))
            for row in records(found.days)
        ],
    )


def _places(desk: Desk, period: Period) -> list[Block]:
    """Offices and missions of the scope; one place has none within it."""
    if desk.is_one_place:
        return []
    listed = offices.office_list(desk.publication, desk.scope, period.until)
    abroad = missions.missions(desk.publication, desk.scope, period.since, period.until)
    home = listed[listed["kind"] != "mission"]
    blocks: list[Block] = [*office_table(home), *mission_table(abroad.missions)]
    return [Heading(say("Offices and missions")), *blocks] if blocks else []
