"""The report of one incident: what it was, what happened when, and what was told to whom."""

from collections.abc import Hashable
from typing import Any

from language import say
from reports import incident_wording, wording
from reports.briefings.common import Desk, part, table
from reports.broker import records
from reports.facts.days import short_moment, written_moment
from reports.facts.incidents import IncidentCase
from reports.paper import Block, Heading, Part, Sentence, Sentences, told


def incident(desk: Desk, case: IncidentCase) -> Part:
    """The report of an incident that there is, as it was at the publication."""
    [row] = records(case.incident)
    number = wording.isolated(f"#{row['incident_id']}")
    return part(
        desk,
        say("Incident report {number}", number=number),
        incident_wording.incident_title(row),
        (),
        _blocks(desk, row, case),
        say("Incident {number}", number=number),
    )


def _blocks(desk: Desk, row: dict[Hashable, Any], case: IncidentCase) -> list[Block]:
    return [
        _summary(desk, row),
        Heading(say("Cause and outcome")),
        Sentences(tuple(_end(desk, row))),
        Heading(say("What happened, in order")),
        *_events(desk, case),
        Heading(say("What was part of it")),
        *_parts(desk, case),
        Heading(say("What was told to whom")),
        *_messages(desk, case),
    ]


def _summary(desk: Desk, row: dict[Hashable, Any]) -> Block:
    unit = row["unit"] or ""
    lines = {
        say("Gravity"): incident_wording.severity(row["severity"]),
        say("Since (by the data)"): written_moment(row["since_at"], desk.timezone),
        say("Found"): written_moment(row["opened_at"], desk.timezone),
        say("Measured"): _measured(row["measured"], unit),
        say("Against"): _measured(row["expected"], unit),
        **_among(row),
        say("Owner"): incident_wording.roles(row["owner_role"]),
        say("With"): incident_wording.roles(row["assigned_to"]) or "–",
        say("Asked by its rule"): say(row["action"]) if row["action"] else "–",
        say("Taken note of after"): _minutes(row["acknowledge_minutes"]),
        say("Over after"): _minutes(row["resolve_minutes"]),
        say("Opened again"): wording.counted(row["reopened_count"], "time"),
    }
    head = (say("What is asked"), say("Answer"))
    return table(head, list(lines.items()), text=(0, 1), wide=(1,))


def _among(row: dict[Hashable, Any]) -> dict[str, str]:
    """The things that are in it, where there are several; a long list is not whole."""
    things = [wording.isolated(thing) for thing in incident_wording.named(row)]
    return {say("Among them"): wording.joined(things)} if things else {}


def _measured(value: float | None, unit: str) -> str:
    if value is None:
        return "–"
    return say("{n} {unit}", n=wording.amount(value), unit=wording.spoken(unit))


def _minutes(value: float | None) -> str:
    return "–" if value is None else wording.counted(value, "minute")


def _end(desk: Desk, row: dict[Hashable, Any]) -> list[Sentence]:
    if row["resolved_at"] is None:
        moment = written_moment(desk.publication.as_of, desk.timezone)
        return [Sentence(say("It is not over as of {moment}.", moment=moment), True)]
    sentences = [
        Sentence(
            say(
                "{outcome}; over since {moment}.",
                outcome=incident_wording.outcome(row["outcome"] or ""),
                moment=written_moment(row["resolved_at"], desk.timezone),
            )
        )
    ]
    if row["cause"]:
        cause = wording.isolated(row["cause"])
        sentences.append(Sentence(say("Its cause, by who ended it: {cause}", cause=cause)))
    return sentences


def _events(desk: Desk, case: IncidentCase) -> list[Block]:
    if case.events.empty:
        return [
            told([say("Its history is no longer published: it was over more than 35 days ago.")])
        ]
    return [
        table(
            ("at", "event", "who", "said"),
            [
                (
                    short_moment(row["happened_at"], desk.timezone),
                    _event(row),
                    incident_wording.roles(row["role"]),
                    wording.isolated(row["said"] or "–"),
                )
                for row in records(case.events)
            ],
            text=(0, 1, 2, 3),
            wide=(3,),
        )
    ]


def _event(row: dict[Hashable, Any]) -> str:
    what = incident_wording.event(row["kind"])
    if not row["to_role"]:
        return what
    return say("{what} to: {role}", what=what, role=incident_wording.roles(row["to_role"]))


def _parts(desk: Desk, case: IncidentCase) -> list[Block]:
    if case.parts.empty:
        return [told([say("Nothing else was accounted for by it.")])]
    return [
        table(
            ("incident", "severity", "opened_at", "resolved_at"),
            [
                (
                    incident_wording.incident_title(row),
                    incident_wording.severity(row["severity"]),
                    short_moment(row["opened_at"], desk.timezone),
                    short_moment(row["resolved_at"], desk.timezone) if row["resolved_at"] else "–",
                )
                for row in records(case.parts)
            ],
            text=(0, 1, 2, 3),
        )
    ]


def _messages(desk: Desk, case: IncidentCase) -> list[Block]:
    if case.messages.empty:
        return [told([say("No message about it is known of.")])]
    return [
        table(
            ("event", "receiver", "channel", "sent_at", "attempts"),
            [
                (
                    incident_wording.event(row["kind"]),
                    incident_wording.roles(row["role"]) or say("standing recipient"),
                    wording.isolated(row["channel"]),
                    _sent(desk, row),
                    wording.number(row["attempts"]),
                )
                for row in records(case.messages)
            ],
            text=(0, 1, 2, 3),
            wide=(1,),
        )
    ]


def _sent(desk: Desk, row: dict[Hashable, Any]) -> str:
    if row["sent_at"] is not None:
        return short_moment(row["sent_at"], desk.timezone)
    return say("given up") if row["dead_at"] is not None else say("waits")
