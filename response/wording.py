"""The words of messages, in the reader's language: what, where, how far from expected, since when,
by which rule, what to do, and the link.

Values come from systems and people: signs that steer a display are taken out of them, and in a
text that runs from right to left each is held together by direction isolates.
"""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from string import Formatter
from typing import Any
from zoneinfo import ZoneInfo

from language import language, say, speaking
from response.rules import load_rules

_LONGEST_VALUE = 300
_LONGEST_TITLE = 78
_LISTED = 20
_RIGHT_TO_LEFT = {"ur"}
_JOINERS = "\u200c\u200d"  # they shape letters and steer nothing
_ISOLATE, _END_OF_ISOLATE = "\u2068", "\u2069"


@dataclass(frozen=True)
class Told:
    """An incident as a message tells it; `kind` is the event that is told, times UTC without zone.

    `title`, `reason`, `action` and `unit` are the rule's English words; `parameters` fill the title
    in. `behind` is how many incidents this one accounts for, `by` and `text` who did what is told
    and in which words.
    """

    incident_id: int
    kind: str
    severity: str
    rule: str
    title: str
    reason: str
    action: str
    unit: str
    thing: str
    place_scope: str
    parameters: Mapping[str, Any]
    measured: float | None
    expected: float | None
    since_at: datetime
    behind: int = 0
    by: str = ""
    text: str = ""


@dataclass(frozen=True)
class HandedOver:
    """A shift and what it leaves; times UTC without zone. `still_open` is the worst first, and
    `taken_by` who acknowledged each of them, by number, or nothing. `notes` are who and what."""

    role: str
    place_scope: str
    starts_at: datetime
    ends_at: datetime
    still_open: tuple[Told, ...]
    taken_by: Mapping[int, str]
    opened: int
    over: int
    notes: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Words:
    """A message's text: `title` for a subject line, `short` where signs are dear."""

    title: str
    body: str
    short: str


def message_about(
    told: Sequence[Told], code: str, timezone: str, now: datetime, public_url: str
) -> Words:
    """One message about one or many incidents, the worst first as given, for one reader.

    `now` is UTC without zone; times are shown in `timezone`, which is named beside them.
    """
    with speaking(code):
        title = _cut(_title(told))
        listed = [_paragraph(one, timezone, now, public_url) for one in told[:_LISTED]]
        more = len(told) - len(listed)
        if more:
            listed.append(
                say("{n} more: {link}", n=isolated(more), link=isolated(f"{public_url}/incidents"))
            )
        link = _link(public_url, told[0]) if len(told) == 1 else f"{public_url}/incidents"
        return Words(title, "\n\n".join(listed), f"{title}\n{link}")


def watchdog_message(troubles: Sequence[tuple[str, str, str]], code: str) -> Words:
    """What the watchdog says by itself where the store cannot be used: of each trouble its rule,
    what was seen and the remedy, which are the system's own words and stay English."""
    with speaking(code):
        rules = load_rules()
        first = rules.get(troubles[0][0])
        title = _cut(
            say(
                "{state}: {what}",
                state=say("Critical"),
                what=say(first.title) if first else isolated(troubles[0][1]),
            )
        )
        lines = [
            say("The incidents cannot be reached: this comes from the watchdog itself, once."),
            *(isolated(f"{told}: {remedy}") for _, told, remedy in troubles),
        ]
        return Words(title, "\n".join(lines), title)


def handover_message(
    facts: HandedOver, code: str, timezone: str, now: datetime, public_url: str
) -> Words:
    """The note that a shift leaves to the next, for one reader; `now` is UTC without zone."""
    with speaking(code):
        n = len(facts.still_open)
        title = say(
            "Hand-over {moment}: {n} open",
            moment=isolated(_local(facts.ends_at, timezone)),
            n=isolated(n),
        )
        lines = [*handover_lines(facts, timezone, now), f"{public_url}/incidents"]
        return Words(_cut(title), "\n".join(lines), f"{_cut(title)}\n{public_url}/incidents")


def handover_lines(facts: HandedOver, timezone: str, now: datetime) -> list[str]:
    """What a shift leaves to the next, line by line; `now` is UTC without zone."""
    return [
        say(
            "Shift of {role} ({place}) from {begin} to {end} ({zone})",
            role=isolated(facts.role),
            place=isolated(facts.place_scope),
            begin=isolated(_local(facts.starts_at, timezone)),
            end=isolated(_local(facts.ends_at, timezone)),
            zone=isolated(timezone),
        ),
        say(
            "Opened {opened}, over {over}, open now {n}",
            opened=isolated(facts.opened),
            over=isolated(facts.over),
            n=isolated(len(facts.still_open)),
        ),
        *(_open_line(one, facts.taken_by[one.incident_id], now) for one in facts.still_open),
        *(
            say("{who} wrote: {text}", who=isolated(who), text=isolated(text))
            for who, text in facts.notes
        ),
    ]


def _open_line(told: Told, taken_by: str, now: datetime) -> str:
    values = {
        "number": isolated(f"#{told.incident_id}"),
        "severity": severity_word(told.severity),
        "what": headline(told),
        "duration": duration(told, now),
    }
    if taken_by:
        return say(
            "{number} {severity}: {what}, {duration}, with {who}", **values, who=isolated(taken_by)
        )
    return say("{number} {severity}: {what}, {duration}, nobody has it", **values)


