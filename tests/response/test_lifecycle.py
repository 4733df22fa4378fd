"""What becomes of findings: few incidents, the right parent, closed when over."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from response.history import Event, HistoryError, Incident, fold, follow
from response.learning import lessons
from response.lifecycle import Finding, MaintenanceWindow, Sighting, respond
from response.rules import Rule, headline, load_rules

NOW = datetime(2026, 3, 10, 9, 0)
RULES = load_rules()
HOUR = timedelta(hours=1)


class Desk:
    """The store's part in memory: numbers given, events folded, sightings kept."""

    def __init__(self, rules: dict[str, Rule] = RULES) -> None:
        self.rules = rules
        self.histories: dict[int, list[Event]] = {}
        self.sightings: tuple[Sighting, ...] = ()

    @property
    def incidents(self) -> list[Incident]:
        return [fold(events) for events in self.histories.values()]

    @property
    def open(self) -> list[Incident]:
        return [incident for incident in self.incidents if not incident.is_over]

    def take(
        self,
        findings: Iterable[Finding],
        now: datetime,
        windows: Sequence[MaintenanceWindow] = (),
        speaks_for: Collection[str] | None = None,
    ) -> tuple[Event, ...]:
        def speaks(rule: str, _thing: str) -> bool:
            return speaks_for is None or rule in speaks_for

        answer = respond(findings, self.incidents, self.sightings, now, self.rules, windows, speaks)
        self.sightings = answer.sightings
        self.add(answer.events)
        return answer.events

    def add(self, events: Iterable[Event]) -> None:
        numbers: dict[int, int] = {}
        for event in events:
            if event.kind == "opened":
                numbers[event.incident_id] = len(self.histories) + 1
            number = numbers.get(event.incident_id, event.incident_id)
            about = dict(event.details)
            if "parent" in about:
                about["parent"] = numbers.get(about["parent"], about["parent"])
            history = self.histories.setdefault(number, [])
            history.append(replace(event, incident_id=number, details=about))


def finding(rule: str, office: str = "LHE-R1", **about: Any) -> Finding:
    usual = {
        "thing": office,
        "state": "found",
        "place_scope": f"office:{office}",
        "severity": RULES[rule].severity,
        "zone": "Lahore",
        "since_at": NOW - HOUR,
    }
    return Finding(rule=rule, **{**usual, **about})


def test_the_same_finding_a_hundred_times_is_one_incident() -> None:
    desk = Desk()
    for minute in range(100):
        desk.take([finding("link_down")], NOW + timedelta(minutes=minute))
    assert [len(events) for events in desk.histories.values()] == [1]
    assert desk.open[0].since_at == NOW - HOUR


def test_a_thousand_findings_at_once_are_few_incidents() -> None:
    desk = Desk()
    offices = [f"O{number}" for number in range(250)]
    rules = ("link_down", "silence", "queue_over_60", "rush")
    desk.take([finding(rule, office) for rule in rules for office in offices], NOW)
    assert [(item.rule, item.thing, item.severity) for item in desk.open] == [
        ("link_down", "many:", "critical")
    ]
    assert desk.open[0].measured == 250
    assert desk.open[0].place_scope == "zone:Lahore"
    title = headline(RULES["link_down"], "", desk.open[0].parameters)
    assert title == "Link several of 250 places is down"
    assert len(desk.sightings) == 1001


def test_a_link_down_swallows_the_silence_behind_it_and_what_is_left_stands_alone() -> None:
    desk = Desk()
    silence, down = finding("silence"), finding("link_down")
    desk.take([silence], NOW - HOUR / 2)
    desk.take([silence, down], NOW)
    first, second = desk.open
    assert (first.rule, first.parent_incident_id) == ("silence", second.incident_id)
    desk.take([silence, down, finding("queue_over_60")], NOW + HOUR)
    assert len(desk.open) == 2
    desk.take([silence], NOW + 2 * HOUR)
    assert [(item.rule, item.parent_incident_id) for item in desk.open] == [("silence", None)]


