"""Where is this passport, and why? Lists of cases, and everything that happened to one.

A publication holds no personal reference and no queue token of a case: cases are found by their
application's number or by a box."""

from dataclasses import dataclass
from datetime import date

import pandas as pd

from reports.broker import Publication, Scope, rows

LISTED_CASES = 500
LISTS = ("late", "due", "deferred", "oldest", "uncollected")

# The newest event of the case put it off.
_DEFERRED_LAST = """application_id in (
    select application_id from rpt_case_events as happened
    where
        happened.ended_on is null and happened.event = 'deferred'
        and happened.application_id = cases.application_id
        and happened.occurred_at = cases.last_event_at
)"""
_LIST_CONDITIONS = {
    "late": "promise_state = 'open_beyond'",
    "due": "promise_state = 'open_within' and promise_due_on <= $today + 1",
    "deferred": _DEFERRED_LAST,
    "oldest": "current_stage_code <> 'ready'",
    "uncollected": "current_stage_code = 'ready'",
}


@dataclass(frozen=True)
class CaseList:
    """The first cases of a list, and how many there are of it in all."""

    cases: pd.DataFrame
    total: int


@dataclass(frozen=True)
class Case:
    """One case: its row (`application`, empty where the reader may see none of that number), its
    events in order, its boxes and its complaints."""

    application: pd.DataFrame
    events: pd.DataFrame
    boxes: pd.DataFrame
    complaints: pd.DataFrame


def case_list(
    publication: Publication, scope: Scope, which: str, tier: str, today: date
) -> CaseList:
    """Open cases submitted in the scope, the oldest promise first. `which` is one of LISTS: late,
    due by tomorrow, put off by their newest deferral, open longest, ready and uncollected.

    Columns: application_id, office, holder, tier, stage_code, stage_entered_at, promise_due_on,
    promise_state, submitted_at, age_days."""
    condition = _LIST_CONDITIONS[which]
    parameters: dict[str, object] = {"tier": tier}
    if "$today" in condition:
        parameters["today"] = today
    found = rows(
        publication,
        scope,
        f"""
        select
            application_id,
            places.name as office,
            coalesce(holders.name, holding_office_code) as holder,
            tier,
            current_stage_code as stage_code,
            stage_entered_at,
            promise_due_on::timestamp as promise_due_on,
            promise_state,
            submitted_at,
            age_days::double as age_days,
            count(*) over () as total
        from rpt_applications as cases
        inner join rpt_places as places using (office_code)
        left join rpt_places as holders on holders.office_code = holding_office_code
        where
            ended_on is null and is_open and $tier in ('all', tier) and {condition}
        order by promise_due_on, submitted_at, application_id
        limit {LISTED_CASES}
        """,
        parameters,
    )
    total = int(found["total"].iloc[0]) if len(found) else 0
    return CaseList(found.drop(columns="total"), total)


def cases_in_box(publication: Publication, scope: Scope, box_id: str) -> pd.DataFrame:
    """The cases that a box holds or held, columns as in `case_list`'s, oldest first."""
    return rows(
        publication,
        scope,
        """
        select
            application_id,
            places.name as office,
            tier,
            current_stage_code as stage_code,
            stage_entered_at,
            promise_due_on::timestamp as promise_due_on,
            promise_state,
            submitted_at
        from rpt_applications
        inner join rpt_places as places using (office_code)
        where application_id in (select application_id from rpt_case_events where box_id = $box)
        order by submitted_at, application_id
        """,
        {"box": box_id},
    )


def case(publication: Publication, scope: Scope, application_id: str) -> Case:
    """All that is known of one case; empty where none of that number is in the scope."""
    which = {"application": application_id}
    found = rows(publication, scope, _APPLICATION, which)
    events = rows(publication, scope, _EVENTS, which)
    boxes = list(events["box_id"].dropna().unique())
    return Case(
        application=found,
        events=events,
        boxes=rows(publication, scope, _BOXES, {"boxes": boxes}),
        complaints=rows(publication, scope, _COMPLAINTS, which),
    )


_APPLICATION = """
    select
        application_id, places.name as office,
        coalesce(holders.name, holding_office_code) as holder,
        tier, category, channel, submitted_at, ready_at, completed_at, outcome, is_open,
        current_stage_code, current_owner, stage_entered_at, age_days::double as age_days,
        promise_due_on::timestamp as promise_due_on, promise_state,
        turnaround_seconds::double / 86400 as turnaround_days,
        clock_stopped_minutes::double / 1440 as clock_stopped_days,
        rework_count::double as rework_count, variant_text
    from rpt_applications
    inner join rpt_places as places using (office_code)
    left join rpt_places as holders on holders.office_code = holding_office_code
    where application_id = $application
"""

# In order: occurred_at, recorded_at, stage_code, event, place, desk, reason_code, box_id,
# print_outcome, print_job_id, since_days (days since the event before).
_EVENTS = """
    select
        occurred_at, recorded_at, stage_code, event, coalesce(name, office_code) as place, desk,
        reason_code, box_id, print_outcome, print_job_id,
        date_diff('second', lag(occurred_at) over in_order, occurred_at) / 86400 as since_days
    from rpt_case_events
    left join rpt_places using (office_code)
    where application_id = $application
    window in_order as (order by occurred_at, event_id)
    order by occurred_at, event_id
"""

_BOXES = """
    select
        box_id, coalesce(senders.name, from_office_code) as sender,
        coalesce(takers.name, to_office_code) as receiver, carrier, dispatched_at, due_at,
        received_at, overdue_days::double as overdue_days
    from rpt_boxes
    left join rpt_places as senders on senders.office_code = from_office_code
    left join rpt_places as takers on takers.office_code = to_office_code
    where box_id in (select unnest($boxes::varchar[]))
    order by dispatched_at, box_id
"""

_COMPLAINTS = """
    select complaint_id, category, channel, opened_at, resolved_at, outcome, is_late
    from rpt_complaint_cases
    where application_id = $application
    order by opened_at, complaint_id
"""
