"""The way of a case at the office: from the counter over the decision to the print queue."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from simulator.calendar import Calendar, date_of, home_day
from simulator.columns import MISSING, Frame, code, length, numbered, pick, rows_of, stack
from simulator.demand import CATEGORIES, FAST_TRACK, NORMAL, TIERS, URGENT
from simulator.links import HEADQUARTERS_LINK, NADRA_LINK, Links, held_up
from simulator.network import Network, Place, read_reference, staff_ids
from simulator.randomness import Flags, Ints, Luck
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
LONG_MATCH_SHARE = 0.02

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
    """What one day's applicants bring.

    `queue` holds the cases on their way to the print queue: number, place, tier, entered_at,
    release_day (home day from which the normal plan prints it), round, promise_at.
    """

    applications: pa.Table
    events: pa.Table
    queue: Frame
    deferred: Frame


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


def intake(
    network: Network,
    calendar: Calendar,
    links: Links,
    seed: int,
    day: int,
    present: Roster,
    served: Frame,
    online: Frame,
) -> Intake:
    """The cases of one day. `served` are the applicants served at a counter (with number, called,
    closed, staff, desk), `online` those who sent a form (with number, arrived)."""
    cases = stack([_at_counter(served), _online(online, seed)])
    luck = Luck(seed, cases["number"])
    online_case = cases["online"] == 1
    desk_by_desk = (
        network.is_large[cases["place"]]
        & luck.happens("desk by desk", 1 - ONE_WINDOW_SHARE)
        & ~online_case
    )
    events = _captured(cases, online_case, desk_by_desk)
    captured = cases["captured"]

    # The decision: mostly the same day, by one of the approvers present.
    place = cases["place"]
    approvers = np.maximum(present.approvers[place], 1)
    approver = (
        network.first_staff[place]
        + network.capture_staff[place]
        + (cases["number"] % approvers + present.shift) % np.maximum(network.approvers[place], 1)
    )
    heard = held_up(
        links,
        HEADQUARTERS_LINK,
        place,
        captured + np.maximum(luck.lognormal("hearing", 1500, 0.7), 120),
    )
    fate = luck.choose(
        "fate",
        (
            DEFERRED_SHARE,
            RETURNED_SHARE,
            REFUSED_SHARE,
            CANCELLED_SHARE,
            1 - DEFERRED_SHARE - RETURNED_SHARE - REFUSED_SHARE - CANCELLED_SHARE,
        ),
    )
    deferred, returned, refused, cancelled = (fate == number for number in range(4))
    pause = np.where(
        deferred,
        1 + luck.geometric("pause", 0.25),
        np.where(returned, luck.integers("pause", 1, 4), 0),
    )
    again = _another_day(calendar, day, place, heard, pause)
    reason = luck.choose("reason", (6, 1, 1, 1, 1))
    for mask, event in ((deferred, DEFERRED), (returned, RETURNED)):
        rows = np.flatnonzero(mask)
        events.append(
            happening(
                pick(cases, rows),
                "approval",
                event,
                heard[rows],
                20,
                staff=approver[rows],
                reason=reason[rows],
            )
        )
    rows = np.flatnonzero(returned)
    events.append(
        happening(
            pick(cases, rows), "data_entry", COMPLETED, again[rows] - 900, 21, staff=approver[rows]
        )
    )
    rows = np.flatnonzero(refused)
    events.append(
        happening(pick(cases, rows), "refused", COMPLETED, heard[rows], 22, staff=approver[rows])
    )
    rows = np.flatnonzero(~refused)
    events.append(
        happening(pick(cases, rows), "approval", COMPLETED, again[rows], 30, staff=approver[rows])
    )

    matched = again + np.where(
        luck.happens("long match", LONG_MATCH_SHARE),
        luck.integers("long match days", 1, 4) * 86_400,
        luck.lognormal("match", 2400, 0.8),
    )
    matched = held_up(links, NADRA_LINK, place, matched)
    headquarters = np.full(len(rows), len(network.places) - 1)
    events.append(
        happening(pick(cases, rows), "matching", COMPLETED, matched[rows], 40, place=headquarters)
    )
    site = network.site_places[network.site_of[place]]
    events.append(
        happening(pick(cases, rows), "print_queue", ENTERED, matched[rows], 41, place=site[rows])
    )

    cancelled_at = np.where(
        cancelled, matched + luck.integers("cancels", 3600, 2 * 86_400), MISSING
    )
    queued = np.flatnonzero(~refused & ~cancelled)
    queue = {
        "number": cases["number"][queued],
        "place": place[queued],
        "tier": cases["tier"][queued],
        "pages": cases["pages"][queued],
        "round": np.zeros(len(queued), np.int64),
        "submitted_at": cases["submitted"][queued],
        "entered_at": matched[queued],
        "release_day": (home_day(matched) + _hold(luck, cases["tier"]))[queued],
    }
    return Intake(
        applications=_applications(network, luck, day, cases, cancelled_at),
        events=events_record(network, seed, stack(events)),
        queue=queue,
        deferred=pick({**cases, "at": heard}, np.flatnonzero(deferred)),
    )


def _at_counter(served: Frame) -> Frame:
    return {
        **{name: served[name] for name in _BROUGHT},
        "online": np.zeros(length(served), np.int64),
        "submitted": served["called"],
        "captured": served["closed"],
        "staff": served["staff"],
        "desk": served["desk"],
    }


def _online(online: Frame, seed: int) -> Frame:
    size = length(online)
    checked = Luck(seed, online["number"]).lognormal("online check", 5 * 3600, 0.7)
    return {
        **{name: online[name] for name in _BROUGHT},
        "online": np.ones(size, np.int64),
        "submitted": online["arrived"],
        "captured": online["arrived"] + checked.astype(np.int64),
        "staff": np.full(size, MISSING),
        "desk": np.full(size, MISSING),
    }


_BROUGHT = ("number", "place", "tier", "category", "pages", "long", "round")


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
    events.append(happening(chosen, "list_check", COMPLETED, chosen["captured"], 13))
    return events


def _another_day(calendar: Calendar, day: int, place: Ints, heard: Ints, pause: Ints) -> Ints:
    """The same instant where there is no pause, else in opening hours `pause` days later or on
    the next open day."""
    ahead = int(pause.max(initial=0)) + 1
    opens, closes = calendar.next_openings(ahead, day)
    later = opens[pause, place] + (heard * 7919) % np.maximum(
        closes[pause, place] - opens[pause, place], 1
    )
    return np.where(pause > 0, np.maximum(later, heard + 3600), heard)


def _hold(luck: Luck, tier: Ints) -> Ints:
    """Days after which the printing plan takes a case: normal ones are put back by design."""
    normal, urgent = luck.integers("hold", 5, 11), luck.integers("hold", 0, 2)
    return np.select([tier == NORMAL, tier == URGENT], [normal, urgent], 0)


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


def _home_digit(place: Place) -> int:
    return _PROVINCE_DIGIT.get(place.province or "", 0)


def _applications(
    network: Network, luck: Luck, day: int, cases: Frame, cancelled_at: Ints
) -> pa.Table:
    size = length(cases)
    place, tier = cases["place"], cases["tier"]
    fee = FEES[cases["pages"], cases["long"], (tier != NORMAL).astype(np.int64)]
    fee = fee + FAST_TRACK_SURCHARGE_PKR * (tier == FAST_TRACK)
    is_man = luck.happens("is a man", 0.68)
    digit = np.array([_home_digit(p) for p in network.places[: network.offices]])[place]
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
        "birth_year": date_of(day).year
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
    first = rows_of(
        "applications",
        {**columns, "updated_at": cases["submitted"] + 20},
        identity=cases["number"],
    )
    rows = np.flatnonzero(cancelled_at >= 0)
    second = rows_of(
        "applications",
        {**columns, "cancelled_at": cancelled_at, "updated_at": cancelled_at + 30},
        identity=cases["number"],
        replaces=np.ones(size, bool),
    ).take(pa.array(rows))
    return pa.concat_tables([first, second])
