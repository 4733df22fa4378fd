"""The way of a case at the office and headquarters: from the counter over the decision and the
matching to the print queue. Each step has its queue, which carries over from day to day."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from simulator.calendar import DAY, Calendar, date_of, home_day, home_midnight
from simulator.columns import MISSING, Frame, code, length, numbered, pick, rows_of, stack
from simulator.counters import desks, serve, standing_still
from simulator.demand import CATEGORIES, FAST_TRACK, NORMAL, TIERS
from simulator.links import NADRA_LINK, Links
from simulator.network import (
    APPROVER,
    YEARLY_APPLICATIONS,
    Network,
    read_reference,
    staff_ids,
)
from simulator.plan import Plan
from simulator.randomness import Flags, Floats, Ints, Luck
from simulator.roster import Roster

STAGES = tuple(row["stage_code"] for row in read_reference("stages.csv"))
EVENTS = ("entered", "started", "completed", "deferred", "returned")
ENTERED, STARTED, COMPLETED, DEFERRED, RETURNED = range(5)
REASONS = (
    "more_biometrics_needed",
    "documents_missing",
    "old_passport_not_shown",
    "name_differs",
    "photograph_unfit",
)

ONE_WINDOW_SHARE = 0.75
"""Large offices have desks of both kinds, all others one window only."""
DEFERRED_SHARE = 0.03
RETURNED_SHARE = 0.012
REFUSED_SHARE = 0.003
CANCELLED_SHARE = 0.0025
SUSPECT_SHARE = 0.003
PRIORITY_SHARE = 0.004
E_PASSPORT_SHARE = 0.04
BY_EYE_SHARE = 0.02
"""Matches that an examiner must look at."""

_HEARING_SECONDS, _HEARING_SIGMA = 85.0, 0.45
_SEARCH_SECONDS = 900, 4500
"""From when to when a search in NADRA's and the own records answers."""
_MATCHES_AN_HOUR = YEARLY_APPLICATIONS / 250 / 8 * 2
_BY_EYE_SECONDS = 1500.0
_EXAMINERS = YEARLY_APPLICATIONS / 250 * BY_EYE_SHARE * _BY_EYE_SECONDS / (7 * 3600) * 1.3
# The print plan puts normal cases back on purpose, by days after the matching.
_PLAN_DAYS = np.array([8, 1, 0])

_PAGES = (36, 72, 100)
_PRIORITIES = ("hajj", "medical", "study", "official")
_PROVINCE_DIGIT = {
    "Khyber Pakhtunkhwa": 1,
    "Punjab": 3,
    "Sindh": 4,
    "Balochistan": 5,
    "Islamabad": 6,
    "Gilgit-Baltistan": 7,
    "Azad Jammu and Kashmir": 8,
}
_MISSION_PROVINCES = (3, 3, 3, 1, 1, 4, 8)
_SPLITS = (0.2, 0.45, 0.8, 1.0)
"""Shares of a visit after which photo, biometrics, data entry and list check are done."""


@dataclass(frozen=True)
class Intake:
    """New cases of a day, with their rows: they wait to be heard."""

    applications: pa.Table
    events: list[Frame]
    cases: Frame

    def hearings(self, day: int) -> Frame:
        """The cases as they wait for the decision from their day on."""
        size = length(self.cases)
        waiting = {**self.cases, "ready_at": self.cases["captured"]}
        waiting |= {"due_day": np.full(size, day), "attempt": np.full(size, FIRST)}
        return {name: waiting[name] for name in HEARING}


@dataclass(frozen=True)
class Heard:
    """What the approvers of a day decided. `hearings` are the cases that still wait for them or
    must come again, `approved` those that go to the matching, `deferred` those sent home today."""

    hearings: Frame
    approved: Frame
    deferred: Frame
    events: list[Frame]
    applications: pa.Table


@dataclass(frozen=True)
class Matched:
    """What the matching of a home day has done; `queue` goes to the print sites."""

    matching: Frame
    queue: Frame
    events: list[Frame]


HEARING = (
    *("number", "place", "tier", "category", "pages", "long", "online", "submitted"),
    *("ready_at", "due_day", "attempt"),
)
MATCHING = ("number", "place", "tier", "pages", "submitted_at", "approved_at")
QUEUE = (
    *("number", "place", "tier", "pages", "round", "submitted_at", "entered_at", "release_day"),
    "site",
)
FIRST, AFTER_DEFERRAL, AFTER_RETURN = range(3)


