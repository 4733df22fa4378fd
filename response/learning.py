"""What ended incidents teach about their rules: which are right, chatter, or find nothing. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from language import say
from response.history import SYSTEM, Incident
from response.rules import Rule

# What is looked back on, and what makes a rule chatter: so many incidents of one thing, or so many
# reopenings an incident.
_DAYS = 28
_CHATTER_PER_THING = 8
_CHATTER_REOPENED = 1.0
# Fewer judged incidents than this say nothing of a rule.
_JUDGED_AT_LEAST = 5


@dataclass(frozen=True)
class Lesson:
    """A rule over the last four weeks. `precision_pct` is the share of real ones among those that
    a person judged real or false, null where they are too few; minutes are medians.

    `verdict`: `chattering`, `imprecise` (less than half were real), `stale` (nothing for four
    weeks), `unheard` (nobody took note of most), else `fine`.
    """

    rule: str
    incidents: int
    open_now: int
    real: int
    false_alarms: int
    cleared_by_itself: int
    reopened: int
    precision_pct: float | None
    acknowledge_minutes: float | None
    resolve_minutes: float | None
    verdict: str


def lessons(
    incidents: Iterable[Incident], rules: Mapping[str, Rule], now: datetime
) -> list[Lesson]:
    """A lesson for each rule, and for each deleted one that has incidents; UTC without zone."""
    by_rule: dict[str, list[Incident]] = defaultdict(list)
    since = now - timedelta(days=_DAYS)
    for incident in incidents:
        if not incident.is_over or (incident.resolved_at or now) >= since:
            by_rule[incident.rule].append(incident)
    names = [*rules, *sorted(by_rule.keys() - rules.keys())]
    return [_lesson(name, by_rule[name]) for name in names]


def verdict_word(verdict: str) -> str:
    """What a lesson says of its rule, in the reader's language, with its glyph."""
    return {
        "chattering": say("▲ chatters"),
        "imprecise": say("▲ mostly false"),
        "stale": say("○ found nothing"),
        "unheard": say("▲ nobody listens"),
        "fine": say("● right"),
    }[verdict]


def _lesson(rule: str, found: list[Incident]) -> Lesson:
    outcomes = [incident.outcome for incident in found]
    real, false = outcomes.count("real"), outcomes.count("false_alarm")
    precision = 100 * real / (real + false) if real + false >= _JUDGED_AT_LEAST else None
    reopened = sum(incident.reopened_count for incident in found)
    return Lesson(
        rule=rule,
        incidents=len(found),
        open_now=outcomes.count(None),
        real=real,
        false_alarms=false,
        cleared_by_itself=outcomes.count("cleared"),
        reopened=reopened,
        precision_pct=precision,
        acknowledge_minutes=_median_minutes(found, "acknowledged_at"),
        resolve_minutes=_median_minutes(found, "resolved_at"),
        verdict=_verdict(found, precision, reopened),
    )


def _verdict(found: list[Incident], precision: float | None, reopened: int) -> str:
    if not found:
        return "stale"
    things = {incident.thing for incident in found}
    if len(found) / len(things) >= _CHATTER_PER_THING or reopened / len(found) > _CHATTER_REOPENED:
        return "chattering"
    if precision is not None and precision < 50:
        return "imprecise"
    alone = [item for item in found if item.acknowledged_at is None and item.resolved_by == SYSTEM]
    if len(found) >= _JUDGED_AT_LEAST and len(alone) * 2 > len(found):
        return "unheard"
    return "fine"


def _median_minutes(found: list[Incident], until: str) -> float | None:
    spans = [
        max((getattr(incident, until) - incident.opened_at).total_seconds() / 60, 0.0)
        for incident in found
        if getattr(incident, until) is not None
    ]
    return round(median(spans), 1) if spans else None
