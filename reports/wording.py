"""Findings in plain sentences, each with its numbers, written by rule from the figures."""

from collections.abc import Sequence

import pandas as pd
from babel.numbers import format_decimal

from language import isolated as isolated
from language import language, say
from reports.facts.days import day_of_month, written_day
from reports.facts.judging import Judged
from reports.facts.overview import Change, Overview, Tile, Unit
from reports.facts.quality import Quality, Trust

STATE_GLYPHS = {
    "absent": "○",
    "accepted": "●",
    "closed": "○",
    "down": "■",
    "fresh": "●",
    "held": "■",
    "idle": "○",
    "late": "▲",
    "maintenance": "◆",
    "open": "●",
    "proposed": "◌",
    "rejected": "○",
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
    "acknowledge_minutes": "To acknowledge, minutes",
    "action": "What was done",
    "age_0_7_days": "0 to 7 days",
    "age_22_60_days": "22 to 60 days",
    "age_8_21_days": "8 to 21 days",
    "age_days": "Age, days",
    "age_over_60_days": "Over 60 days",
    "alarms": "Alarms",
    "alarms_per_ten_minutes": "Alarms in ten minutes",
    "application_id": "Application",
    "arrivals": "Arrivals",
    "as_of": "As of",
    "assigned_to": "With",
    "at": "When",
    "attempts": "Attempts",
    "availability_pct": "Available, %",
    "batch_id": "Batch",
    "batches": "Batches",
    "behind": "Behind it",
    "beyond_pct": "Beyond, %",
    "beyond_promise": "Beyond the promise",
    "box_id": "Box",
    "boxes": "Boxes",
    "briefing_id": "Number",
    "cancelled": "Cancelled",
    "capacity_per_day": "Capacity a day",
    "carrier": "Carrier",
    "cases": "Cases",
    "cases_per_hour": "Steps an hour",
    "category": "Category",
    "channel": "Channel",
    "check_name": "Check",
    "cleared_by_itself": "Ceased by themselves",
    "clears_at_capacity_on": "Clears on, at capacity",
    "clears_on": "Clears on",
    "code_version": "Code",
    "collected": "Collected",
    "column_name": "Column",
    "come_per_day": "In a day",
    "complaint_id": "Complaint",
    "complaints": "Complaints",
    "completed": "Completed",
    "cost": "Cost",
    "counters": "Counters",
    "country_code": "Country",
    "course": "Course",
    "day": "Day",
    "days": "Days",
    "days_apart": "Days that differ",
    "days_left": "Lasts, days",
    "days_of_work": "Days of work",
    "days_to_clear": "Clears in, days",
    "decided_at": "Decided",
    "decided_by_role": "Decided by",
    "decision": "Decision",
    "decision_reason": "Why",
    "definition": "Definition",
    "delivery_id": "Delivery",
    "desk": "Desk",
    "desks_open": "Desks open",
    "detail": "Detail",
    "difference": "Difference",
    "dispatched": "Sent",
    "dispatched_at": "Sent",
    "down_hours": "Down, hours",
    "down_minutes": "Down, minutes",
    "due": "Due",
    "due_at": "Due",
    "entered": "In",
    "event": "Event",
    "example_position": "Example",
    "excess": "Beyond the usual work",
    "expected": "Expected",
    "expected_cases": "Expected of the mix",
    "expected_effect": "Expected effect",
    "expected_high": "Usual, at most",
    "expected_late": "Expected late",
    "expected_late_avoided": "Fewer late passports, expected",
    "expected_low": "Usual, at least",
    "expected_submitted": "Expected",
    "expected_waiting_minutes_avoided": "Minutes less to wait, expected",
    "failures": "Failures",
    "false_alarms": "False alarms",
    "fault_code": "Fault",
    "fingerprint": "Fingerprint",
    "formula": "Formula",
    "from_day": "First day",
    "from_name": "From where",
    "from_stage_code": "From",
    "gave_up": "Left before being called",
    "generation": "Generation",
    "good": "Good",
    "good_per_day": "Good a day",
    "held": "Batches held",
    "holder": "Held by",
    "hour": "Hour",
    "hours": "Hours on duty",
    "hours_at_desk": "Hours at desk",
    "idle_minutes": "Idle, minutes",
    "in_per_day": "In a day",
    "in_progress": "Work in progress",
    "in_transit": "On their way",
    "incident": "Incident",
    "incidents": "Incidents",
    "is_conforming": "Meant",
    "is_late": "Late",
    "is_released": "Released",
    "is_revoked": "Shut out",
    "is_rolled_back": "Rolled back",
    "is_small_number": "Fewer than 20",
    "is_waiting_by_design": "Waits for the applicant",
    "issued": "Numbers drawn",
    "issued_at": "Logged in",
    "item": "Item",
    "kept": "Kept",
    "kept_28": "Kept, 28 days",
    "kept_pct": "Kept, %",
    "kind": "Kind",
    "km": "Kilometres apart",
    "lag_minutes": "Minutes behind",
    "landed_rows": "Rows landed",
    "language": "Language",
    "last_used_at": "Last used",
    "late": "Late",
    "late_pct": "Late, %",
    "layer": "Layer",
    "left_count": "Out",
    "leg": "Leg",
    "loaded_at": "Read at",
    "local_time": "Local time",
    "lost": "Lost",
    "lower_pct": "Limit, at least",
    "machine_id": "Machine",
    "machines": "Machines",
    "made_at": "Made",
    "maintenance_minutes": "Maintenance, minutes",
    "mean_days": "Mean, days",
    "mean_hours": "Mean, hours",
    "measures": "Measures",
    "method": "Method",
    "metric": "Measure",
    "missed": "Missed",
    "month": "Month",
    "morning": "Morning",
    "more_pct": "More output, %",
    "moves": "Moves",
    "mtbf_hours": "Between failures, hours",
    "mttr_hours": "To repair, hours",
    "name": "Name",
    "newest_loaded_at": "Loaded",
    "newest_source_at": "Newest row",
    "observed": "Observed",
    "occurred_at": "When",
    "oee_pct": "Effective, %",
    "office": "Office",
    "offices": "Offices",
    "oldest_at": "Oldest",
    "oldest_days": "Oldest, days",
    "on_days_off": "On days off",
    "on_order": "On order",
    "open_now": "Open now",
    "opened": "Opened",
    "opened_at": "Opened",
    "opened_in_all": "Opened in all",
    "opening": "Opening",
    "out_per_day": "Out a day",
    "outcome": "Outcome",
    "overdue_days": "Overdue, days",
    "owner": "Owner",
    "p10": "At least (1 in 10)",
    "p50": "Likely",
    "p50_days": "Median, days",
    "p50_hours": "Median, hours",
    "p50_minutes": "Median, minutes",
    "p50_working_days": "Median, working days",
    "p80_days": "80 % within, days",
    "p80_working_days": "80 % within, working days",
    "p90": "At most (9 in 10)",
    "p90_days": "90 % within, days",
    "p90_hours": "90 % within, hours",
    "p90_minutes": "90 % within, minutes",
    "part": "Place",
    "passports": "Passports",
    "people": "People",
    "per_10000": "Per 10,000",
    "performance_pct": "Speed, %",
    "person": "Person",
    "period_start": "From",
    "place": "Place",
    "planned_per_day": "Planned a day",
    "planned_staff": "Staff planned",
    "precision_pct": "Precision, %",
    "present_staff": "Staff present",
    "print_job_id": "Print job",
    "print_outcome": "Print",
    "printed": "Printed",
    "printed_per_day": "Printed a day",
    "promise_due_on": "Promised for",
    "promise_state": "Promise",
    "proposal": "Proposal",
    "published_at": "Published",
    "quality_pct": "Good, %",
    "quantity": "Quantity",
    "ratio_to_expected": "Of expected",
    "ready": "Made ready",
    "real": "Real",
    "reason": "Reason",
    "reason_code": "Reason",
    "reasons": "Reason",
    "received_at": "Arrived",
    "receiver": "To",
    "recipient": "Recipient",
    "recommendation_id": "Proposal",
    "record": "Record",
    "recorded_at": "Recorded",
    "reopened": "Opened again",
    "reorder_on": "Order by",
    "required_staff": "Staff needed",
    "resolve_minutes": "Until over, minutes",
    "resolved": "Resolved",
    "resolved_at": "Resolved",
    "restated_from_on": "Days told anew from",
    "rework_count": "Done again",
    "rework_pct": "Done again, %",
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
    "running_minutes": "Ran, minutes",
    "said": "In words",
    "seen_effect": "Seen",
    "sender": "From",
    "sent_at": "Sent",
    "served": "Served",
    "severity": "Gravity",
    "share_pct": "Share, %",
    "short_pct": "Short of desks, %",
    "silent": "Silent",
    "silent_places": "Silent places",
    "since_at": "Since",
    "since_days": "Days since the event before",
    "skill_vs_seasonal_naive": "Better than last season, %",
    "slot_at": "Half-hour",
    "slots": "Half-hours",
    "source_name": "Source",
    "source_rows": "Rows at the source",
    "span": "Days open",
    "span_days": "Days in all",
    "spoiled": "Spoiled",
    "spoiled_pct": "Spoiled, %",
    "stage_code": "Stage",
    "stage_entered_at": "There since",
    "stages_text": "Way",
    "standings": "Roles and places",
    "state": "State",
    "still_open": "Still open",
    "subject": "Subject",
    "submitted": "Received",
    "submitted_at": "Submitted",
    "subscription_id": "Subscription",
    "sum_days": "Days of all cases",
    "table_name": "Table",
    "target_pct": "Target, %",
    "tier": "Tier",
    "timezone": "Time zone",
    "to_day": "Last day",
    "to_name": "To where",
    "to_stage_code": "To",
    "transit_p50_days": "Median, days",
    "transit_p90_days": "90 % within, days",
    "trend": "Received, 28 days",
    "uncollected": "Uncollected",
    "uncollected_oldest_days": "Oldest, days",
    "unit": "Unit",
    "unknown_minutes": "Unknown, minutes",
    "upper_pct": "Limit, at most",
    "used_per_day": "Used a day",
    "usual_waiting": "Usual work",
    "verdict": "Verdict",
    "version": "Version",
    "visits": "Visits",
    "wait_p50_minutes": "Median wait, minutes",
    "waited": "Days ready",
    "waiting": "Waiting",
    "waiting_for_parent": "Rows waiting",
    "way": "Way",
    "what": "What",
    "who": "Who",
    "why": "Why",
    "window_from": "From",
    "window_until": "Until",
    "worst_hour_alarms": "Alarms in the worst hour",
    "zone": "Zone",
}

