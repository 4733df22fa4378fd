"""The daily briefing: what happened, what is late, what is coming, and what is asked of you."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

from language import say
from reports import foresight_wording, incident_wording, sentences, wording
from reports.briefings.common import (
    Desk,
    data_quality,
    left_out,
    nothing_known,
    part,
    pictures,
    share,
    table,
    tiles,
)
from reports.broker import records
from reports.charts import Figure, backlog, national
from reports.facts import ahead, clearance, incidents, rushes
from reports.facts.ahead import DAYS_AHEAD, Ahead
from reports.facts.days import days_before, short_moment, written_day
from reports.facts.office_profile import due_next, equipment_now
from reports.facts.overview import Overview
from reports.facts.printing import SCARCE_DAYS
from reports.facts.promise import SMALL_NUMBER
from reports.facts.quality import Trust, quality, trust
from reports.facts.redistribution import Redistribution, redistribution
from reports.facts.rushes import Rush
from reports.paper import Block, Heading, Part, Sentence, Sentences, told
from reports.rush_wording import rush_sentence

_SHOWN_DAYS = 42
_MOST_PARTS = 16
_MOST_ROWS = 8
# Of each that is asked or was decided, so that all of them stand on page one.
_MOST_ASKED = 3
_MOST_STOCK = 5
_RECONCILED_DAYS = 7
_WEEK = 7
DECISIONS = {"accepted": "Accepted by {role}", "rejected": "Rejected by {role}"}


@dataclass(frozen=True)
class _Day:
    """Everything that a daily briefing tells."""

    desk: Desk
    day: date
    facts: Overview
    figures: Mapping[str, Figure]
    ahead: Ahead
    incidents: pd.DataFrame
    rushes: list[Rush]
    proposals: Redistribution
    trust: Trust


def daily(desk: Desk, day: date) -> Part:
    """The briefing about `day` (of the authority), for the morning after it."""
    publication, scope = desk.publication, desk.scope
    facts, figures = national.drawn_overview(publication, scope, day, not desk.is_one_place)
    of_day = _Day(
        desk,
        day,
        facts,
        figures,
        ahead.ahead(publication, scope, day),
        incidents.open_incidents(publication, scope),
        rushes.rushes_of(publication, scope, day, desk.timezone),
        redistribution(publication, scope),
        trust(publication, scope),
    )
    return part(
        desk,
        say("Daily briefing of {day}", day=written_day(day + timedelta(days=1))),
        wording.headline(facts),
        wording.trust_sentences(of_day.trust),
        _blocks(of_day),
        say("{day}, all tiers", day=written_day(day)),
    )


def _blocks(of_day: _Day) -> list[Block]:
    if of_day.facts.is_empty:
        return nothing_known()
    blocks = [*_first_page(of_day), *_happened(of_day), *_late(of_day), *_coming(of_day)]
    if not of_day.desk.is_one_place:
        since = days_before(of_day.day, _RECONCILED_DAYS)
        state = quality(of_day.desk.publication, of_day.desk.scope, since, of_day.day)
        blocks += data_quality(state, _RECONCILED_DAYS)
    return blocks


def _first_page(of_day: _Day) -> list[Block]:
    facts = of_day.facts
    found = sentences.findings(
        facts,
        of_day.ahead,
        of_day.incidents,
        of_day.rushes,
        of_day.proposals.waiting,
        of_day.desk.timezone,
    )
    return [
        tiles(facts),
        Heading(say("The day in sentences")),
        Sentences(tuple(found)),
        Heading(say("What is asked of you")),
        *_asked(of_day),
        *_decided(of_day),
    ]


def _asked(of_day: _Day) -> list[Block]:
    """Recommendations that wait for a decision, and incidents that nobody has taken on."""
    waiting = of_day.proposals.waiting
    blocks: list[Block] = []
    if len(waiting):
        blocks.append(
            table(
                ("proposal", "expected_effect", "cost"),
                [
                    (
                        foresight_wording.proposal_title(row),
                        foresight_wording.proposal_gain(row),
                        wording.joined(foresight_wording.proposal_cost(row["cost"] or "")),
                    )
                    for row in _isolated(waiting.head(_MOST_ASKED))
                ],
                text=(0, 1, 2),
                wide=(0, 2),
                note=left_out(_MOST_ASKED, len(waiting)),
            )
        )
    free = of_day.incidents[of_day.incidents["acknowledged_at"].isna()]
    if len(free):
        blocks.append(
            Sentences(
                tuple(
                    Sentence(_asked_by(row), row["severity"] == "critical")
                    for row in records(free.head(_MOST_ASKED))
                )
            )
        )
        if len(free) > _MOST_ASKED:
            blocks.append(told([left_out(_MOST_ASKED, len(free))]))
    return blocks or [
        told([say("No proposal waits for a decision, and somebody has each incident.")])
    ]


def _decided(of_day: _Day) -> list[Block]:
    """Decisions of the day, and those whose days ended in the week before, with what came of
    them."""
    decided, zone = of_day.proposals.decided, ZoneInfo(of_day.desk.timezone)
    if decided.empty:
        return []
    on = decided["decided_at"].dt.tz_convert(zone).dt.date == of_day.day
    ended = decided["to_day"].dt.date.between(days_before(of_day.day, _WEEK), of_day.day)
    shown = decided[(on | ended) & decided["state"].isin(DECISIONS)]
    if shown.empty:
        return []
    return [
        table(
            ("proposal", "decision", "expected_effect", "seen_effect"),
            [
                (
                    foresight_wording.proposal_title(row),
                    say(
                        DECISIONS[row["state"]], role=incident_wording.roles(row["decided_by_role"])
                    ),
                    foresight_wording.proposal_gain(row),
                    foresight_wording.seen_effect(row["seen_effect"]) or say("not known yet"),
                )
                for row in _isolated(shown.head(_MOST_ASKED))
            ],
            text=(0, 1, 2, 3),
            wide=(0, 3),
            title=say("What was decided, and what came of it"),
            note=left_out(_MOST_ASKED, len(shown)),
        )
    ]


def _isolated(proposals: pd.DataFrame) -> list[dict[Hashable, Any]]:
    """The rows of proposals, the names in them kept whole in a line from right to left."""
    return [
        {**row, **{name: wording.isolated(row[name] or "") for name in ("from_name", "to_name")}}
        for row in records(proposals)
    ]


def _asked_by(row: Mapping[Hashable, Any]) -> str:
    return say(
        "Nobody has taken on: {what}. {action} (first: {role}).",
        what=incident_wording.incident_title(row),
        action=say(row["action"]) if row["action"] else "",
        role=incident_wording.roles(row["owner_role"]),
    )


def _happened(of_day: _Day) -> list[Block]:
    facts, figures = of_day.facts, of_day.figures
    blocks: list[Block] = [Heading(say("What happened"))]
    if of_day.desk.is_one_place:
        blocks += pictures((figures["intake"], figures["backlogs"]), 135)
    else:
        blocks += [*pictures((figures["intake"],), 120), _parts(facts)]
    if of_day.rushes:
        zone = of_day.desk.timezone
        shown = of_day.rushes[:_MOST_ROWS]
        blocks.append(told(rush_sentence(rush, zone) for rush in shown))
    return blocks


def _late(of_day: _Day) -> list[Block]:
    facts, figures = of_day.facts, of_day.figures
    blocks: list[Block] = [
        Heading(say("What is late")),
        told([wording.backlog_sentence(facts), wording.turnaround_sentence(facts)], is_list=False),
    ]
    if of_day.desk.is_one_place:
        blocks += [*_due(of_day), *pictures((figures["promise"],), 105)]
    else:
        blocks += [
            *pictures((figures["backlogs"], figures["promise"]), 135),
            *pictures((figures["week_by_part"], figures["ages"]), 170),
        ]
    if len(of_day.incidents):
        blocks += [Heading(say("Open incidents")), _incidents(of_day)]
    return blocks


def _due(of_day: _Day) -> list[Block]:
    """Cases of one place that are late or fall due today or tomorrow, by stage and holder."""
    found = due_next(of_day.desk.publication, of_day.desk.scope, of_day.day + timedelta(days=1))
    if found.empty:
        return []
    names = {"late": say("late"), "today": say("today"), "tomorrow": say("tomorrow")}
    return [
        table(
            ("due", "stage_code", "holder", "cases"),
            [
                (
                    names[row["due"]],
                    wording.spoken(row["stage_code"]),
                    wording.isolated(row["holder"]),
                    wording.number(row["cases"]),
                )
                for row in records(found.head(_MOST_ROWS))
            ],
            text=(0, 1, 2),
            wide=(1, 2),
            title=say("Cases late or due today or tomorrow, by stage and holder"),
            note=left_out(_MOST_ROWS, len(found)),
        )
    ]


def _incidents(of_day: _Day) -> Block:
    frame, zone = of_day.incidents, of_day.desk.timezone
    return table(
        ("severity", "incident", "since_at", "assigned_to", "behind"),
        [
            (
                incident_wording.severity(row["severity"]),
                incident_wording.incident_title(row),
                short_moment(row["since_at"], zone),
                incident_wording.roles(row["assigned_to"] or row["owner_role"]),
                wording.number(row["behind"]),
            )
            for row in records(frame.head(_MOST_ROWS))
        ],
        text=(0, 1, 2, 3),
        wide=(1,),
        note=left_out(_MOST_ROWS, len(frame)),
    )


def _coming(of_day: _Day) -> list[Block]:
    desk, day = of_day.desk, of_day.day
    before = of_day.facts.volumes.tail(_WEEK)["submitted"].sum()
    found = [
        *sentences.next_days(of_day.ahead, float(before)),
        *sentences.backlog_ahead(of_day.ahead),
        *sentences.risks(of_day.ahead),
    ]
    blocks: list[Block] = [
        Heading(say("What is coming")),
        Sentences(tuple(found))
        if found
        else told(
            [say("No forecast is published for this place: none beats guessing from last season")]
        ),
    ]
    if not desk.is_one_place:
        since = days_before(day, _SHOWN_DAYS)
        facts = clearance.backlog(desk.publication, desk.scope, since, day)
        if len(facts.forecast):
            blocks += pictures((backlog.forecast_fan(facts),), 120)
        blocks += _risks(of_day)
    else:
        blocks += _machines(of_day)
    return [*blocks, *_stock(of_day)]


def _risks(of_day: _Day) -> list[Block]:
    frame = of_day.ahead.risks
    frame = frame[frame["expected_late"] >= 1]
    if frame.empty:
        return []
    return [
        table(
            ("part", "due", "expected_late", "reason"),
            [
                (
                    wording.isolated(row["part"]),
                    wording.number(row["cases"]),
                    wording.number(row["expected_late"]),
                    sentences.risk_reason(row["reason"]),
                )
                for row in records(frame.head(_MOST_ROWS))
            ],
            text=(0, 3),
            wide=(3,),
            title=say("Open cases that fall due in the next {n} days", n=DAYS_AHEAD),
            note=left_out(_MOST_ROWS, len(frame)),
        )
    ]


def _machines(of_day: _Day) -> list[Block]:
    """Machines and links of one place that are not as they should be."""
    found = equipment_now(of_day.desk.publication, of_day.desk.scope)
    stopped = found[~found["state"].isin(["running", "idle", "up"])]
    if stopped.empty:
        return []
    zone = of_day.desk.timezone
    return [
        table(
            ("name", "state", "since_at", "fault_code"),
            [
                (
                    wording.spoken(row["name"]),
                    say(row["state"]),
                    short_moment(row["since_at"], zone),
                    wording.spoken(row["fault_code"] or "–"),
                )
                for row in records(stopped.head(_MOST_ROWS))
            ],
            text=(0, 1, 2, 3),
            title=say("Machines and links that are not up"),
            note=left_out(_MOST_ROWS, len(stopped)),
        )
    ]


def _stock(of_day: _Day) -> list[Block]:
    frame = of_day.ahead.scarce
    if frame.empty:
        return []
    return [
        table(
            ("item", "office", "quantity", "unit", "days_left", "on_order"),
            [
                (
                    wording.spoken(row["item"]),
                    wording.isolated(row["office"]),
                    wording.number(row["quantity"]),
                    wording.spoken(row["unit"]),
                    wording.decimal(row["days_left"], 1),
                    wording.number(row["on_order"]),
                )
                for row in records(frame.head(_MOST_STOCK))
            ],
            text=(0, 1, 3),
            wide=(0, 1),
            title=say("Stock that lasts less than {n} days", n=int(SCARCE_DAYS)),
            note=left_out(_MOST_STOCK, len(frame)),
        )
    ]


def _parts(facts: Overview) -> Block:
    """The table of zones (or offices): the day, both backlogs, and the promise of four weeks."""
    frame = (
        facts.day_by_part.merge(
            facts.backlog_by_part[["part", "in_progress", "beyond_promise", "oldest_days"]],
            on="part",
            how="outer",
        )
        .merge(facts.promise_by_part[["part", "due", "kept_pct"]], on="part", how="left")
        .sort_values(["submitted", "part"], ascending=[False, True])
    )
    columns = ("submitted", "expected_submitted", "ready", "in_progress", "beyond_promise")
    return table(
        (facts.part_kind, *columns, "oldest_days", "kept_28"),
        [
            (
                wording.isolated(row["part"]),
                *(wording.number(row[column]) for column in columns),
                wording.number(row["oldest_days"]),
                share(row["kept_pct"], row["due"], SMALL_NUMBER),
            )
            for row in records(frame.head(_MOST_PARTS))
        ],
        note=left_out(_MOST_PARTS, len(frame)),
    )
