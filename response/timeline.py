"""What happened to an incident, sentence by sentence, in the reader's language."""

from collections.abc import Callable
from datetime import datetime

from language import say
from response.history import SYSTEM, Event
from response.wording import isolated, severity_word

Names = Callable[[str], str]
Moments = Callable[[datetime], str]


def sentence(event: Event, name: Names, moment: Moments) -> str:
    """An event in words, what somebody wrote apart (`event.text`). `name` says a role or person,
    `moment` a time (UTC without zone), both as the reader does."""
    who = isolated(name(event.actor))
    about = event.details
    match event.kind:
        case "opened":
            return say("Found") if event.actor == SYSTEM else say("Reported by {who}", who=who)
        case "notified":
            return say("People were told")
        case "acknowledged":
            return say("{who} took note", who=who)
        case "assigned":
            return say("{who} gave it to {to}", who=who, to=isolated(name(about["to"])))
        case "noted":
            return _note(event, who, name, moment)
        case "linked":
            return _link(event, who)
        case "snoozed":
            until = isolated(moment(datetime.fromisoformat(about["until"])))
            return say("{who} lets it rest until {moment}", who=who, moment=until)
        case "worsened":
            return say("It got worse: {severity}", severity=severity_word(about["severity"]))
        case "escalated":
            return say("Nobody acted: it went up to {to}", to=isolated(name(about["to"])))
        case "resolved":
            return _end(event, who)
        case _:
            if event.actor == SYSTEM:
                return say("Found again")
            return say("{who} opened it again", who=who)


def outcome_word(outcome: str) -> str:
    """How an incident ended, in the reader's language."""
    return {
        "real": say("It was real and is mended"),
        "false_alarm": say("It was a false alarm"),
        "planned": say("It was planned work"),
        "duplicate": say("Another incident tells the same"),
        "cleared": say("It ceased by itself"),
        "rule_deleted": say("Its rule was deleted"),
    }[outcome]


def _note(event: Event, who: str, name: Names, moment: Moments) -> str:
    if event.actor == SYSTEM:
        if event.details.get("data_state") == "unknown":
            return say("No data to tell by: it stays open")
        return say("Data come again")
    if "reply_due_at" not in event.details:
        return say("{who} wrote", who=who)
    due = datetime.fromisoformat(event.details["reply_due_at"])
    return say(
        "{who} asked {role} to reply until {moment}",
        who=who,
        role=isolated(name(event.details["reply_from"])),
        moment=isolated(moment(due)),
    )


def _link(event: Event, who: str) -> str:
    parent = event.details["parent"]
    number = isolated(f"#{parent}")
    if event.actor == SYSTEM:
        if parent is None:
            return say("What it was part of is over")
        return say("Found to be part of {number}", number=number)
    if parent is None:
        return say("{who} let it stand alone", who=who)
    return say("{who} made it part of {number}", who=who, number=number)


def _end(event: Event, who: str) -> str:
    how = outcome_word(event.details["outcome"])
    if event.actor == SYSTEM:
        return say("Over: {how}", how=how)
    return say("{who} closed it: {how}", who=who, how=how)
