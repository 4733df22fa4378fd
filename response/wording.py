"""The words of messages, in the reader's language: what, where, how far from expected, since when,
by which rule, what to do, and the link.

Values come from systems and people: signs that steer a display are taken out of them, and in a
text that runs from right to left each is held together by direction isolates.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from language import language, say, speaking

_LONGEST_VALUE = 300
_LONGEST_TITLE = 78
_LISTED = 20
_RIGHT_TO_LEFT = {"ur"}
_ISOLATE, _END_OF_ISOLATE = "\u2068", "\u2069"


@dataclass(frozen=True)
class Told:
    """An incident as a message tells it; `kind` is the event that is told, times UTC without zone.

    `rule_title`, `reason` and `action` are the rule's English sentences. `behind` is how many
    incidents this one accounts for, `by` and `text` who did what is told and in which words.
    """

    incident_id: int
    kind: str
    severity: str
    rule: str
    rule_title: str
    reason: str
    action: str
    place: str
    measured: float | None
    expected: float | None
    unit: str
    since_at: datetime
    behind: int = 0
    by: str = ""
    text: str = ""


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
                say("{n} more: {link}", n=_value(more), link=_value(f"{public_url}/incidents"))
            )
        link = _link(public_url, told[0]) if len(told) == 1 else f"{public_url}/incidents"
        return Words(title, "\n\n".join(listed), f"{title}\n{link}")


def _title(told: Sequence[Told]) -> str:
    worst = told[0]
    about = say(
        "{state}: {what}, {where}",
        state=_state(worst),
        what=say(worst.rule_title),
        where=_value(worst.place),
    )
    if len(told) == 1:
        return about
    return say("{n} incidents; {first}", n=_value(len(told)), first=about)


def _state(told: Told) -> str:
    """What stands first in a title: how grave it is, or that it is over, or what is asked."""
    match told.kind:
        case "resolved":
            return say("Over")
        case "escalated":
            return say("{severity}, nobody acts", severity=_severity(told))
        case "reopened":
            return say("{severity}, again", severity=_severity(told))
        case "assigned":
            return say("{severity}, assigned to you", severity=_severity(told))
        case "noted":
            return say("Reply asked")
        case _:
            return _severity(told)


def _severity(told: Told) -> str:
    return {"critical": say("Critical"), "major": say("Major")}.get(told.severity, say("Minor"))


def _paragraph(told: Told, timezone: str, now: datetime, public_url: str) -> str:
    lines = [
        say(
            "{state}: {what}, {where}",
            state=_state(told),
            what=say(told.rule_title),
            where=_value(told.place),
        ),
        _distance(told),
        say(
            "Since {moment} ({zone}), {duration}",
            moment=_value(_local(told.since_at, timezone)),
            zone=_value(timezone),
            duration=_duration(told, now),
        ),
        say("{n} other incidents are behind it", n=_value(told.behind)) if told.behind else "",
        say("{who} wrote: {text}", who=_value(told.by), text=_value(told.text))
        if told.text and told.by
        else "",
        say("Rule {rule}: {reason}", rule=_value(told.rule), reason=say(told.reason)),
        "" if told.kind == "resolved" else say("To do: {action}", action=say(told.action)),
        _link(public_url, told),
    ]
    return "\n".join(line for line in lines if line)


def _distance(told: Told) -> str:
    if told.measured is None:
        return say("No data: nobody knows how it stands")
    if told.expected is None:
        return say("Measured: {measured}", measured=_amount(told.measured, told.unit))
    difference = f"{told.measured - told.expected:+,.4g}"
    return say(
        "Measured {measured}, expected {expected} ({difference})",
        measured=_amount(told.measured, told.unit),
        expected=_amount(told.expected, told.unit),
        difference=_value(difference),
    )


def _amount(number: float, unit: str) -> str:
    shown = _value(f"{number:,.0f}" if number == round(number) else f"{number:,.1f}")
    return say("{number} {unit}", number=shown, unit=say(unit)) if unit else shown


def _duration(told: Told, now: datetime) -> str:
    minutes = max(0, round((now - told.since_at).total_seconds() / 60))
    if minutes < 120:
        return say("{n} minutes ago", n=_value(minutes))
    if minutes < 48 * 60:
        return say("{n} hours ago", n=_value(round(minutes / 60)))
    return say("{n} days ago", n=_value(round(minutes / 1440)))


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


def _value(value: object) -> str:
    """A value as text: one line, no sign that steers a display, isolated among Urdu."""
    text = "".join(
        " " if sign.isspace() else sign
        for sign in str(value)
        if sign.isspace() or not unicodedata.category(sign).startswith("C")
    )
    text = " ".join(text.split())
    if len(text) > _LONGEST_VALUE:
        text = f"{text[: _LONGEST_VALUE - 1]}…"
    return f"{_ISOLATE}{text}{_END_OF_ISOLATE}" if language() in _RIGHT_TO_LEFT else text
