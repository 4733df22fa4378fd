"""The charts of the Case page."""

from datetime import date

import altair as alt
import pandas as pd

from language import say
from reports.broker import Publication, Scope
from reports.charts.figure import Figure
from reports.charts.shapes import colours, part_axis, tooltip
from reports.charts.theme import BLUE, INK, ORANGE, PURPLE, SKY, Specification, themed
from reports.facts.cases import LISTED_CASES, Case, CaseList, case
from reports.facts.days import day_of_month, plain_day
from reports.wording import counted, number, spoken

UNKNOWN = (
    "No case and no box of that number within the places you may see. A publication holds neither "
    "identity numbers nor queue tokens: a case is found by its application's number or its box."
)
LIST_NAMES = {
    "late": "Late",
    "due": "Due by tomorrow",
    "deferred": "Deferred",
    "oldest": "Open longest",
    "uncollected": "Ready, not collected",
}
PROMISES = {
    "kept": "the promise was kept",
    "missed": "the promise was missed",
    "open_within": "within its promise",
    "open_beyond": "beyond its promise",
    "cancelled": "cancelled",
    "none": "without a promise",
}


def drawn_case(
    publication: Publication, scope: Scope, application_id: str, today: date
) -> tuple[Case, dict[str, Figure]]:
    """One case, and the chart of it: `steps`."""
    facts = case(publication, scope, application_id)
    return facts, {"steps": steps(facts, today)}


def headline(facts: Case) -> str:
    """Where the case is, since when, and what of its promise."""
    row = facts.application.iloc[0]
    promise = say(PROMISES[row["promise_state"]])
    due = "" if pd.isna(row["promise_due_on"]) else f", {plain_day(row['promise_due_on'])}"
    if row["is_open"]:
        return say(
            "{stage} at {holder} since {since}; {promise}{due}",
            stage=spoken(row["current_stage_code"]).capitalize(),
            holder=row["holder"],
            since=day_of_month(row["stage_entered_at"]),
            promise=promise,
            due=due,
        )
    return say(
        "{outcome} on {day}; {promise}{due}",
        outcome=spoken(row["outcome"] or "ended").capitalize(),
        day=plain_day(row["completed_at"])
        if pd.notna(row["completed_at"])
        else say("an unknown day"),
        promise=promise,
        due=due,
    )


def list_title(found: CaseList) -> str:
    """How many cases are on a list, and whether all are shown."""
    counts = counted(found.total, say("case"), say("cases"))
    if found.total <= LISTED_CASES:
        return counts
    return say("{all}; shown: {n} of the oldest promise", all=counts, n=LISTED_CASES)


def standing(facts: Case) -> str:
    """What kind of case it is, in one line."""
    row = facts.application.iloc[0]
    return say(
        "{tier} {category} by {channel}, submitted {day} at {office}; {rework}",
        tier=spoken(row["tier"]).capitalize(),
        category=spoken(row["category"]),
        channel=spoken(row["channel"]),
        day=plain_day(row["submitted_at"]),
        office=row["office"],
        rework=say("nothing was done twice")
        if not row["rework_count"]
        else say("{n} done twice", n=counted(row["rework_count"], say("step"), say("steps"))),
    )


def steps(facts: Case, today: date) -> Figure:
    """How long each step took, from the event before it to its own."""
    names = {
        "completed": say("Completed"),
        "entered": say("Entered"),
        "deferred": say("Deferred"),
        "returned": say("Returned"),
        "waits": say("Waits since then"),
    }
    frame = facts.events.assign(
        began=facts.events["occurred_at"].shift(1).fillna(facts.events["occurred_at"]),
        stage=facts.events["stage_code"].map(spoken),
        state=facts.events["event"].map(names).fillna(names["completed"]),
    )
    title = say("No event of this case is known")
    if len(frame):
        longest = frame.iloc[frame["since_days"].fillna(0.0).argmax()]
        title = say(
            "{n} over {days}; the longest wait was for {stage}, {wait}",
            n=counted(len(frame), say("event"), say("events")),
            days=number(frame["since_days"].sum(), "days"),
            stage=longest["stage"],
            wait=number(longest["since_days"], "days"),
        )
        row = facts.application.iloc[0]
        if row["is_open"]:
            last = frame.iloc[-1]
            now = max(pd.Timestamp(today, tz="UTC"), last["occurred_at"])
            waits = {
                "began": last["occurred_at"],
                "occurred_at": now,
                "stage": spoken(row["current_stage_code"]),
                "state": names["waits"],
                "since_days": (now - last["occurred_at"]).total_seconds() / 86400,
            }
            frame = pd.concat([frame, pd.DataFrame([waits])], ignore_index=True)
    return Figure(
        "steps",
        title,
        say("Time from one event to the next, in the stage of the later one, UTC"),
        say("A bar an event from the one before it, a row a stage. {t}.", t=title),
        facts.events,
        _steps(frame, list(names.values())) if len(frame) else None,
    )


def _steps(frame: pd.DataFrame, states: list[str]) -> Specification:
    y = part_axis(list(dict.fromkeys(frame["stage"])), "stage")
    x = alt.X("began:T", title=None, axis=alt.Axis(format="%-d %b", labelOverlap=True))
    columns = ["began", "occurred_at", "stage", "state", "since_days"]
    base = alt.Chart(frame[columns])
    hints = tooltip(stage="stage:N", event="state:N", days="since_days:Q")
    shades = dict(zip(states, (BLUE, SKY, ORANGE, PURPLE, INK), strict=True))
    spans = base.mark_bar(size=10).encode(
        x=x, x2=alt.X2("occurred_at:T"), y=y, color=colours(shades, "state"), tooltip=hints
    )
    ends = base.mark_tick(thickness=2, size=14).encode(
        x=alt.X("occurred_at:T"), y=y, color=colours(shades, "state"), tooltip=hints
    )
    return themed(alt.layer(spans, ends), 60 + 26 * frame["stage"].nunique())