def _title(told: Sequence[Told]) -> str:
    worst = told[0]
    about = say("{state}: {what}", state=_state(worst), what=headline(worst))
    if len(told) == 1:
        return about
    return say("{n} incidents; {first}", n=isolated(len(told)), first=about)


def headline(told: Told) -> str:
    """The rule's title with what was found filled in; a merged incident is about several.

    A title that names no place is followed by the place, where there is one.
    """
    names = [name for _, name, _, _ in Formatter().parse(told.title) if name]
    title = say(told.title, **{name: _known(told, name) for name in names})
    if "place" in names or not told.place_scope.startswith("office:"):
        return title
    return say("{what}, {where}", what=title, where=_known(told, "place"))


def _known(told: Told, name: str) -> str:
    if name == "place" and (places := told.parameters.get("places")) is not None:
        return say("{n} places", n=isolated(places))
    if told.parameters.get(name) is not None:
        return isolated(told.parameters[name])
    if name == "place" and told.place_scope.startswith("office:"):
        return isolated(told.place_scope.removeprefix("office:"))
    return say("several")


def _state(told: Told) -> str:
    """What stands first in a title: how grave it is, or that it is over, or what is asked."""
    match told.kind:
        case "resolved":
            return say("Over")
        case "escalated":
            return say("{severity}, nobody acts", severity=severity_word(told.severity))
        case "reopened":
            return say("{severity}, again", severity=severity_word(told.severity))
        case "assigned":
            return say("{severity}, assigned to you", severity=severity_word(told.severity))
        case "noted":
            return say("Reply asked")
        case _:
            return severity_word(told.severity)


def severity_word(severity: str) -> str:
    """How grave it is, in the reader's language."""
    return {"critical": say("Critical"), "major": say("Major")}.get(severity, say("Minor"))


def _paragraph(told: Told, timezone: str, now: datetime, public_url: str) -> str:
    lines = [
        say("{state}: {what}", state=_state(told), what=headline(told)),
        distance(told),
        say(
            "Since {moment} ({zone}), {duration}",
            moment=isolated(_local(told.since_at, timezone)),
            zone=isolated(timezone),
            duration=duration(told, now),
        ),
        say("{n} other incidents are behind it", n=isolated(told.behind)) if told.behind else "",
        say("{who} wrote: {text}", who=isolated(told.by), text=isolated(told.text))
        if told.text and told.by
        else "",
        say("Rule {rule}: {reason}", rule=isolated(told.rule), reason=say(told.reason)),
        ""
        if told.kind == "resolved" or not told.action
        else say("To do: {action}", action=say(told.action)),
        _link(public_url, told),
    ]
    return "\n".join(line for line in lines if line)


def distance(told: Told) -> str:
    """What was measured and how far that is from expected; empty where nothing is measured."""
    if told.measured is None:
        if told.parameters.get("told"):
            return say("Seen: {told}", told=isolated(told.parameters["told"]))
        return say("No data: nobody knows how it stands") if told.unit else ""
    if told.expected is None:
        return say("Measured: {measured}", measured=_amount(told.measured, told.unit))
    return say(
        "Measured {measured}, expected {expected} ({difference})",
        measured=_amount(told.measured, told.unit),
        expected=_amount(told.expected, told.unit),
        difference=isolated(_number(told.measured - told.expected, "+")),
    )


def _amount(number: float, unit: str) -> str:
    shown = isolated(_number(number))
    return say("{number} {unit}", number=shown, unit=say(unit)) if unit else shown


def _number(number: float, sign: str = "-") -> str:
    return f"{number:{sign},.0f}" if number == round(number) else f"{number:{sign},.1f}"


def duration(told: Told, now: datetime) -> str:
    """How long it has been so at `now`, UTC without zone."""
    minutes = max(0, round((now - told.since_at).total_seconds() / 60))
    if minutes < 120:
        return say("{n} minutes ago", n=isolated(minutes))
    if minutes < 48 * 60:
        return say("{n} hours ago", n=isolated(round(minutes / 60)))
    return say("{n} days ago", n=isolated(round(minutes / 1440)))


def _local(moment: datetime, timezone: str) -> str:
    return f"{moment.replace(tzinfo=UTC).astimezone(ZoneInfo(timezone)):%Y-%m-%d %H:%M}"


def _link(public_url: str, told: Told) -> str:
    return f"{public_url}/incidents?incident={told.incident_id}"


def _cut(title: str) -> str:
    if len(title) <= _LONGEST_TITLE:
        return title
    cut = title[: _LONGEST_TITLE - 1].rstrip()
    # what the cut opened is closed again, or the rest of the display would turn round with it
    return f"{cut}…" + _END_OF_ISOLATE * (cut.count(_ISOLATE) - cut.count(_END_OF_ISOLATE))


def isolated(value: object) -> str:
    """A value as text: one line, no sign that steers a display, isolated among Urdu."""
    text = "".join(
        " " if sign.isspace() else sign
        for sign in str(value)
        if sign.isspace() or sign in _JOINERS or not unicodedata.category(sign).startswith("C")
    )
    text = " ".join(text.split())
    if len(text) > _LONGEST_VALUE:
        text = f"{text[: _LONGEST_VALUE - 1]}…"
    return f"{_ISOLATE}{text}{_END_OF_ISOLATE}" if language() in _RIGHT_TO_LEFT else text