def test_what_was_an_incident_before_a_link_went_down_is_none_of_its_effects() -> None:
    desk = Desk()
    silence, queue = finding("silence"), finding("queue_over_30")
    desk.take([silence, queue], NOW)
    assert {item.rule for item in desk.open} == {"silence", "queue_over_30"}
    down = finding("link_down", since_at=NOW + HOUR / 2)
    desk.take([silence, queue, down], NOW + HOUR)
    assert {item.parent_incident_id for item in desk.open} == {None}
    # the same queue grown longer is no other trouble
    longer = finding("queue_over_60", since_at=NOW + HOUR / 2)
    desk.take([silence, queue, longer], NOW + 2 * HOUR)
    parents = {item.rule: item.parent_incident_id for item in desk.open}
    [whole] = [item.incident_id for item in desk.open if item.rule == "queue_over_60"]
    assert (parents["queue_over_30"], parents["silence"]) == (whole, None)


def test_what_comes_back_without_its_cause_stands_alone_at_once() -> None:
    desk = Desk()
    silence, down = finding("silence"), finding("link_down")
    desk.take([silence], NOW - HOUR / 2)
    desk.take([silence, down], NOW)
    desk.take([], NOW + HOUR)
    assert desk.open == []
    desk.take([silence], NOW + 3 * HOUR / 2)
    [again] = desk.open
    assert (again.reopened_count, again.parent_incident_id) == (1, None)


def test_a_national_cause_takes_the_offices_that_were_found_before() -> None:
    desk = Desk()
    down = [finding("link_down", f"O{n}", shared_cause="nadra") for n in range(40)]
    desk.take(down[:2], NOW)
    desk.take(down, NOW + HOUR)
    whole = desk.open[-1]
    assert [item.thing for item in desk.open] == ["O0", "O1", "many:nadra"]
    assert {item.parent_incident_id for item in desk.open} == {None, whole.incident_id}
    desk.take(down[:2], NOW + 2 * HOUR)
    assert whole.incident_id not in [item.incident_id for item in desk.open], "merged below half"
    desk.take([], NOW + 3 * HOUR)
    assert desk.open == []


def test_many_without_a_known_cause_are_one_and_no_worse_unless_far_too_many() -> None:
    for places, severity in ((8, "major"), (23, "major"), (24, "critical")):
        desk = Desk()
        desk.take([finding("queue_over_60", f"O{n}") for n in range(places)], NOW)
        assert [(item.thing, item.severity) for item in desk.open] == [("many:", severity)]


def test_what_hysteresis_asks_must_have_lasted() -> None:
    slow = finding("queue_over_30", since_at=None)
    desk = Desk()
    desk.take([slow], NOW)
    assert desk.open == []
    desk.take([], NOW + HOUR / 2)
    desk.take([slow], NOW + HOUR)
    assert desk.open == [], "it was clear in between"
    desk.take([slow], NOW + 1.5 * HOUR)
    assert len(desk.open) == 1


def test_it_ends_after_its_clear_windows_dated_when_it_was_first_clear() -> None:
    desk = Desk()
    desk.take([finding("rush")], NOW)
    desk.take([], NOW + HOUR)
    assert len(desk.open) == 1
    desk.take([], NOW + 1.5 * HOUR)
    (ended,) = desk.incidents
    assert (ended.resolved_at, ended.outcome) == (NOW + HOUR, "cleared")


def test_found_again_soon_the_old_incident_goes_on_and_later_a_new_one_begins() -> None:
    desk = Desk()
    desk.take([finding("link_down")], NOW)
    desk.take([], NOW + HOUR)
    desk.take([finding("link_down")], NOW + 2 * HOUR)
    assert [(item.incident_id, item.reopened_count) for item in desk.open] == [(1, 1)]
    desk.take([], NOW + 3 * HOUR)
    desk.take([finding("link_down")], NOW + 30 * HOUR)
    assert [item.incident_id for item in desk.open] == [2]


