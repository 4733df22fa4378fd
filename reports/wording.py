"""Findings in plain sentences, each with its numbers, written by rule from the figures."""

from collections.abc import Sequence

import pandas as pd

from reports.facts.days import written_day
from reports.facts.judging import Judged
from reports.facts.overview import Change, Overview, Tile, Unit
from reports.facts.quality import Quality, Trust
from reports.language import say

STATE_GLYPHS = {
    "absent": "○",
    "closed": "○",
    "down": "■",
    "fresh": "●",
    "held": "■",
    "idle": "○",
    "late": "▲",
    "maintenance": "◆",
    "open": "●",
    "running": "●",
    "silent": "◌",
    "up": "●",
    "degraded": "▲",
}
OUTCOME_GLYPHS = {"passed": "●", "warned": "▲", "failed": "■"}
LONGEST_NAME = 24
LISTED_NAMES = 5
GLYPHS = {"above": "▲", "below": "▼", "usual": "●", "unknown": "?"}

# How a column is called above a table. One word for one thing, on every page.
COLUMN_LABELS = {
    "action": "What was done",
    "age_0_7_days": "0 to 7 days",
    "age_22_60_days": "22 to 60 days",
    "age_8_21_days": "8 to 21 days",
    "age_days": "Age, days",
    "age_over_60_days": "Over 60 days",
    "application_id": "Application",
    "as_of": "As of",
    "at": "When",
    "batch_id": "Batch",
    "batches": "Batches",
    "beyond_pct": "Beyond, %",
    "beyond_promise": "Beyond the promise",
    "box_id": "Box",
    "carrier": "Carrier",
    "cases": "Cases",
    "category": "Category",
    "channel": "Channel",
    "check_name": "Check",
    "code_version": "Code",
    "collected": "Collected",
    "complaint_id": "Complaint",
    "day": "Day",
    "days": "Days",
    "days_apart": "Days that differ",
    "desk": "Desk",
    "detail": "Detail",
    "difference": "Difference",
    "dispatched_at": "Sent",
    "due": "Due",
    "due_at": "Due",
    "entered": "In",
    "event": "Event",
    "example_position": "Example",
    "expected": "Expected",
    "expected_submitted": "Expected",
    "fault_code": "Fault",
    "fingerprint": "Fingerprint",
    "generation": "Generation",
    "held": "Batches held",
    "holder": "Held by",
    "in_progress": "Work in progress",
    "is_late": "Late",
    "is_revoked": "Shut out",
    "is_rolled_back": "Rolled back",
    "issued_at": "Logged in",
    "kept": "Kept",
    "kept_pct": "Kept, %",
    "lag_minutes": "Minutes behind",
    "landed_rows": "Rows landed",
    "last_used_at": "Last used",
    "layer": "Layer",
    "left_count": "Out",
    "loaded_at": "Read at",
    "missed": "Missed",
    "name": "Name",
    "newest_loaded_at": "Loaded",
    "newest_source_at": "Newest row",
    "observed": "Observed",
    "occurred_at": "When",
    "office": "Office",
    "oldest_at": "Oldest",
    "oldest_days": "Oldest, days",
    "opened_at": "Opened",
    "opening": "Opening",
    "outcome": "Outcome",
    "overdue_days": "Overdue, days",
    "part": "Place",
    "place": "Place",
    "print_job_id": "Print job",
    "print_outcome": "Print",
    "printed": "Printed",
    "promise_due_on": "Promised for",
    "promise_state": "Promise",
    "published_at": "Published",
    "ready": "Made ready",
    "reason_code": "Reason",
    "reasons": "Reason",
    "received_at": "Arrived",
    "receiver": "To",
    "record": "Record",
    "recorded_at": "Recorded",
    "resolved_at": "Resolved",
    "restated_from_on": "Days told anew from",
    "role": "Role",
    "row_count": "Rows",
    "rows": "Rows",
    "rows_admitted": "Rows admitted",
    "rows_held": "Rows held",
    "rows_quarantined": "Rows in quarantine",
    "rows_read": "Rows read",
    "rows_repeated": "Rows repeated",
    "rule": "Rule",
    "run_day": "Run",
    "sender": "From",
    "silent_places": "Silent places",
    "since_at": "Since",
    "since_days": "Days since the event before",
    "source_name": "Source",
    "source_rows": "Rows at the source",
    "stage_code": "Stage",
    "stage_entered_at": "There since",
    "standings": "Roles and places",
    "state": "State",
    "still_open": "Still open",
    "subject": "Subject",
    "submitted": "Received",
    "submitted_at": "Submitted",
    "tier": "Tier",
    "trend": "Received, 28 days",
    "waiting_for_parent": "Rows waiting",
    "what": "What",
    "who": "Who",
    "window_from": "From",
    "window_until": "Until",
    "zone": "Zone",
}