def stage(name: str) -> int:
    """The position of a stage in the flow."""
    return STAGES.index(name)


def events_record(network: Network, seed: int, events: Frame) -> pa.Table:
    """The record `stage_events` of events (number, round, stage, event, at, place, staff, desk,
    reason); ids sort as the steps of a case follow each other."""
    numbers = events["number"] * 1000 + events["round"] * 100 + events["step"]
    reported = events["at"] + Luck(seed, numbers).integers("reported", 2, 90)
    return rows_of(
        "stage_events",
        {
            "event_id": numbered("E", numbers),
            "application_id": numbered("", events["number"]),
            "stage_code": code(STAGES, events["stage"]),
            "event": code(EVENTS, events["event"]),
            "occurred_at": events["at"],
            "office_code": code(network.codes, events["place"]),
            "staff_id": staff_ids(events["staff"]),
            "desk": _desk(events["desk"]),
            "reason_code": code(REASONS, events["reason"]),
            "recorded_at": reported,
        },
        identity=numbers,
    )


def _desk(desks: Ints) -> pa.Array:
    return numbered("D", np.where(desks < 0, MISSING, desks + 1))


def happening(
    cases: Frame,
    name: str,
    event: int,
    at: Ints,
    step: int,
    place: Ints | None = None,
    staff: Ints | None = None,
    desk: Ints | None = None,
    reason: Ints | None = None,
) -> Frame:
    """One event for each of the cases (number, place, round)."""
    size = length(cases)
    none = np.full(size, MISSING)
    return {
        "number": cases["number"],
        "round": cases["round"],
        "step": np.full(size, step),
        "stage": np.full(size, stage(name)),
        "event": np.full(size, event),
        "at": np.asarray(at, np.int64),
        "place": cases["place"] if place is None else place,
        "staff": none if staff is None else staff,
        "desk": none if desk is None else desk,
        "reason": none if reason is None else reason,
    }


def intake(network: Network, seed: int, served: Frame, online: Frame) -> Intake:
    """The cases of one day. `served` are the applicants served at a counter (with number, called,
    closed, staff, desk), `online` those who sent a form (with number, arrived)."""
    cases = stack([_at_counter(served), _online(online)])
    luck = Luck(seed, cases["number"])
    online_case = cases["online"] == 1
    desk_by_desk = (
        network.is_large[cases["place"]]
        & luck.happens("desk by desk", 1 - ONE_WINDOW_SHARE)
        & ~online_case
    )
    return Intake(
        applications=applications_record(network, seed, cases),
        events=_captured(cases, online_case, desk_by_desk),
        cases=cases,
    )


def _at_counter(served: Frame) -> Frame:
    return {
        **{name: served[name] for name in _BROUGHT},
        "round": np.zeros(length(served), np.int64),
        "online": np.zeros(length(served), np.int64),
        "submitted": served["called"],
        "captured": served["closed"],
        "staff": served["staff"],
        "desk": served["desk"],
    }


def _online(online: Frame) -> Frame:
    size = length(online)
    return {
        **{name: online[name] for name in _BROUGHT},
        "round": np.zeros(size, np.int64),
        "online": np.ones(size, np.int64),
        "submitted": online["arrived"],
        "captured": online["arrived"],
        "staff": np.full(size, MISSING),
        "desk": np.full(size, MISSING),
    }


_BROUGHT = ("number", "place", "tier", "category", "pages", "long")


def _captured(cases: Frame, online: Flags, desk_by_desk: Flags) -> list[Frame]:
    events = []
    one_window = np.flatnonzero(~online & ~desk_by_desk)
    chosen = pick(cases, one_window)
    events.append(
        happening(
            chosen,
            "one_window",
            COMPLETED,
            chosen["captured"],
            10,
            staff=chosen["staff"],
            desk=chosen["desk"],
        )
    )
    chosen = pick(cases, np.flatnonzero(desk_by_desk))
    lasting = chosen["captured"] - chosen["submitted"]
    for step, (name, share) in enumerate(
        zip(("photo", "biometrics", "data_entry", "list_check"), _SPLITS, strict=True)
    ):
        at = chosen["submitted"] + (lasting * share).astype(np.int64)
        events.append(
            happening(
                chosen, name, COMPLETED, at, 10 + step, staff=chosen["staff"], desk=chosen["desk"]
            )
        )
    chosen = pick(cases, np.flatnonzero(online))
    events.append(happening(chosen, "data_entry", COMPLETED, chosen["submitted"], 12))
    return events