# Codes of the data that have an Urdu word, as `spoken` says them; the units of incidents are
# among the words of `response`. Any other code stays as it is.
CODES = (
    # records
    "applications", "complaints", "consignments", "consumables", "deliveries", "holidays",
    "link readings", "machine readings", "machines", "office hours", "offices", "print jobs",
    "queue tokens", "service levels", "staff", "staff shifts", "stage events", "stages",
    "technical issues",
    # stages
    "photo", "biometrics", "data entry", "list check", "one window", "approval", "matching",
    "print queue", "printing", "lamination", "quality check", "dispatched", "ready", "collected",
    "refused", "lost", "not started",
    "Fee check and photograph", "Biometrics", "Data entry", "Exit control and black list check",
    "One window: photograph to list check at one desk", "Interview and decision",
    "Facial and fingerprint matching", "Print queue", "Printing", "Lamination", "Quality check",
    "On the way to the office", "Ready for collection", "Collected", "Refused",
    "Lost beyond recovery",
    # cases
    "normal", "urgent", "fast track", "new", "renewal", "modification", "counter", "online",
    "delivered", "cancelled", "ended", "more biometrics needed", "documents missing",
    "old passport not shown", "name differs", "photograph unfit",
    # complaints
    "agents and bribery", "biometric mismatch", "no seats", "no status", "other",
    "printing defect", "queues and treatment", "repeated visits", "system down",
    "token order ignored", "too few staff", "urgent fee paid but late", "visa or job lost",
    # places
    "nadra centre", "headquarters", "mission", "print site", "regional", "executive",
    # machines, links and stock
    "print misaligned", "chip unreadable", "lamination bubble", "page torn",
    "F01 paper jam", "F02 print head", "F03 sensor", "F04 power", "F05 laser", "internet", "nadra",
    "booklets 36", "booklets 72", "booklets 100", "laminate", "ribbon", "piece", "roll", "sheet",
)  # fmt: skip

