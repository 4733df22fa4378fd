"""Nothing in the world comes before its cause, and no case is lost or made from nothing."""

from itertools import pairwise

from simulated_drop import Drop

STEPS = """
    with steps as (
        select
            application_id,
            min(occurred_at) filter (where step = 'approval completed') as approved,
            min(occurred_at) filter (where stage_code = 'matching') as matched,
            min(occurred_at) filter (where step = 'print_queue entered') as queued,
            max(occurred_at) filter (where step = 'printing completed') as printed,
            max(occurred_at) filter (where stage_code = 'quality_check') as checked,
            max(occurred_at) filter (where step = 'dispatched entered') as sent,
            max(occurred_at) filter (where step = 'dispatched completed') as received,
            max(occurred_at) filter (where stage_code = 'ready') as ready,
            max(occurred_at) filter (where stage_code = 'collected') as collected,
            max(occurred_at) filter (where stage_code = 'refused') as refused,
            min(occurred_at) as first_event,
        from (select *, stage_code || ' ' || event as step from good_stage_events)
        group by application_id
    )
"""
IN_ORDER = (
    "approved",
    "matched",
    "queued",
    "printed",
    "checked",
    "sent",
    "received",
    "ready",
    "collected",
)


def test_fewer_are_collected_than_printed_than_approved_than_submitted(month: Drop) -> None:
    collected, ready, printed, approved = month.query(
        f"{STEPS} select count(collected), count(ready), count(printed), count(approved) from steps"
    )[0]
    submitted = month.number("select count(*) from good_applications")
    assert 0 < collected < ready < printed < approved < submitted


def test_no_step_comes_before_the_one_it_follows(month: Drop) -> None:
    for first, second in pairwise(IN_ORDER):
        # A late report may still be missing at the end; what is there is in order.
        compared, out_of_order = month.query(
            f"{STEPS} select count({first} - {second}), count(*) filter ({first} > {second}) "
            "from steps"
        )[0]
        assert compared > 500, (first, second)
        assert out_of_order == 0, (first, second)


def test_missing_steps_are_only_those_reported_late(month: Drop) -> None:
    for first, second in pairwise(IN_ORDER):
        missing, there = month.query(
            f"{STEPS} select count(*) filter ({first} is null), count(*) from steps "
            f"where {second} is not null"
        )[0]
        assert there > 500, second
        assert missing <= 0.005 * there, (first, second)


def test_events_follow_the_submission_of_their_application(month: Drop) -> None:
    assert (
        month.number(
            f"{STEPS} select count(*) from steps join good_applications using (application_id) "
            "where first_event < submitted_at"
        )
        == 0
    )


def test_every_event_has_an_application_or_waits_for_a_late_one(month: Drop) -> None:
    orphans, all_cases = month.query(
        "select count(*) filter (application_id not in "
        "(select application_id from good_applications)), count(*) "
        "from (select distinct application_id from good_stage_events)"
    )[0]
    assert orphans <= 0.005 * all_cases


def test_refused_and_cancelled_cases_are_not_printed(month: Drop) -> None:
    refused, printed = month.query(
        f"{STEPS} select count(*), count(printed) from steps where refused is not null"
    )[0]
    assert refused > 0
    assert printed == 0
    cancelled, printed = month.query(
        "select count(distinct a.application_id), count(job_id) from good_applications a "
        "left join good_print_jobs using (application_id) where cancelled_at is not null"
    )[0]
    assert cancelled > 0
    assert printed == 0


def test_a_passport_is_printed_well_once_for_each_time_it_is_sent(month: Drop) -> None:
    printed, too_often = month.query(
        "select count(*), count(*) filter (coalesce(sent, 0) > jobs) from "
        "(select application_id, count(*) jobs from good_print_jobs "
        "where outcome = 'good' group by 1) left join (select application_id, count(*) sent "
        "from good_stage_events where stage_code = 'dispatched' and event = 'entered' "
        "group by 1) using (application_id)"
    )[0]
    assert printed > 1000
    assert too_often == 0


def test_no_booklet_number_is_used_twice(month: Drop) -> None:
    used, numbers = month.query(
        "select count(booklet_number), count(distinct booklet_number) from good_print_jobs"
    )[0]
    assert used == numbers > 1000


def test_a_machine_prints_one_passport_at_a_time_and_none_while_down(month: Drop) -> None:
    followed, overlapping = month.query(
        "select count(earlier), count(*) filter (earlier > started_at) from (select started_at, "
        "lag(finished_at) over (partition by machine_id order by started_at) as earlier "
        "from good_print_jobs)"
    )[0]
    assert followed > 1000
    assert overlapping == 0
    stops, within = month.query(
        "select count(distinct issue_id), count(*) filter (j.started_at > i.opened_at "
        "and j.finished_at < i.resolved_at - interval 10 minute) "
        "from good_print_jobs j join good_technical_issues i using (machine_id)"
    )[0]
    assert stops > 0
    assert within == 0


def test_deliveries_come_in_boxes_that_were_received_before(month: Drop) -> None:
    delivered, wrong = month.query(
        "select count(*), count(*) filter (d.ready_at < c.received_at "
        "or d.office_code <> c.to_office_code) from good_deliveries d "
        "join good_consignments c using (box_id) where c.received_at is not null"
    )[0]
    assert delivered > 1000
    assert wrong == 0


def test_tokens_are_called_in_opening_hours_only_and_waits_follow_from_capacity(
    month: Drop,
) -> None:
    called, early = month.query(
        "select count(*), count(*) filter (hour(timezone('Asia/Karachi', called_at)) < 9) "
        "from good_queue_tokens join offices using (office_code) "
        "where kind in ('regional', 'counter')"
    )[0]
    assert called > 1000
    assert early == 0
    # Nobody of an office is served by more desks than it has.
    served, beyond = month.query(
        "select count(*), count(*) filter (counter[2:]::int > counters) "
        "from good_queue_tokens join offices using (office_code) "
        "where service = 'application' and counter <> 'C99'"
    )[0]
    assert served > 1000
    assert beyond == 0


def test_a_world_begins_with_cases_and_queues_that_it_tells_at_once(month: Drop) -> None:
    began = "timestamptz '2026-10-30 10:00:00+00'"
    open_cases, normal_day = month.query(
        f"select count(*) filter (updated_at = {began}), "
        f"count(*) filter (updated_at > {began}) / 21 from good_applications"
    )[0]
    assert 8 * normal_day < open_cases < 30 * normal_day
    unknown = month.number(
        "select count(*) from good_print_jobs anti join good_applications using (application_id)"
    )
    assert unknown <= 0.005 * month.number("select count(*) from good_print_jobs")
    first_days = month.number(
        "select count(*) from good_stage_events where stage_code = 'printing' "
        f"and occurred_at between {began} and {began} + interval 5 day"
    )
    last_days = month.number(
        "select count(*) from good_stage_events where stage_code = 'printing' "
        f"and occurred_at between {began} + interval 14 day and {began} + interval 19 day"
    )
    assert 0.75 < first_days / last_days < 1.3
