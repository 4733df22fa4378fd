"""From the print site to the applicant: boxes, transit, the shelf of the office, collection."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from simulator.calendar import BAG_WEEKDAYS, Calendar, date_of, home_day
from simulator.columns import MISSING, Frame, code, length, numbered, pick, rows_of
from simulator.events import COMPLETED, ENTERED, happening
from simulator.matching import QUEUE
from simulator.network import Network
from simulator.plan import Plan
from simulator.randomness import Floats, Ints, Luck

BOX_HOLDS = 100
LOST_BOXES = 0.0006
NEVER_COLLECTED = 0.02
RETURNED_AFTER_DAYS = 120
WRITTEN_OFF_AFTER_DAYS = 12
LOST_FOR_GOOD = 0.04
CARRIERS = ("Carrier A (illustrative)", "Carrier B (illustrative)", "Diplomatic bag")


@dataclass(frozen=True)
class Dispatched:
    """What left the sites at one instant.

    `shelf` are the cases on their way to their office and then there (ready_at, collect_day, which
    is `MISSING` for who never comes); `lost` go back to the print queue; `bag` is what stays.
    """

    bag: Frame
    shelf: Frame
    lost: Frame
    boxes: pa.Table
    deliveries: pa.Table
    events: list[Frame]


def dispatch(
    network: Network,
    calendar: Calendar,
    seed: int,
    day: int,
    shift: int,
    at: int,
    bag: Frame,
    plan: Plan,
) -> Dispatched:
    """Pack what is checked by the instant `at` into boxes by site and office and send them.

    Missions wait for the evening of a bag day. A lost box is written off after some days; its
    passports are printed again, or are lost for good where the applicant cannot be found.
    """
    mission = network.is_mission[bag["place"]]
    bag_leaves = date_of(day).isoweekday() in BAG_WEEKDAYS and shift == 1
    leaving = (bag["checked_at"] < at) & (~mission | bag_leaves)
    cases = pick(bag, leaving)
    cases = pick(cases, np.lexsort((cases["number"], cases["site"], cases["place"])))
    place = cases["place"]
    route = place * network.sites + cases["site"]
    rank = np.arange(len(place)) - np.searchsorted(route, route)
    is_first = (rank % BOX_HOLDS) == 0
    box_of = np.cumsum(is_first) - 1
    to, site = place[is_first], cases["site"][is_first]
    size = len(to)
    numbers = day * 100_000 + 10_000_000_000 + shift * 50_000 + np.arange(size)
    # A box's luck is that of its run, route and turn: its number hangs on the other boxes.
    fate = (day * 10 + shift) * 10_000_000 + route[is_first] * 1000 + rank[is_first] // BOX_HOLDS

    luck = Luck(seed, fate)
    sites = network.site_places[site]
    arrives = at + (_transit(network, luck, sites, to) * plan.transit(at)[to]).astype(np.int64)
    due = at + np.where(network.is_mission[to], 8, 3) * 86_400
    first = int(home_day(np.array([at]))[0]) - 1
    received = _in_hours(calendar, first, to, arrives, luck)
    position = np.arange(size) - np.searchsorted(to, to)
    is_lost = luck.happens("is lost", LOST_BOXES) | (position < plan.boxes_lost(at)[to])
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
                identity=fate,
            ),
            rows_of(
                "consignments",
                {**sent, "received_at": received, "updated_at": received + 60},
                identity=fate,
                replaces=np.ones(size, bool),
            ).take(pa.array(arrived)),
        ]
    )
    site_of_case = sites[box_of]
    here = ~is_lost[box_of]
    home = pick(cases, here)
    home["box"] = numbers[box_of][here]
    home_received = received[box_of][here]
    of_case = Luck(seed, home["number"] * 10 + home["round"])
    ready = home_received + of_case.integers("made ready", 900, 7200)
    home["ready_at"] = ready
    home["collect_day"] = _collect_day(of_case, ready)
    missing = {name: values[~here] for name, values in cases.items()}
    missing["box"] = numbers[box_of][~here]
    missing["ready_at"] = np.full(length(missing), MISSING)
    lost_at = due[box_of][~here] + WRITTEN_OFF_AFTER_DAYS * 86_400
    for_good = Luck(seed, missing["number"]).happens("is lost for good", LOST_FOR_GOOD)
    lost = {name: missing[name] for name in QUEUE}
    lost["round"] = lost["round"] + 1
    lost["entered_at"] = lost_at
    lost["release_day"] = home_day(lost_at)
    again = pick(lost, ~for_good)
    given_back = ready + RETURNED_AFTER_DAYS * 86_400
    never = home["collect_day"] < 0
    gone = pick(missing, for_good)
    events = [
        happening(cases, "dispatched", ENTERED, np.full(len(place), at), 60, place=site_of_case),
        happening(home, "dispatched", COMPLETED, home_received, 61),
        happening(home, "ready", COMPLETED, ready, 62),
        happening(
            again,
            "print_queue",
            ENTERED,
            lost_at[~for_good],
            41,
            place=site_of_case[~here][~for_good],
        ),
        happening(gone, "lost", COMPLETED, lost_at[for_good], 63),
    ]
    deliveries = pa.concat_tables(
        [
            deliveries_record(network, home, ready + 30, None, None, False),
            deliveries_record(
                network, pick(home, never), given_back[never], None, "returned", True
            ),
            deliveries_record(network, gone, lost_at[for_good] + 60, None, "lost", False),
        ]
    )
    shelf = {name: home[name] for name in SHELF}
    return Dispatched(pick(bag, ~leaving), shelf, again, boxes, deliveries, events)


SHELF = ("number", "place", "tier", "round", "box", "submitted_at", "ready_at", "collect_day")


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
    comes on its next open day; what nobody fetched goes back in the end."""
    opens = calendar.hours(day).hands_out_from[shelf["place"]]
    is_there = (opens >= 0) & (shelf["ready_at"] < opens)
    comes = is_there & (shelf["collect_day"] >= 0) & (shelf["collect_day"] <= day)
    given_back = (shelf["collect_day"] < 0) & (
        home_day(shelf["ready_at"]) + RETURNED_AFTER_DAYS <= day
    )
    return pick(shelf, comes), pick(shelf, ~comes & ~given_back)


def _transit(network: Network, luck: Luck, site: Ints, to: Ints) -> Floats:
    """Seconds from a site to a place: the carrier's round, and the distance."""
    apart = network.coordinates[to] - network.coordinates[site]
    far = np.hypot(apart[:, 0], apart[:, 1])
    days = np.where(
        network.is_mission[to],
        luck.lognormal("transit", 2.0, 0.4) + far / 60,
        luck.lognormal("transit", 0.5, 0.4) + far / 8,
    )
    return np.asarray(days * 86_400)


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