MEASURES = {
    "submitted": "applications received",
    "ready": "passports made ready",
    "beyond_promise": "cases beyond the promise",
}


def number(value: float | None, unit: Unit = "count") -> str:
    """`24,103`, `88.1 %` or `12.5 days`; `unknown` for none."""
    if value is None or value != value:
        return say("unknown")
    if unit == "pct":
        return f"{decimal(value, 1)}\u00a0%"
    if unit == "days":
        return say("{n} days", n=decimal(value, 1))
    return decimal(value)


def decimal(value: float, digits: int = 0) -> str:
    """A number as the reader's language writes it, with so many digits behind the point."""
    pattern = f"#,##0.{'0' * digits}" if digits else "#,##0"
    return format_decimal(float(value), pattern, locale=language())


def amount(value: float) -> str:
    """A number as it is where it is whole, else with one digit behind the point."""
    return decimal(value, 0 if float(value).is_integer() else 1)


def signed(value: float, digits: int = 0) -> str:
    """`+4.2`, `−3`; apart from the words around it where those run from right to left."""
    size = decimal(abs(value), digits)
    sign = "" if float(f"{abs(value):.{digits}f}") == 0 else "+" if value > 0 else "-"
    return isolated(f"{sign or '±'}{size}")


def counted(value: float | None, one: str, many: str | None = None) -> str:
    """`1 batch`, `3 batches`, `unknown batches`; the words are English and translated here."""
    return f"{number(value)} {say(one if value == 1 else many or one + 's')}"