_MEASURES = {
    "submitted": "applications received",
    "ready": "passports made ready",
    "beyond_promise": "cases beyond the promise",
}


def number(value: float | None, unit: Unit = "count") -> str:
    """`24,103`, `88.1 %` or `12.5 days`; `unknown` for none."""
    if value is None or value != value:
        return "unknown"
    if unit == "pct":
        return f"{value:.1f}\u00a0%"
    if unit == "days":
        return f"{value:,.1f} days"
    return f"{value:,.0f}"


def counted(value: float | None, one: str, many: str | None = None) -> str:
    """`1 batch`, `3 batches`, `unknown batches`."""
    return f"{number(value)} {one if value == 1 else many or one + 's'}"


def short_name(name: str) -> str:
    """A name that leaves room for its figures: 24 characters at most."""
    return name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1].rstrip() + "…"


def spoken(code: str) -> str:
    """A code of the data as words: `print_queue` is `print queue`."""
    return code.replace("_", " ")


def listed(names: Sequence[str]) -> str:
    """`a, b, c`, with the rest counted where there are many."""
    more = len(names) - LISTED_NAMES
    return ", ".join(names[:LISTED_NAMES]) + (f" and {more} more" if more > 0 else "")


def tile_change(tile: Tile) -> str:
    """`+4.2 % on expected 24,103`, or why there is nothing to compare with."""
    judged = tile.judged
    if judged.value is None:
        return "no figure for this day"
    if judged.expected is None:
        return f"{tile.against}: not enough history"
    reference = f"{tile.against} {number(judged.expected, tile.unit)}"
    if tile.unit == "pct":
        return f"{_signed(judged.value - judged.expected)} points on {reference}"
    if judged.change_pct is None:
        return f"on {reference}"
    return f"{_signed(judged.change_pct)} % on {reference}"


def _signed(value: float) -> str:
    text = f"{value:+.1f}"
    return "±0.0" if float(text) == 0 else text


def tile_state(tile: Tile) -> str:
    """The verdict in words, with its glyph."""
    words = {
        "above": "above its usual range",
        "below": "below its usual range",
        "usual": "within its usual range",
        "unknown": "not judged: too little history",
    }[tile.judged.verdict]
    return f"{GLYPHS[tile.judged.verdict]} {words}"


def change_sentence(change: Change) -> str:
    """Such as `Gulf: 412 applications received, 38.2 % above the expected 298 (usually 210 to
    390).`"""
    judged = change.judged
    usual = f"usually {number(judged.low)} to {number(judged.high)}"
    what = f"{short_name(change.part)}: {number(judged.value)} {_MEASURES[change.measure]}"
    return f"{what}, {_distance(judged)} ({usual})."


def _distance(judged: Judged) -> str:
    reference = f"the expected {number(judged.expected)}"
    if judged.change_pct is None:
        return f"against {reference}"
    share = f"{abs(judged.change_pct):.1f}"
    if share == "0.0":
        return f"as many as {reference}"
    return f"{share} % {'above' if judged.change_pct > 0 else 'below'} {reference}"


def changes_title(overview: Overview) -> str:
    """How many figures lie outside their usual range."""
    kind = overview.part_kind
    if not overview.judged_parts:
        return f"No {kind} has the history yet to tell a change from noise"
    judged = counted(overview.judged_parts, kind)
    if not overview.changes:
        return f"Nothing outside its usual range in {judged}"
    return f"{counted(len(overview.changes), 'figure')} outside the usual range in {judged}"


def headline(overview: Overview) -> str:
    """The day in one sentence: in, out, and what is late."""
    received, _, ready, _, beyond, _ = (tile.judged.value for tile in overview.tiles)
    return (
        f"{written_day(overview.day)}: {counted(received, 'application')} came in, "
        f"{counted(ready, 'passport')} made ready, {counted(beyond, 'case')} beyond the promise"
    )


