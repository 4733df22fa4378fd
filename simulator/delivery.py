"""From the print site to the applicant: boxes, transit, the shelf of the office, collection."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from simulator.calendar import Calendar, date_of, home_day
from simulator.cases import COMPLETED, ENTERED, happening
from simulator.columns import MISSING, Frame, code, length, numbered, pick, rows_of
from simulator.network import Network
from simulator.randomness import Floats, Ints, Luck

BOX_HOLDS = 100
BAG_WEEKDAYS = (1, 3, 5)
"""Diplomatic bags leave on Mondays, Wednesdays and Fridays."""
LOST_BOXES = 0.0006
NEVER_COLLECTED = 0.02
RETURNED_AFTER_DAYS = 120
LOST_AFTER_DAYS = 12
CARRIERS = ("Carrier A (illustrative)", "Carrier B (illustrative)", "Diplomatic bag")


@dataclass(frozen=True)
class Dispatched:
    """What left the sites at one instant.

    `ready` are the cases that reach their office (ready_at); of them, `shelf` those who will be
    fetched (collect_day); `lost` go back to the print queue; `bag` is what stays.
    """

    bag: Frame
    shelf: Frame
    ready: Frame
    lost: Frame
    boxes: pa.Table
    deliveries: pa.Table
    events: list[Frame]


def dispatch(
    network: Network, calendar: Calendar, seed: int, day: int, shift: int, at: int, bag: Frame
) -> Dispatched:
    """Pack what is checked by the instant `at` into boxes by site and office and send them.

    Missions wait for the evening of a bag day. A lost box is written off after some days, and its
    passports are printed again.
    """
    mission = network.is_mission[bag["place"]]
    bag_leaves = date_of(day).isoweekday() in BAG_WEEKDAYS and shift == 1
    leaving = (bag["checked_at"] < at) & (~mission | bag_leaves)
    cases = pick(bag, leaving)
    order = np.lexsort((cases["number"], cases["place"]))
    cases = pick(cases, order)
    place = cases["place"]
    rank = np.arange(len(place)) - np.searchsorted(place, place)
    box_of = np.cumsum((rank % BOX_HOLDS) == 0) - 1
    to = place[(rank % BOX_HOLDS) == 0]
    size = len(to)
    numbers = day * 100_000 + 10_000_000_000 + shift * 50_000 + np.arange(size)

    luck = Luck(seed, numbers)
    arrives = at + _transit(network, luck, to)
    due = at + np.where(network.is_mission[to], 8, 3) * 86_400
    first = int(home_day(np.array([at]))[0]) - 1
    received = _in_hours(calendar, first, to, arrives, luck)
    is_lost = luck.happens("is lost", LOST_BOXES)
    sites = network.site_places[network.site_of[to]]
    carrier = np.where(network.is_mission[to], 2, (to % 3 == 0).astype(np.int64))
    sent = {
        "box_id": numbered("", numbers),
        "from_office_code": code(network.codes, sites),
        "to_office_code": code(network.codes, to),
        "carrier": code(CARRIERS, carrier),
        "dispatched_at": np.full(size, at),
        "due_at": due,
    }
    arrived = np.flatnonzero(~is_lost)
    boxes = pa.concat_tables(
        [
            rows_of(
                "consignments",
                {**sent, "updated_at": np.full(size, at + 120)},
                identity=numbers,
            ),
            rows_of(
                "consignments",
                {**sent, "received_at": received, "updated_at": received + 60},
                identity=numbers,
                replaces=np.ones(size, bool),
            ).take(pa.array(arrived)),
        ]
    )
    site_of_case = sites[box_of]
    events = [
        happening(cases, "dispatched", ENTERED, np.full(len(place), at), 60, place=site_of_case)
    ]
    here = ~is_lost[box_of]
    home = pick(cases, here)
    home["box"] = numbers[box_of][here]
    home_received = received[box_of][here]
    events.append(happening(home, "dispatched", COMPLETED, home_received, 61))
    fate = Luck(seed, home["number"] * 10 + home["round"])
    ready = home_received + fate.integers("made ready", 900, 7200)
    events.append(happening(home, "ready", COMPLETED, ready, 62))
    home["ready_at"] = ready
    home["collect_day"] = _collect_day(fate, ready)
    lost = pick(cases, ~here)
    lost_at = due[box_of][~here] + LOST_AFTER_DAYS * 86_400
    lost = {name: lost[name] for name in bag if name != "checked_at"}
    lost["round"] = lost["round"] + 1
    lost["entered_at"] = lost_at
    lost["release_day"] = home_day(lost_at)
    events.append(happening(lost, "print_queue", ENTERED, lost_at, 41, place=site_of_case[~here]))
    never = np.flatnonzero(home["collect_day"] < 0)
    given_back = ready[never] + RETURNED_AFTER_DAYS * 86_400
    deliveries = pa.concat_tables(
        [
            deliveries_record(network, home, ready + 30, None, None, False),
            deliveries_record(network, pick(home, never), given_back, None, "returned", True),
        ]
    )
    shelf = pick(home, home["collect_day"] >= 0)
    shelf = {name: shelf[name] for name in SHELF}
    return Dispatched(pick(bag, ~leaving), shelf, home, lost, boxes, deliveries, events)


SHELF = ("number", "place", "round", "box", "ready_at", "collect_day")


def deliveries_record(
    network: Network,
    cases: Frame,
    updated: Ints,
    collected: Ints | None,
    outcome: str | None,
    replaces: bool,
) -> pa.Table:
    """Rows of the record `deliveries`."""
    size = length(cases)
    return rows_of(
        "deliveries",
        {
            "application_id": numbered("", cases["number"]),
            "office_code": code(network.codes, cases["place"]),
            "box_id": numbered("", cases["box"]),
            "ready_at": cases["ready_at"],
            "collected_at": collected,
            "outcome": outcome,
            "updated_at": updated,
        },
        identity=cases["number"],
        replaces=np.full(size, replaces),
    )


def collected(network: Network, cases: Frame, at: Ints, staff: Ints) -> tuple[pa.Table, Frame]:
    """Passports handed over: the rows of `deliveries` and the events."""
    handed = happening(cases, "collected", COMPLETED, at, 70, staff=staff)
    return deliveries_record(network, cases, at + 20, at, "collected", True), handed


def due_for_collection(shelf: Frame, calendar: Calendar, day: int) -> tuple[Frame, Frame]:
    """Those who come on this local day, and the rest of the shelf. Whoever finds the place closed
    comes on its next open day."""
    opens = calendar.hours(day).opens[shelf["place"]]
    comes = (shelf["collect_day"] <= day) & (opens >= 0) & (shelf["ready_at"] < opens)
    return pick(shelf, comes), pick(shelf, ~comes)


def _transit(network: Network, luck: Luck, to: Ints) -> Ints:
    places = network.places
    site = network.site_places[network.site_of[to]]
    far = np.array(
        [
            np.hypot(
                places[a].latitude - places[b].latitude, places[a].longitude - places[b].longitude
            )
            for a, b in zip(to, site, strict=True)
        ]
    )
    days: Floats = np.where(
        network.is_mission[to],
        luck.lognormal("transit", 2.0, 0.4) + far / 60,
        luck.lognormal("transit", 0.5, 0.4) + far / 8,
    )
    return np.asarray(days * 86_400, np.int64)


def _in_hours(calendar: Calendar, first: int, place: Ints, arrives: Ints, luck: Luck) -> Ints:
    """When a box that arrives is taken in: at once while the place is open, else at its next
    opening; UTC seconds. `first` is a day before the earliest."""
    ahead = int((arrives.max(initial=0) - first * 86_400) // 86_400) + 3 if len(arrives) else 1
    opens, closes = calendar.next_openings(ahead, first)
    day = np.clip(home_day(arrives) - first, 0, ahead - 1)
    late = arrives > closes[day, place]
    day = np.where(late, np.minimum(day + 1, ahead - 1), day)
    taken_in = opens[day, place] + luck.integers("taken in", 300, 3600)
    return np.asarray(np.maximum(arrives, taken_in))


def _collect_day(luck: Luck, ready: Ints) -> Ints:
    """Most come within a week, some after months, and some never (`MISSING`)."""
    kind = luck.choose("comes for it", (0.72, 1 - 0.72 - NEVER_COLLECTED, NEVER_COLLECTED))
    soon = 1 + luck.geometric("comes soon", 0.35)
    wait = np.where(kind == 0, soon, 1 + luck.lognormal("comes late", 11, 0.9))
    return np.where(kind == 2, MISSING, home_day(ready) + wait.astype(np.int64))


def no_shelf() -> Frame:
    """An empty shelf."""
    return {name: np.zeros(0, np.int64) for name in SHELF}