def short_name(name: str) -> str:
    """A name that leaves room for its figures: 24 characters at most. What tells it from another
    stands at its end as often as at its beginning, so the middle goes."""
    if len(name) <= LONGEST_NAME:
        return name
    kept = LONGEST_NAME // 2
    return f"{name[:kept].rstrip()}…{name[1 - kept :].lstrip()}"


def spoken(code: str) -> str:
    """A code of the data as words: `print_queue` is `print queue`; one that no catalogue knows as
    it is, whatever the language."""
    return say(code.replace("_", " "))


def joined(words: Sequence[str]) -> str:
    """`a, b, c`, with the comma of the reader's language."""
    return say(", ").join(words)


def listed(names: Sequence[str]) -> str:
    """`a, b, c`, with the rest counted where there are many."""
    more = len(names) - LISTED_NAMES
    shown = joined(names[:LISTED_NAMES])
    return say("{names} and {n} more", names=shown, n=decimal(more)) if more > 0 else shown


def tile_change(tile: Tile) -> str:
    """`+4.2 % on expected 24,103`, or why there is nothing to compare with."""
    judged = tile.judged
    if judged.value is None:
        return say("no figure for this day")
    if judged.expected is None:
        return say("{reference}: not enough history", reference=tile.against)
    reference = f"{tile.against} {number(judged.expected, tile.unit)}"
    if tile.unit == "pct":
        # by the figures as they stand beside it
        points = signed(round(judged.value, 1) - round(judged.expected, 1), 1)
        return say("{points} points on {reference}", points=points, reference=reference)
    if judged.change_pct is None:
        return reference
    return say("{share} % on {reference}", share=signed(judged.change_pct, 1), reference=reference)


def tile_state(tile: Tile) -> str:
    """The verdict in words, with its glyph."""
    words = {
        "above": say("above its usual range"),
        "below": say("below its usual range"),
        "usual": say("within its usual range"),
        "unknown": say("not judged: too little history"),
    }[tile.judged.verdict]
    return f"{GLYPHS[tile.judged.verdict]} {words}"


def change_sentence(change: Change) -> str:
    """Such as `Gulf: 412 applications received, 38.2 % above the expected 298 (usually 210 to
    390).`"""
    judged = change.judged
    return say(
        "{place}: {value} {measure}, {distance} (usually {low} to {high}).",
        place=isolated(change.part),
        value=number(judged.value),
        measure=say(MEASURES[change.measure]),
        distance=_distance(judged),
        low=number(judged.low),
        high=number(judged.high),
    )


def _distance(judged: Judged) -> str:
    expected = number(judged.expected)
    if judged.value == judged.expected:
        return say("as many as the expected {expected}", expected=expected)
    if judged.change_pct is None:
        return say("against the expected {expected}", expected=expected)
    share = decimal(abs(judged.change_pct), 1)
    if share == decimal(0, 1):
        return say("as many as the expected {expected}", expected=expected)
    if judged.change_pct > 0:
        return say("{share} % above the expected {expected}", share=share, expected=expected)
    return say("{share} % below the expected {expected}", share=share, expected=expected)


def changes_title(overview: Overview) -> str:
    """How many figures lie outside their usual range."""
    kind = overview.part_kind
    if not overview.judged_parts:
        return say("No {part} has the history yet to tell a change from noise", part=say(kind))
    judged = counted(overview.judged_parts, kind)
    if not overview.changes:
        return say("Nothing outside its usual range in {parts}", parts=judged)
    return say(
        "{figures} outside the usual range in {parts}",
        figures=counted(len(overview.changes), "figure"),
        parts=judged,
    )