def test_without_data_it_stays_open_and_says_so_once() -> None:
    desk = Desk()
    desk.take([finding("link_down")], NOW)
    unknown = finding("link_down", state="unknown")
    for hour in (1, 2, 3):
        desk.take([unknown], NOW + hour * HOUR)
    assert [event.kind for event in desk.histories[1]] == ["opened", "noted"]
    assert "stays open" in desk.histories[1][-1].text
    desk.take([finding("link_down")], NOW + 4 * HOUR)
    assert desk.histories[1][-1].text == "data come again"
    assert Desk().take([unknown], NOW) == ()


def test_a_clock_that_jumps_back_neither_ends_nor_opens_anything() -> None:
    desk = Desk()
    desk.take([finding("rush")], NOW)
    desk.take([], NOW + HOUR)
    before = desk.take([], NOW - 20 * HOUR)
    assert before == ()
    assert desk.take([], NOW - 19.6 * HOUR) == ()
    desk.take([], NOW - 19 * HOUR)
    (ended,) = desk.incidents
    assert ended.resolved_at == ended.opened_at, "an end before its beginning is none"
    future = Desk()
    future.take([finding("queue_over_30", since_at=NOW + HOUR)], NOW)
    assert future.open == []


def test_a_rule_deleted_while_its_incident_is_open_ends_it() -> None:
    desk = Desk(dict(RULES))
    desk.take([finding("rush")], NOW)
    del desk.rules["rush"]
    desk.take([finding("rush")], NOW + HOUR)
    (ended,) = desk.incidents
    assert (ended.outcome, ended.cause) == ("rule_deleted", "the rule was deleted")
    assert headline(None, "rush", {}) == "rush"


def test_announced_work_opens_nothing_until_it_is_over() -> None:
    desk = Desk()
    work = [MaintenanceWindow("", "zone:Lahore", NOW, NOW + HOUR)]
    desk.take([finding("link_down"), finding("silence")], NOW, work)
    assert desk.open == []
    elsewhere = finding("link_down", "KHI-R1", zone="Karachi")
    desk.take([finding("link_down"), elsewhere], NOW + HOUR / 2, work)
    assert [item.thing for item in desk.open] == ["KHI-R1"]
    desk.take([finding("link_down"), elsewhere], NOW + HOUR, work)
    assert {item.thing for item in desk.open} == {"KHI-R1", "LHE-R1"}


@pytest.mark.parametrize(
    ("outcome", "hours", "is_open"),
    [
        ("false_alarm", 1, False),
        ("false_alarm", 20, False),
        ("real", 0.2, False),
        ("real", 2, True),
    ],
)
def test_what_a_person_ended_rests_while_it_is_still_found(
    outcome: str, hours: float, is_open: bool
) -> None:
    desk = Desk()
    desk.take([finding("link_down")], NOW)
    by = Event(1, "resolved", NOW, "ayesha", "monitoring", "test", {"outcome": outcome})
    desk.add([by])
    desk.take([finding("link_down")], NOW + hours * HOUR)
    assert bool(desk.open) is is_open
    if outcome == "false_alarm":
        desk.take([], NOW + 21 * HOUR)
        desk.take([finding("link_down")], NOW + 22 * HOUR)
        assert desk.open, "it was clear in between"


def test_it_worsens_and_never_gets_better_by_itself() -> None:
    desk = Desk()
    for severity in ("minor", "critical", "major", "critical"):
        desk.take([finding("rush", severity=severity)], NOW)
    assert [event.kind for event in desk.histories[1]] == ["opened", "worsened"]
    assert desk.open[0].severity == "critical"


def test_findings_of_one_part_say_nothing_of_the_others() -> None:
    desk = Desk()
    desk.take([finding("link_down")], NOW)
    desk.take([finding("run_failed", thing="hourly")], NOW + HOUR, speaks_for=["run_failed"])
    assert len(desk.open) == 2
    desk.take([], NOW + 2 * HOUR, speaks_for=["run_failed"])
    assert [item.rule for item in desk.open] == ["link_down"]
    assert [sighting.finding.rule for sighting in desk.sightings] == ["link_down"]


def test_a_title_is_filled_with_what_was_found_as_it_stands() -> None:
    told = headline(RULES["link_down"], "", {"link": "<b>{0.__class__}</b>", "place": "*x*"})
    assert told == "Link <b>{0.__class__}</b> of *x* is down"