def hear(
    network: Network,
    calendar: Calendar,
    links: Links,
    seed: int,
    day: int,
    present: Roster,
    waiting: Frame,
) -> Heard:
    """A local day of the approvers: they take cases in the order in which those are ready, first
    of all those who were told to come back."""
    hours = calendar.hours(day)
    due = (waiting["due_day"] <= day) & (hours.opens[waiting["place"]] >= 0)
    cases = pick(waiting, due)
    # Whoever was told to come back, and whatever lay over night, is there at the opening.
    ready = np.maximum(cases["ready_at"], hours.opens[cases["place"]])
    order = np.lexsort((cases["number"], cases["ready_at"], ready, cases["place"]))
    cases, ready = pick(cases, order), ready[order]
    place = cases["place"]
    luck = Luck(seed, cases["number"] * 4 + cases["attempt"])
    seconds = luck.lognormal("hearing", _HEARING_SECONDS, _HEARING_SIGMA)
    approvers = desks(hours.opens, hours.closes, present, network.staff_role, APPROVER)
    forever = np.full(len(place), float(DAY * 9))
    called, server = serve(place, ready, seconds, forever, approvers, standing_still(links))
    is_heard = server >= 0
    rest = stack([pick(waiting, ~due), pick(cases, ~is_heard)])
    cases, called, server = pick(cases, is_heard), called[is_heard], server[is_heard]
    staff = approvers.staff[server]
    lasting = seconds[is_heard] * approvers.pace[server]
    heard = called + lasting.astype(np.int64) + 1

    fate = Luck(seed, cases["number"]).choose(
        "fate",
        (
            DEFERRED_SHARE,
            RETURNED_SHARE,
            REFUSED_SHARE,
            CANCELLED_SHARE,
            1 - DEFERRED_SHARE - RETURNED_SHARE - REFUSED_SHARE - CANCELLED_SHARE,
        ),
    )
    first = cases["attempt"] == FIRST
    deferred, returned = (fate == 0) & first, (fate == 1) & first
    refused, cancelled = fate == 2, fate == 3
    approved = ~deferred & ~returned & ~refused
    again = pick(cases, deferred | returned)
    again = {**again, **_comes_back(calendar, seed, day, again, deferred[deferred | returned])}
    rounds = {**cases, "round": np.zeros(len(heard), np.int64)}
    reason = Luck(seed, cases["number"]).choose("reason", (6, 1, 1, 1, 1))

    def told(
        mask: Flags, name: str, event: int, step: int, at: Ints = heard, why: bool = False
    ) -> Frame:
        return happening(
            pick(rounds, mask),
            name,
            event,
            at[mask],
            step,
            staff=staff[mask],
            reason=reason[mask] if why else None,
        )

    entered_again = cases["attempt"] == AFTER_RETURN
    checked_now = (cases["online"] == 1) & first
    events = [
        told(checked_now, "list_check", COMPLETED, 13, at=called),
        told(entered_again, "data_entry", COMPLETED, 21, at=called),
        told(deferred, "approval", DEFERRED, 20, why=True),
        told(returned, "approval", RETURNED, 20, why=True),
        told(refused, "refused", COMPLETED, 22),
        told(approved, "approval", COMPLETED, 30),
    ]
    withdrawn = pick(cases, cancelled)
    cancelled_at = heard[cancelled] + Luck(seed, withdrawn["number"]).integers("cancels", 300, 2400)
    chosen = pick(cases, approved & ~cancelled)
    return Heard(
        hearings=stack([rest, again]),
        approved={
            **{name: chosen[name] for name in ("number", "place", "tier", "pages")},
            "submitted_at": chosen["submitted"],
            "approved_at": heard[approved & ~cancelled],
        },
        deferred={**pick(cases, deferred), "at": heard[deferred]},
        events=events,
        applications=applications_record(network, seed, withdrawn, cancelled_at),
    )


