"""The words of the message that brings a briefing, in the recipient's language."""

from dataclasses import dataclass
from datetime import UTC, datetime

from access.roles import Standing
from delivery.archive import Archived
from language import is_right_to_left, say, speaking
from reports.broker import Scope
from reports.facts.days import plain_day, written_day, written_moment
from reports.incident_wording import roles
from reports.kinds import kind_named
from response.wording import Words, isolated

BY_HAND, TEST, SCHEDULE = "by hand", "test", "schedule"

# A line from right to left in a message that else runs from left to right.
_RIGHT_TO_LEFT, _END = "\u2067", "\u2069"


@dataclass(frozen=True)
class Sent:
    """What is sent to whom, as the message tells it. `late_from` is when it was due (UTC without
    zone) where it comes late; `standing` says why the person gets it."""

    briefing: Archived
    occasion: str
    late_from: datetime | None
    timezone: str
    standing: Standing
    simulated: bool


def message_with(sent: Sent, language: str, has_file: bool, public_url: str) -> Words:
    """The message in `language`; in `both` English first, then Urdu. `has_file` says whether the
    file goes with it."""
    link = f"{public_url}/briefings?briefing={sent.briefing.briefing_id}"
    codes = ("en", "ur") if language == "both" else (language,)
    written = [_written(sent, code, has_file, link, in_both=len(codes) > 1) for code in codes]
    title = written[0][0]
    body = "\n\n".join("\n".join(lines) for _, lines in written)
    return Words(title, f"{body}\n\n{link}", f"{title}\n{link}")


def title_of(briefing: Archived) -> str:
    """Such as `Daily briefing of Monday 23 November 2026: Whole authority`."""
    which = briefing.which
    return say(
        "{kind} of {day}: {place}",
        kind=say(kind_named(which.kind).title),
        day=written_day(which.morning),
        place=Scope(which.scope).title,
    )


def _written(
    sent: Sent, code: str, has_file: bool, link: str, in_both: bool
) -> tuple[str, list[str]]:
    with speaking(code):
        title = _title(sent)
        lines = [line for line in _lines(sent, has_file) if line]
        if in_both and is_right_to_left():
            lines = [f"{_RIGHT_TO_LEFT}{line}{_END}" for line in lines]
    return title, lines


def _title(sent: Sent) -> str:
    title = title_of(sent.briefing)
    if sent.occasion == TEST:
        return say("Test: {title}", title=title)
    return say("Late: {title}", title=title) if sent.late_from else title


def _lines(sent: Sent, has_file: bool) -> list[str]:
    briefing, which = sent.briefing, sent.briefing.which
    period = kind_named(which.kind).period(which.morning)
    return [
        title_of(briefing),
        ""
        if period is None
        else say("About {day}.", day=plain_day(period.since))
        if period.since == period.until
        else say(
            "About {since} to {until}.",
            since=plain_day(period.since),
            until=plain_day(period.until),
        ),
        say("The PDF is attached.") if has_file else say("It lies in the dashboard."),
        say("It comes late: it was due {moment}.", moment=_moment(sent.late_from, sent.timezone))
        if sent.late_from
        else "",
        say("This is version {n}: it was made again.", n=isolated(briefing.version))
        if briefing.version > 1
        else "",
        say("This is a test: somebody asked whether it arrives.") if sent.occasion == TEST else "",
        say("Simulated data: no real office, person or passport stands behind these figures.")
        if sent.simulated
        else "",
        say(
            "Generation {generation} · SHA-256 {sha256}",
            generation=isolated(briefing.made.generation),
            sha256=isolated(briefing.sha256),
        ),
        say(
            "You get this as {role}, {place}.",
            role=roles(sent.standing.role),
            place=isolated(Scope(sent.standing.place).title),
        ),
    ]


def _moment(moment: datetime, timezone: str) -> str:
    return isolated(written_moment(moment.replace(tzinfo=UTC), timezone))