def test_lessons_tell_precise_from_chattering_and_stale_rules() -> None:
    def ended(rule: str, number: int, outcome: str, thing: str) -> Incident:
        incident = fold([Event(number, "opened", NOW, details=_details(rule, thing))])
        by = Event(number, "resolved", NOW + HOUR, "x", "monitoring", "", {"outcome": outcome})
        return follow(incident, by)

    found = [ended("rush", n, "real" if n < 2 else "false_alarm", str(n)) for n in range(6)]
    found += [ended("link_down", n, "real", "one") for n in range(9)]
    found += [ended("gone", 50, "real", "one")]
    learned = {item.rule: item for item in lessons(found, RULES, NOW + 2 * HOUR)}
    assert (learned["rush"].verdict, round(learned["rush"].precision_pct or 0)) == ("imprecise", 33)
    assert learned["link_down"].verdict == "chattering"
    assert (learned["silence"].verdict, learned["silence"].precision_pct) == ("stale", None)
    assert learned["gone"].resolve_minutes == 60
    assert {item.rule for item in lessons(found, RULES, NOW + 99 * 24 * HOUR)} == RULES.keys()


def _details(rule: str, thing: str) -> dict[str, Any]:
    return {
        "rule": rule,
        "thing": thing,
        "place_scope": "country",
        "zone": None,
        "is_mission": False,
        "severity": "major",
        "since_at": NOW.isoformat(),
        "parameters": {},
    }


_rounds = st.lists(
    st.tuples(
        st.integers(-3, 6),
        st.lists(
            st.builds(
                finding,
                st.sampled_from(["link_down", "silence", "queue_over_30", "rush"]),
                st.sampled_from(["A", "B", "C", "D", "E", "F"]),
                state=st.sampled_from(["found", "found", "unknown"]),
                severity=st.sampled_from(["minor", "major", "critical"]),
                since_at=st.sampled_from([None, NOW - HOUR, NOW + HOUR]),
            ),
            max_size=12,
        ),
    ),
    max_size=8,
)


@given(_rounds)
@settings(max_examples=25, deadline=None)
def test_any_course_of_findings_keeps_the_laws(rounds: list[tuple[int, list[Finding]]]) -> None:
    """Every history folds; a thing has one open incident at most; told twice nothing changes; an
    end is not before its beginning; and when all is clear for long, everything is over."""
    desk, now = Desk(), NOW
    for hours, findings in rounds:
        now += hours * HOUR / 2
        desk.take(findings, now)
        keys = [(item.rule, item.thing) for item in desk.open]
        assert len(keys) == len(set(keys))
        seen = desk.sightings
        assert desk.take(findings, now) == ()
        assert desk.sightings == seen
    for _ in range(3):
        now += 24 * HOUR
        desk.take([], now)
    assert desk.open == []
    assert desk.sightings == ()
    for incident in desk.incidents:
        assert incident.resolved_at is not None
        assert incident.resolved_at >= (incident.reopened_at or incident.opened_at)


_kinds = st.sampled_from(
    ["notified", "acknowledged", "assigned", "snoozed", "escalated", "resolved", "reopened"]
)


@given(st.lists(_kinds, max_size=12))
@settings(max_examples=40, deadline=None)
def test_what_can_follow_folds_and_what_cannot_is_refused(kinds: list[Any]) -> None:
    about = {"to": "x", "level": 1, "until": NOW.isoformat(), "outcome": "real"}
    events = [Event(1, "opened", NOW, details=_details("rush", "A"))]
    for number, kind in enumerate(kinds, start=2):
        event = Event(1, kind, NOW, "ayesha", "monitoring", "x", about, event_id=number)
        before = fold(events)
        try:
            after = follow(before, event)
        except HistoryError:
            assert before.is_over is (kind != "reopened")
            continue
        events.append(event)
        assert fold(events) == after
        assert after.is_over is (after.resolved_at is not None)
        assert after.is_over is (after.outcome is not None)