def headline(overview: Overview) -> str:
    """The day in one sentence: in, out, and what is late."""
    received, _, ready, _, beyond, _ = (tile.judged.value for tile in overview.tiles)
    return say(
        "{day}: {applications} came in, {passports} made ready, {cases} beyond the promise",
        day=written_day(overview.day),
        applications=counted(received, "application"),
        passports=counted(ready, "passport"),
        cases=counted(beyond, "case"),
    )


def volumes_title(overview: Overview) -> str:
    """The day's intake against the expected."""
    tile = overview.tiles[0]
    day = written_day(overview.day)
    if tile.judged.value is None:
        return say("No applications are known of for {day}", day=day)
    received = number(tile.judged.value)
    if tile.judged.expected is None:
        return say("{n} applications came in; what to expect is not known yet", n=received)
    return say("{n} applications came in, {distance}", n=received, distance=_distance(tile.judged))


def backlog_title(overview: Overview) -> str:
    """Both backlogs at the end of the day, and how they moved in a week."""
    if overview.backlog.empty:
        return say("No backlog is known of")
    last = overview.backlog.iloc[-1]
    in_progress, beyond = last["in_progress"], last["beyond_promise"]
    title = say(
        "{all} in progress, {late} of them beyond the promise",
        all=number(in_progress),
        late=number(beyond),
    )
    return f"{title} ({number(100 * beyond / in_progress, 'pct')})" if in_progress else title


def backlog_sentence(overview: Overview) -> str:
    """Opening + in − out = closing of the last seven days."""
    week = overview.backlog.tail(7)
    if week.empty:
        return say("No backlog is known of.")
    opening, closing = week["opening"].iloc[0], week["in_progress"].iloc[-1]
    moved = closing - opening
    beyond = week["beyond_promise"].iloc[-1] - week["beyond_promise"].iloc[0]
    return say(
        "Over {days} work in progress went from {opening} to {closing} ({moved}); beyond the "
        "promise {beyond}. The oldest case has been open for {age}.",
        days=counted(len(week), "day"),
        opening=number(opening),
        closing=number(closing),
        moved=signed(moved),
        beyond=signed(beyond),
        age=counted(week["oldest_days"].iloc[-1], "day"),
    )


def promise_title(overview: Overview) -> str:
    """The share kept over the last seven days, and whether the last day is a real change."""
    tile = overview.tiles[5]
    if tile.judged.value is None:
        return say("Too few cases fell due to tell whether the promise is kept")
    share = number(tile.judged.value, "pct")
    return say("{share} of the cases due in 7 days were ready in time", share=share)


def turnaround_sentence(overview: Overview) -> str:
    """Median and 80th percentile of the last whole week, all tiers."""
    frame = overview.turnaround
    weeks = frame[(frame["tier"] == "all") & (frame["completed"] > 0)]
    if weeks.empty:
        return say("No passport was completed in the weeks shown.")
    last = weeks.iloc[-1]
    return say(
        "In the week from {day} half of {cases} completed cases took up to {half} and 80 % up to "
        "{most} ({half_working} and {most_working} working days).",
        day=day_of_month(last["period_start"]),
        cases=number(last["completed"]),
        half=number(last["p50_days"], "days"),
        most=number(last["p80_days"], "days"),
        half_working=decimal(last["p50_working_days"], 1),
        most_working=decimal(last["p80_working_days"], 1),
    )


def day_parts_title(overview: Overview) -> str:
    """Which part lay furthest from its expectation."""
    frame = overview.day_by_part
    known = frame[frame["expected_submitted"] > 0]
    if known.empty:
        kind = say(overview.part_kind)
        return say("What to expect is not known yet for any {part}", part=kind)
    gap = (known["submitted"] - known["expected_submitted"]).abs()
    row = known.loc[gap == gap.max()].iloc[0]
    share = 100 * (row["submitted"] - row["expected_submitted"]) / row["expected_submitted"]
    return say(
        "{place} lies furthest from the expected: {share} %",
        place=short_name(row["part"]),
        share=signed(share, 1),
    )


def week_parts_title(overview: Overview) -> str:
    """In how many parts less was made ready than came in."""
    frame = overview.week_by_part
    if frame.empty:
        return say("Nothing came in over the last 7 days")
    short = frame[frame["ready"] < frame["submitted"]]
    if short.empty:
        parts = counted(len(frame), overview.part_kind)
        return say("All {parts} made ready what came in", parts=parts)
    return say(
        "{n} of {parts} made fewer passports ready than applications came in",
        n=number(len(short)),
        parts=counted(len(frame), overview.part_kind),
    )


