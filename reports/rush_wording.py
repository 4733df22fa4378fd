"""Rushes, silences and bottlenecks in plain sentences, each with its numbers."""

from zoneinfo import ZoneInfo

from language import say
from reports.facts.rushes import Bottleneck, Rush
from reports.wording import isolated, signed, spoken

_ROUNDED_MINUTES = 5


def rush_sentence(rush: Rush, timezone: str) -> str:
    """How many against how many expected, since when, how long the queue will last and which
    places near have slack; clock times are of `timezone`."""
    return " ".join(part for part in (_what(rush, timezone), _queue(rush), _near(rush)) if part)


def _what(rush: Rush, timezone: str) -> str:
    zone = ZoneInfo(timezone)
    since = f"{rush.started_at.astimezone(zone):%H:%M}"
    expected = f"{rush.expected:,.0f}"
    if rush.ended_at is not None:
        until = f"{rush.ended_at.astimezone(zone):%H:%M}"
        return say(
            "{place}: {arrivals} came from {since} to {until}, {expected} were expected.",
            place=isolated(rush.name), arrivals=f"{rush.arrivals:,}", since=since, until=until,
            expected=expected,
        )  # fmt: skip
    if rush.arrivals == 0:
        return say(
            "{place}: nobody has come since {since}, {expected} were expected.",
            place=isolated(rush.name), since=since, expected=expected,
        )  # fmt: skip
    return say(
        "{place}: {arrivals} have come since {since}, {expected} were expected.",
        place=isolated(rush.name), arrivals=f"{rush.arrivals:,}", since=since, expected=expected,
    )  # fmt: skip


def _queue(rush: Rush) -> str:
    if rush.direction != "surge" or rush.ended_at is not None or not rush.waiting:
        return ""
    waiting = f"{rush.waiting:,}"
    if rush.queue_minutes is None:
        return say("{waiting} are waiting.", waiting=waiting)
    minutes = max(round(rush.queue_minutes / _ROUNDED_MINUTES), 1) * _ROUNDED_MINUTES
    return say(
        "{waiting} are waiting; the desks open now need about {minutes} minutes for them.",
        waiting=waiting,
        minutes=minutes,
    )


def _near(rush: Rush) -> str:
    if rush.direction != "surge" or rush.ended_at is not None:
        return ""
    if rush.near_places is None:
        return say("No place near by is known to have slack.")
    return say("Near by with slack: {places}.", places=rush.near_places)


def bottleneck_sentence(bottleneck: Bottleneck) -> str:
    """What is held where, what its relief would bring, and why it is held."""
    held = say(
        "{stage} at {place} holds {cases} cases, {usual} are usual ({growth} a day over a week); "
        "back to usual, a passport would come {days} days sooner.",
        stage=spoken(bottleneck.stage_name),
        place=isolated(bottleneck.name),
        cases=f"{bottleneck.cases:,}",
        usual=f"{bottleneck.usual_cases:,.0f}",
        growth=signed(bottleneck.growth_per_day),
        days=f"{bottleneck.days_saved:.1f}",
    )
    return f"{held} {_cause(bottleneck)}"


def _cause(bottleneck: Bottleneck) -> str:
    detail = bottleneck.cause_detail
    match bottleneck.cause:
        case "machine_down":
            return say("Machines down: {machines}.", machines=detail)
        case "stock_out":
            return say("Out of stock: {items}.", items=detail)
        case "link_down":
            return say("Links down: {links}.", links=detail)
        case "roster_gap":
            return say("{share} % of the planned shifts were not worked.", share=detail)
    return say("No machine, stock, link or roster explains it.")