def _comes_back(
    calendar: Calendar, seed: int, day: int, cases: Frame, deferred: Flags
) -> dict[str, Ints]:
    """The day and instant at which a case is there again: the applicant comes in opening hours."""
    luck = Luck(seed, cases["number"])
    pause = np.where(deferred, 1 + luck.geometric("pause", 0.25), luck.integers("pause", 1, 4))
    opens, closes = calendar.next_openings(int(pause.max(initial=0)) + 1, day)
    place = cases["place"]
    begins, ends = opens[pause, place], closes[pause, place]
    return {
        "due_day": day + pause,
        "ready_at": begins + (luck.uniform("comes back") * (ends - begins) * 0.7).astype(np.int64),
        "attempt": np.where(deferred, AFTER_DEFERRAL, AFTER_RETURN),
    }


def match(
    network: Network,
    calendar: Calendar,
    links: Links,
    seed: int,
    day: int,
    waiting: Frame,
    plan: Plan,
) -> Matched:
    """The facial and fingerprint matching at headquarters on a home day.

    The machine takes one after the other around the clock, as fast as its rate; examiners look at
    some in office hours. Both need NADRA's line at headquarters, which falls out with the nation's.
    """
    begin = home_midnight(day)
    end = begin + DAY
    answers = Luck(seed, waiting["number"]).integers("search", *_SEARCH_SECONDS)
    ready = waiting["approved_at"] + answers
    order = np.lexsort((waiting["number"], ready))
    waiting, ready = pick(waiting, order), ready[order]
    outage = _national_outage(links, NADRA_LINK)
    by_eye = Luck(seed, waiting["number"]).happens("by eye", BY_EYE_SHARE)
    scale = network.scale
    opens, closes = (int(hours[-1]) for hours in _office_hours(calendar, day))
    office = [(begin, opens), (closes, end)] if opens >= 0 else [(begin, end)]
    done = np.zeros(len(ready), np.int64)
    for chosen, seconds, closed in (
        (~by_eye, 3600 / (_MATCHES_AN_HOUR * scale), outage),
        (by_eye, _BY_EYE_SECONDS / (_EXAMINERS * scale), outage + office),
    ):
        work = np.full(int(chosen.sum()), seconds)
        done[chosen] = one_after_the_other(ready[chosen], work, begin, end, closed)
    is_done = (done < end) & (ready < end)
    cases = pick(waiting, is_done)
    at = done[is_done]
    rounds = {**cases, "round": np.zeros(len(at), np.int64)}
    headquarters = np.full(len(at), len(network.places) - 1)
    site = network.site_of(date_of(day))[cases["place"]]
    for source, target, concerned, share in plan.print_moves(at):
        moved = Luck(seed, cases["number"]).happens("is moved", share)
        site = np.where((site == source) & concerned & moved, target, site)
    queue = {
        **{name: cases[name] for name in ("number", "place", "tier", "pages", "submitted_at")},
        "round": rounds["round"],
        "entered_at": at,
        "release_day": home_day(at) + _PLAN_DAYS[cases["tier"]],
        "site": site,
    }
    events = [
        happening(rounds, "matching", COMPLETED, at, 40, place=headquarters),
        happening(rounds, "print_queue", ENTERED, at, 41, place=network.site_places[site]),
    ]
    return Matched(pick(waiting, ~is_done), queue, events)


def _office_hours(calendar: Calendar, day: int) -> tuple[Ints, Ints]:
    hours = calendar.hours(day)
    return hours.opens, hours.closes


def _national_outage(links: Links, link: int) -> list[tuple[int, int]]:
    if not links.is_national[link]:
        return []
    return [(int(links.starts[0, link]), int(links.ends[0, link]))]


def one_after_the_other(
    ready: Ints, seconds: Floats, begin: int, end: int, closed: list[tuple[int, int]]
) -> Ints:
    """When each is done by a server that takes them in order, from `begin` on; instants and
    `closed` spans in UTC seconds. What is not done by `end` gets an instant at or after it.

    Lindley's recursion as a running maximum, on a clock that stands still while it is closed.
    """
    spans = _merged(closed, begin, end)
    edges = np.array([begin] + [edge for span in spans for edge in span] + [end])
    works = np.array([1.0, 0.0] * len(spans) + [1.0])
    worked = np.concatenate([[0.0], np.cumsum(np.diff(edges) * works)])
    come = np.interp(np.clip(ready, begin, end), edges, worked)
    before = np.cumsum(seconds) - seconds
    finish = np.maximum.accumulate(come - before) + before + seconds if len(ready) else come
    # Where the clock stands still, what is done at that reading was done before.
    segment = np.clip(np.searchsorted(worked, finish, side="left"), 1, len(edges) - 1)
    at = edges[segment] - (worked[segment] - finish)
    return np.where(finish >= worked[-1], end, np.ceil(at)).astype(np.int64)


