"""What weekly and monthly briefings share: totals against the period before, incidents, offices."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pandas as pd

from language import say
from reports import incident_wording, wording
from reports.briefings.common import Desk, known, left_out, share, table
from reports.broker import records
from reports.facts.days import month_of_year, plain_day
from reports.facts.incidents import incident_counts
from reports.facts.periods import Total, Totals
from reports.facts.promise import SMALL_NUMBER
from reports.kinds import Period
from reports.paper import Block, PaperTile, Sentence, Sentences, Tiles, told

LABELS = {
    "submitted": "Applications received",
    "printed": "Passports printed",
    "ready": "Ready for the applicant",
    "collected": "Handed over",
    "in_progress": "Work in progress",
    "beyond_promise": "Beyond the promise",
    "kept_pct": "Promise kept",
}
_TILES = ("submitted", "printed", "ready", "in_progress", "beyond_promise", "kept_pct")
_MOST_OFFICES, _MOST_MISSIONS = 40, 16
_COUNTED = ("opened", "resolved", "false_alarms", "acknowledge_minutes", "resolve_minutes")


def span(period: Period) -> str:
    """Its days in words; a whole month by its name."""
    if period.since.day == 1 and (period.until + timedelta(days=1)).day == 1:
        name = month_of_year(period.until)
        if name == month_of_year(period.since):
            return name
    return say("{first} to {last}", first=plain_day(period.since), last=plain_day(period.until))


def total_tiles(found: Totals) -> Tiles:
    """What the period comes to, against the one before."""
    of_measure = {total.measure: total for total in found.totals}
    return Tiles(tuple(_tile(of_measure[measure]) for measure in _TILES))


def _tile(total: Total) -> PaperTile:
    return PaperTile(
        say(LABELS[total.measure]),
        wording.number(total.value, total.unit),
        _change(total),
        # Two points are no judgement: what is a real change stands in the sentences and charts.
        state="",
        asks_for_action=False,
    )


def _change(total: Total) -> str:
    if total.value is None or total.before is None:
        return say("nothing to compare with")
    before = wording.number(total.before, total.unit)
    if total.unit == "pct":
        points = wording.signed(round(total.value, 1) - round(total.before, 1), 1)
        return say("{points} points on {before} in the period before", points=points, before=before)
    if total.change_pct is None:
        return say("{before} in the period before", before=before)
    change = wording.signed(total.change_pct, 1)
    return say("{share} % on {before} in the period before", share=change, before=before)


def total_headline(found: Totals) -> str:
    """The period in one sentence: in, out, and what is late."""
    received, ready, beyond = (
        next(total.value for total in found.totals if total.measure == measure)
        for measure in ("submitted", "ready", "beyond_promise")
    )
    return say(
        "{applications} came in, {passports} made ready, {cases} beyond the promise",
        applications=wording.counted(received, "application"),
        passports=wording.counted(ready, "passport"),
        cases=wording.counted(beyond, "case"),
    )


def promise_sentences(found: Totals) -> list[Sentence]:
    """How many promises fell due and how many were broken."""
    if not found.due or found.broken is None:
        return []
    return [
        Sentence(
            say(
                "{due} fell due: {broken} were not ready in time ({share}).",
                due=wording.counted(found.due, "case"),
                broken=wording.number(found.broken),
                share=wording.number(100 * found.broken / found.due, "pct"),
            )
        )
    ]


def incident_blocks(desk: Desk, period: Period) -> list[Block]:
    """Incidents of the period by gravity, and how long they took."""
    zone = ZoneInfo(desk.timezone)
    since, until = (
        datetime.combine(day, time(), zone)
        for day in (period.since, period.until + timedelta(days=1))
    )
    found = incident_counts(desk.publication, desk.scope, since, until)
    if found.empty:
        return [told([say("No incident was opened or ended in the period.")])]
    return [
        table(
            ("severity", *_COUNTED),
            [
                (
                    incident_wording.severity(row["severity"]),
                    *(known(row[column]) for column in _COUNTED),
                )
                for row in records(found)
            ],
            title=say("Incidents of the period; times are medians"),
        )
    ]


def office_table(offices: pd.DataFrame) -> list[Block]:
    """Offices with the most cases beyond the promise; their zone where there are several."""
    if len(offices) < 2:
        return []
    names = ("name", "zone") if offices["zone"].nunique() > 1 else ("name",)
    columns = ("submitted", "ready", "in_progress", "beyond_promise")
    return [
        table(
            (*names, *columns, "beyond_pct", "kept_28"),
            [
                (
                    *(wording.isolated(row[name]) for name in names),
                    *(known(row[column]) for column in columns),
                    known(row["beyond_pct"], "pct"),
                    share(row["kept_pct"], row["due"], SMALL_NUMBER) if row["due"] else "–",
                )
                for row in records(offices.head(_MOST_OFFICES))
            ],
            text=tuple(range(len(names))),
            title=say("Offices, most cases beyond the promise first; flows of 7 days"),
            note=left_out(_MOST_OFFICES, len(offices)),
        )
    ]


def mission_table(missions: pd.DataFrame) -> list[Block]:
    """Missions by cases due, with what they keep."""
    if missions.empty:
        return []
    return [
        table(
            ("part", "submitted", "in_progress", "beyond_promise", "due", "kept_pct", "p50_days"),
            [
                (
                    wording.isolated(row["part"]),
                    wording.number(row["submitted"]),
                    wording.number(row["in_progress"]),
                    wording.number(row["beyond_promise"]),
                    wording.number(row["cases"]),
                    share(row["share_pct"], row["cases"], SMALL_NUMBER),
                    wording.decimal(row["p50_days"], 1) if row["p50_days"] else "–",
                )
                for row in records(missions.head(_MOST_MISSIONS))
            ],
            title=say("Missions, most cases due first"),
            note=left_out(_MOST_MISSIONS, len(missions)),
        )
    ]


def found_or(sentences: list[Sentence], otherwise: str) -> Sentences:
    """The sentences, or one that says that there is nothing to say."""
    return Sentences(tuple(sentences)) if sentences else told([otherwise])