def volumes_title(overview: Overview) -> str:
    """The day's intake against the expected."""
    tile = overview.tiles[0]
    day = written_day(overview.day)
    if tile.judged.value is None:
        return f"No applications are known of for {day}"
    received = f"{number(tile.judged.value)} applications came in"
    if tile.judged.change_pct is None:
        return f"{received}; what to expect is not known yet"
    return f"{received}, {_distance(tile.judged)}"


def backlog_title(overview: Overview) -> str:
    """Both backlogs at the end of the day, and how they moved in a week."""
    if overview.backlog.empty:
        return "No backlog is known of"
    last = overview.backlog.iloc[-1]
    in_progress, beyond = last["in_progress"], last["beyond_promise"]
    title = f"{number(in_progress)} in progress, {number(beyond)} of them beyond the promise"
    if in_progress:
        title += f" ({100 * beyond / in_progress:.1f}\u00a0%)"
    return title


def backlog_sentence(overview: Overview) -> str:
    """Opening + in − out = closing of the last seven days."""
    week = overview.backlog.tail(7)
    if week.empty:
        return "No backlog is known of."
    opening, closing = week["opening"].iloc[0], week["in_progress"].iloc[-1]
    moved = closing - opening
    beyond = week["beyond_promise"].iloc[-1] - week["beyond_promise"].iloc[0]
    return (
        f"Over {counted(len(week), 'day')} work in progress went from {number(opening)} to "
        f"{number(closing)} ({moved:+,.0f}); beyond the promise {beyond:+,.0f}. "
        f"The oldest case has been open for {counted(week['oldest_days'].iloc[-1], 'day')}."
    )


def promise_title(overview: Overview) -> str:
    """The share kept over the last seven days, and whether the last day is a real change."""
    tile = overview.tiles[5]
    if tile.judged.value is None:
        return "Too few cases fell due to tell whether the promise is kept"
    return f"{number(tile.judged.value, 'pct')} of the cases due in 7 days were ready in time"


def turnaround_sentence(overview: Overview) -> str:
    """Median and 80th percentile of the last whole week, all tiers."""
    frame = overview.turnaround
    weeks = frame[(frame["tier"] == "all") & (frame["completed"] > 0)]
    if weeks.empty:
        return "No passport was completed in the weeks shown."
    last = weeks.iloc[-1]
    return (
        f"In the week from {last['period_start'].day} "
        f"{last['period_start']:%B} half of {number(last['completed'])} "
        f"completed cases took up to {number(last['p50_days'], 'days')} and 80 % up to "
        f"{number(last['p80_days'], 'days')} ({last['p50_working_days']:.1f} and "
        f"{last['p80_working_days']:.1f} working days)."
    )


def day_parts_title(overview: Overview) -> str:
    """Which part lay furthest from its expectation."""
    frame = overview.day_by_part
    known = frame[frame["expected_submitted"] > 0]
    if known.empty:
        return f"What to expect is not known yet for any {overview.part_kind}"
    gap = (known["submitted"] - known["expected_submitted"]).abs()
    row = known.loc[gap == gap.max()].iloc[0]
    share = 100 * (row["submitted"] - row["expected_submitted"]) / row["expected_submitted"]
    return f"{short_name(row['part'])} lies furthest from the expected: {share:+.1f} %"


def week_parts_title(overview: Overview) -> str:
    """In how many parts less was made ready than came in."""
    frame = overview.week_by_part
    if frame.empty:
        return "Nothing came in over the last 7 days"
    short = frame[frame["ready"] < frame["submitted"]]
    if short.empty:
        return f"All {counted(len(frame), overview.part_kind)} made ready what came in"
    return (
        f"{len(short)} of {counted(len(frame), overview.part_kind)} made fewer passports ready "
        "than applications came in"
    )


def age_title(overview: Overview) -> str:
    """Where the old cases lie."""
    frame = overview.backlog_by_part
    old = frame["age_22_60_days"].sum() + frame["age_over_60_days"].sum()
    if frame.empty or not frame["in_progress"].sum():
        return "No case is open"
    share = 100 * old / frame["in_progress"].sum()
    return f"{number(old)} open cases ({share:.1f}\u00a0%) are older than 21 days"