def _merged(spans: list[tuple[int, int]], begin: int, end: int) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, until in sorted(spans):
        start, until = max(start, begin), min(until, end)
        if start >= until:
            continue
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(until, merged[-1][1]))
        else:
            merged.append((start, until))
    return merged


def _fees() -> Ints:
    """Rupees, shape (pages, validity, normal or urgent)."""
    fees = np.zeros((3, 2, 2), np.int64)
    for row in read_reference("fees.csv"):
        validity = int(row["validity_years"] == "10")
        fees[_PAGES.index(int(row["pages"])), validity] = (
            int(row["normal_pkr"]),
            int(row["urgent_pkr"]),
        )
    return fees


FEES = _fees()
FAST_TRACK_SURCHARGE_PKR = 5000


def _cnics(luck: Luck, province: Ints, is_man: Flags) -> pa.Array:
    """Valid-looking numbers: province, twelve further digits, the last odd for men."""
    middle = luck.integers("cnic", 0, 10**11)
    last = luck.integers("cnic end", 0, 5) * 2 + is_man
    return numbered("", province * 10**12 + middle * 10 + last)


def _home_digits(network: Network) -> Ints:
    """The first digit of most who live about each office, 0 for a mission."""
    provinces = [place.province or "" for place in network.places[: network.offices]]
    return np.array([_PROVINCE_DIGIT.get(province, 0) for province in provinces])


def applications_record(
    network: Network, seed: int, cases: Frame, cancelled_at: Ints | None = None
) -> pa.Table:
    """The record `applications`: as submitted, or as cancelled at the given instants."""
    luck = Luck(seed, cases["number"])
    place, tier = cases["place"], cases["tier"]
    fee = FEES[cases["pages"], cases["long"], (tier != NORMAL).astype(np.int64)]
    fee = fee + FAST_TRACK_SURCHARGE_PKR * (tier == FAST_TRACK)
    is_man = luck.happens("is a man", 0.68)
    digit = _home_digits(network)[place]
    abroad = np.array(_MISSION_PROVINCES)[luck.integers("province", 0, len(_MISSION_PROVINCES))]
    cnic = _cnics(luck, np.where(digit > 0, digit, abroad), is_man)
    districts = [p.district or "" for p in network.places[: network.offices]]
    home = [i for i, district in enumerate(districts) if district]
    moved = luck.happens("moved", 0.06) | network.is_mission[place]
    drawn = np.array(home)[luck.choose("home", network.weights[home])]
    columns = {
        "application_id": numbered("", cases["number"]),
        "office_code": code(network.codes, place),
        "submitted_at": cases["submitted"],
        "tier": code(TIERS, tier),
        "category": code(CATEGORIES, cases["category"]),
        "channel": code(("counter", "online"), cases["online"]),
        "pages": np.array(_PAGES)[cases["pages"]],
        "validity_years": np.where(cases["long"] == 1, 10, 5),
        "is_e_passport": luck.happens("e-passport", E_PASSPORT_SHARE),
        "fee_pkr": fee.astype(np.float64),
        "applicant_cnic": cnic,
        "sex": code(("female", "male"), is_man.astype(np.int64)),
        "birth_year": _years(cases["submitted"])
        - np.clip(luck.lognormal("age", 31, 0.38), 1, 95).astype(np.int64),
        "home_district": code(districts, np.where(moved, drawn, place)),
        "priority_reason": code(
            _PRIORITIES,
            np.where(
                luck.happens("has priority", PRIORITY_SHARE),
                luck.integers("priority", 0, len(_PRIORITIES)),
                MISSING,
            ),
        ),
        "is_suspect": luck.happens("is suspect", SUSPECT_SHARE),
    }
    changed = cases["submitted"] + 20 if cancelled_at is None else cancelled_at + 30
    return rows_of(
        "applications",
        {**columns, "cancelled_at": cancelled_at, "updated_at": changed},
        identity=cases["number"],
        replaces=np.full(len(place), cancelled_at is not None),
    )


def _years(instants: Ints) -> Ints:
    return np.asarray(instants.astype("datetime64[s]").astype("datetime64[Y]").astype(int) + 1970)
