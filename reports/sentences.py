"""What happened, what is late, what is coming and what is asked: sentences that rules write.

Each rule looks at figures and gives sentences that hold a number for every judgement, or none.
"""

from collections.abc import Sequence
from datetime import timedelta

import pandas as pd

from language import say
from reports import foresight_wording, incident_wording, wording
from reports.broker import records
from reports.facts.ahead import DAYS_AHEAD, Ahead
from reports.facts.days import day_of_month, short_moment, weekday
from reports.facts.overview import Overview
from reports.facts.rushes import Rush
from reports.paper import Sentence
from reports.rush_wording import rush_sentence

_MOST_CHANGES = 3
_MOST_RUSHES = 2


def findings(
    overview: Overview,
    ahead: Ahead,
    incidents: pd.DataFrame,
    rushes: Sequence[Rush],
    waiting: pd.DataFrame,
    zone: str,
) -> list[Sentence]:
    """A day in sentences; `waiting` are proposals, clock times are of `zone`."""
    found = [
        *tile_changes(overview),
        *changes_of_parts(overview),
        *due_of_the_day(overview),
        *(Sentence(rush_sentence(rush, zone)) for rush in rushes[:_MOST_RUSHES]),
        *risks(ahead),
        *open_incidents(incidents, zone),
        *scarce(ahead),
        *waiting_proposals(waiting),
    ]
    return found or [Sentence(say("Nothing of the day lay outside its usual range."))]


def tile_changes(overview: Overview) -> list[Sentence]:
    """The figures of the whole scope that are a real change."""
    return [
        Sentence(
            say(
                "{measure}: {value}, {change} (usually {low} to {high}).",
                measure=tile.label,
                value=wording.number(tile.judged.value, tile.unit),
                change=wording.tile_change(tile),
                low=wording.number(tile.judged.low, tile.unit),
                high=wording.number(tile.judged.high, tile.unit),
            ),
            tile.asks_for_action,
        )
        for tile in overview.tiles
        if tile.judged.verdict in ("above", "below")
    ]


def changes_of_parts(overview: Overview) -> list[Sentence]:
    """The largest real changes of the zones or offices; none where the scope is one office."""
    if len(overview.backlog_by_part) < 2:
        return []
    return [
        Sentence(wording.change_sentence(change), change.is_bad)
        for change in overview.changes[:_MOST_CHANGES]
    ]


def due_of_the_day(overview: Overview) -> list[Sentence]:
    """How many promises fell due on the day and how many of them were broken."""
    frame = overview.promise
    rows = frame[frame["day"] == pd.Timestamp(overview.day)]
    if rows.empty:
        return []
    row = rows.iloc[0]
    broken = row["missed"] + row["still_open"]
    return [
        Sentence(
            say(
                "{due} fell due on {weekday}: {kept} ready in time, {broken} not.",
                due=wording.counted(row["due"], "case"),
                weekday=weekday(overview.day),
                kept=wording.number(row["kept"]),
                broken=wording.number(broken),
            )
        )
    ]


def risks(ahead: Ahead) -> list[Sentence]:
    """How many of the cases that fall due next are expected to be late, and where most."""
    frame = ahead.risks
    if frame.empty:
        return []
    cases, late = frame["cases"].sum(), frame["expected_late"].sum()
    words = say(
        "{cases} open fall due in the {n} days from {day}; {late} of them are expected to be late",
        cases=wording.counted(cases, "case"),
        n=DAYS_AHEAD,
        day=day_of_month(ahead.day + timedelta(days=1)),
        late=wording.number(late),
    )
    worst = frame.iloc[0]
    if len(frame) == 1 or round(worst["expected_late"]) < 1:
        return [Sentence(say("{sentence}.", sentence=words))]
    return [
        Sentence(
            say(
                "{sentence}, most of one place in {place} ({n} of {cases}).",
                sentence=words,
                place=wording.isolated(worst["part"]),
                n=wording.number(worst["expected_late"]),
                cases=wording.number(worst["cases"]),
            )
        )
    ]


def open_incidents(incidents: pd.DataFrame, zone: str) -> list[Sentence]:
    """How many incidents are open, the gravest by name."""
    if incidents.empty:
        return []
    first = records(incidents)[0]
    critical = int((incidents["severity"] == "critical").sum())
    return [
        Sentence(
            say(
                "{incidents} open, {critical} of them critical; the gravest: {what}, since "
                "{moment}.",
                incidents=wording.counted(len(incidents), "incident"),
                critical=wording.number(critical),
                what=incident_wording.incident_title(first),
                moment=short_moment(first["since_at"], zone),
            ),
            critical > 0,
        )
    ]


def scarce(ahead: Ahead) -> list[Sentence]:
    """What runs out first."""
    if ahead.scarce.empty:
        return []
    first = ahead.scarce.iloc[0]
    return [
        Sentence(
            say(
                "{items} at less than 14 days; first {item} at {place}, {days} left.",
                items=wording.counted(len(ahead.scarce), "stock"),
                item=wording.spoken(first["item"]),
                place=wording.isolated(first["office"]),
                days=wording.number(first["days_left"], "days"),
            ),
            first["days_left"] < DAYS_AHEAD,
        )
    ]


def waiting_proposals(waiting: pd.DataFrame) -> list[Sentence]:
    """How many proposals wait for a decision, and what they would bring together."""
    if waiting.empty:
        return []
    title = foresight_wording.redistribution_title(waiting)
    return [Sentence(say("{sentence}.", sentence=title), True)]


def next_days(ahead: Ahead, arrivals_before: float | None) -> list[Sentence]:
    """How many applications the next seven days are forecast to bring, against the seven before."""
    frame = ahead.arrivals.head(DAYS_AHEAD)
    if len(frame) < DAYS_AHEAD:
        return []
    likely = frame["p50"].sum()
    words = say(
        "{n} applications are forecast for the {days} days from {day}",
        n=wording.number(likely),
        days=DAYS_AHEAD,
        day=day_of_month(frame["day"].iloc[0]),
    )
    if not arrivals_before:
        return [Sentence(say("{sentence}.", sentence=words))]
    return [
        Sentence(
            say(
                "{sentence}, {share} % on the {before} of the {days} days before.",
                sentence=words,
                share=wording.signed(100 * (likely - arrivals_before) / arrivals_before, 1),
                before=wording.number(arrivals_before),
                days=DAYS_AHEAD,
            )
        )
    ]


def backlog_ahead(ahead: Ahead) -> list[Sentence]:
    """What the backlog is forecast to be in a week."""
    frame = ahead.backlog.head(DAYS_AHEAD)
    if len(frame) < DAYS_AHEAD:
        return []
    last = frame.iloc[-1]
    return [
        Sentence(
            say(
                "On {day} {n} cases are forecast to be open ({low} to {high} in 8 of 10 cases).",
                day=day_of_month(last["day"]),
                n=wording.number(last["p50"]),
                low=wording.number(last["p10"]),
                high=wording.number(last["p90"]),
            )
        )
    ]


def risk_reason(code: str | None) -> str:
    """Why most of them may be late; a dash where none is more likely late than not."""
    return foresight_wording.risk_reason(code) if code else "–"