def age_title(overview: Overview) -> str:
    """Where the old cases lie."""
    frame = overview.backlog_by_part
    old = frame["age_22_60_days"].sum() + frame["age_over_60_days"].sum()
    if frame.empty or not frame["in_progress"].sum():
        return say("No case is open")
    share = number(100 * old / frame["in_progress"].sum(), "pct")
    return say("{n} open cases ({share}) are older than 21 days", n=number(old), share=share)


def trust_sentences(trust: Trust) -> list[str]:
    """Why figures may be incomplete; none where nothing is amiss."""
    sentences = []
    if trust.held_batches:
        sentences.append(
            say(
                "{batches} with {rows} held at the gate ({records}): figures that need them are "
                "incomplete.",
                batches=counted(trust.held_batches, "batch", "batches"),
                rows=counted(trust.held_rows, "row"),
                records=listed([spoken(record) for record in trust.held_records]),
            )
        )
    if trust.stale_records:
        sentences.append(
            say(
                "{records} not up to date: {names}.",
                records=counted(len(trust.stale_records), "record"),
                names=listed([spoken(record) for record in trust.stale_records]),
            )
        )
    if trust.failed_checks:
        failed = counted(trust.failed_checks, "check")
        sentences.append(say("{checks} of the newest run failed.", checks=failed))
    return sentences


def trust_title(trust: Trust) -> str:
    """The answer to "can I trust today's numbers?"."""
    if trust.is_full:
        return say("Nothing is held, late or failed: the numbers can be trusted")
    return say("Some numbers are incomplete")


def quarantine_title(quality: Quality) -> str:
    """How many rows were set aside, and by which rule most."""
    frame = quality.quarantine
    if frame.empty:
        return say("No row is in quarantine")
    first = frame.iloc[0]
    return say(
        "{rows} in quarantine, most of them by {rule} ({n})",
        rows=counted(frame["rows"].sum(), "row"),
        rule=f"{first['record']}.{first['rule']}",
        n=number(first["rows"]),
    )


def verdicts_title(quality: Quality) -> str:
    """What became of the rows that were read."""
    frame = quality.verdicts
    read = frame["rows_read"].sum()
    if not read:
        return say("No row was read yet")
    return say(
        "{read} rows read: {share} % admitted, {quarantined} set aside, {held} held",
        read=number(read),
        share=decimal(100 * frame["rows_admitted"].sum() / read, 2),
        quarantined=number(frame["rows_quarantined"].sum()),
        held=number(frame["rows_held"].sum()),
    )


def reconciliation_title(quality: Quality) -> str:
    """Whether the counts at the source and here agree."""
    frame = quality.reconciliation
    if frame.empty:
        return say("No rows were counted at the sources")
    apart = frame[frame["days_apart"] > 0]
    if apart.empty:
        return say("All {records} agree with their source", records=counted(len(frame), "record"))
    return say(
        "{n} of {records} differ from their source, by {rows} rows",
        n=number(len(apart)),
        records=counted(len(frame), "record"),
        rows=number(apart["difference"].abs().sum()),
    )


def freshness_title(quality: Quality) -> str:
    """How many records are as fresh as they should be."""
    frame = quality.freshness
    fresh = int((frame["state"] == "fresh").sum())
    absent = int((frame["state"] == "absent").sum())
    records = counted(len(frame), "record")
    title = say("{n} of {records} are fresh", n=number(fresh), records=records)
    if not absent:
        return title
    return say("{title}; {n} without a source", title=title, n=number(absent))


def checks_title(quality: Quality) -> str:
    """How many checks of the newest run passed."""
    frame = quality.checks
    if frame.empty:
        return say("No check has run yet")
    passed = int((frame["outcome"] == "passed").sum())
    checks = counted(len(frame), "check")
    return say("{n} of {checks} passed", n=number(passed), checks=checks)


def held_title(quality: Quality) -> str:
    """What the gate holds."""
    held = quality.trust.held_batches
    if not held:
        return say("No batch is held")
    return say("{batches} held at the gate", batches=counted(held, "batch", "batches"))


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
                f"{glyphs[column].get(word, GLYPHS['unknown'])} {say(word)}"
                for word in frame[column]
            ]
            for column in glyphs.keys() & set(frame.columns)
        }
    )


def with_labels(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with its columns named for a reader."""
    return frame.rename(columns={name: column_label(str(name)) for name in frame.columns})


def column_label(column: str) -> str:
    """What a column is called above a table; its own name where it is data."""
    label = COLUMN_LABELS.get(column)
    return say(label) if label else column