def trust_sentences(trust: Trust) -> list[str]:
    """Why figures may be incomplete; none where nothing is amiss."""
    sentences = []
    if trust.held_batches:
        sentences.append(
            f"{counted(trust.held_batches, 'batch', 'batches')} with "
            f"{counted(trust.held_rows, 'row')} held at the gate "
            f"({listed(trust.held_records)}): figures that need them are incomplete."
        )
    if trust.stale_records:
        sentences.append(
            f"{counted(len(trust.stale_records), 'record')} not up to date: "
            f"{listed(trust.stale_records)}."
        )
    if trust.failed_checks:
        sentences.append(f"{counted(trust.failed_checks, 'check')} of the newest run failed.")
    return sentences


def trust_title(trust: Trust) -> str:
    """The answer to "can I trust today's numbers?"."""
    if trust.is_full:
        return "Nothing is held, late or failed: the numbers can be trusted"
    return "Some numbers are incomplete"


def quarantine_title(quality: Quality) -> str:
    """How many rows were set aside, and by which rule most."""
    frame = quality.quarantine
    if frame.empty:
        return "No row is in quarantine"
    first = frame.iloc[0]
    return (
        f"{counted(frame['rows'].sum(), 'row')} in quarantine, most of them by "
        f"{first['record']}.{first['rule']} ({number(first['rows'])})"
    )


def verdicts_title(quality: Quality) -> str:
    """What became of the rows that were read."""
    frame = quality.verdicts
    read = frame["rows_read"].sum()
    if not read:
        return "No row was read yet"
    return (
        f"{number(read)} rows read: {100 * frame['rows_admitted'].sum() / read:.2f} % admitted, "
        f"{number(frame['rows_quarantined'].sum())} in quarantine, "
        f"{number(frame['rows_held'].sum())} held"
    )


def reconciliation_title(quality: Quality) -> str:
    """Whether the counts at the source and here agree."""
    frame = quality.reconciliation
    if frame.empty:
        return "No rows were counted at the sources"
    apart = frame[frame["days_apart"] > 0]
    if apart.empty:
        return f"All {counted(len(frame), 'record')} agree with their source"
    return (
        f"{len(apart)} of {counted(len(frame), 'record')} differ from their source, by "
        f"{number(apart['difference'].abs().sum())} rows"
    )


def freshness_title(quality: Quality) -> str:
    """How many records are as fresh as they should be."""
    frame = quality.freshness
    fresh = int((frame["state"] == "fresh").sum())
    absent = int((frame["state"] == "absent").sum())
    title = f"{fresh} of {counted(len(frame), 'record')} are fresh"
    return f"{title}; {absent} without a source" if absent else title


def checks_title(quality: Quality) -> str:
    """How many checks of the newest run passed."""
    frame = quality.checks
    if frame.empty:
        return "No check has run yet"
    passed = int((frame["outcome"] == "passed").sum())
    return f"{passed} of {counted(len(frame), 'check')} passed"


def held_title(quality: Quality) -> str:
    """What the gate holds."""
    held = quality.trust.held_batches
    return f"{counted(held, 'batch', 'batches')} held at the gate" if held else "No batch is held"


# What the audit log says that somebody did.
ACTION_NAMES = {
    "logged in": "logged in",
    "saw": "saw",
    "exported": "exported",
    "was denied": "was denied",
    "released": "released",
    "decided": "decided",
    "changed": "changed",
}


def action_name(action: str) -> str:
    """The act of a line of the audit log as a reader would say it."""
    return say(ACTION_NAMES[action])


def with_names_of_actions(lines: pd.DataFrame) -> pd.DataFrame:
    """Lines of the audit log with their acts as a reader would say them."""
    return lines.assign(action=[action_name(action) for action in lines["action"]])


def with_glyphs(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with a glyph before each word of a state or outcome column."""
    glyphs = {"state": STATE_GLYPHS, "outcome": OUTCOME_GLYPHS}
    return frame.assign(
        **{
            column: [
                f"{glyphs[column].get(word, GLYPHS['unknown'])} {word}" for word in frame[column]
            ]
            for column in glyphs.keys() & set(frame.columns)
        }
    )
