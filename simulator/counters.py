"""At the counter: tokens, waiting, service, and the people who give up.

The desks of a place take people in the order in which they came: each goes to the desk that is free
first. A desk works while its clerk is there, and stands still while the line it needs is down.
"""

import heapq
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pyarrow as pa

from simulator.calendar import Calendar, Hours
from simulator.columns import MISSING, Frame, code, length, numbered, pick, rows_of, stack
from simulator.demand import COLLECTORS, Arrivals, arrival_times, first_number, visit_on
from simulator.links import HEADQUARTERS_LINK, INTERNET_LINK, NADRA_LINK, Links
from simulator.network import CAPTURE, DELIVERER, Network, staff_ids
from simulator.randomness import Flags, Floats, Ints, Luck
from simulator.roster import Roster

SERVICES = ("application", "delivery", "enquiry")
APPLICATION, DELIVERY, ENQUIRY = range(3)
SERVED, LEFT, NO_SHOW = range(3)
OUTCOMES = ("served", "left", "no_show")

_SERVICE_SECONDS = np.array([480.0, 165.0, 190.0])
_SERVICE_SIGMA = 0.35
_NO_SHOW_SHARE = 0.015
_SLOW_LINE = 1.4
"""How many times as long data entry takes while the internet is down."""
_PATIENCE_SECONDS = 4.5 * 3600
_PATIENCE_AT_CLOSED_DESKS = 2400.0
_OVERTIME_SECONDS = 2700

Spans = dict[int, list[tuple[int, int]]]
"""By place: when something lasts, UTC seconds."""


@dataclass(frozen=True)
class Desks:
    """Desks with somebody at them, sorted by place: from when until when (UTC seconds), by which
    member of staff, and how many times as long as usual the work takes."""

    place: Ints
    opens: Ints
    closes: Ints
    desk: Ints
    staff: Ints
    pace: Floats


def desks(opens: Ints, closes: Ints, present: Roster, role_of: Ints, role: int) -> Desks:
    """The desks of a role on a day, in places that are open from when until when (UTC seconds).
    They close a while after the place does."""
    chosen = np.flatnonzero((role_of == role) & (present.desk >= 0) & (present.started >= 0))
    place = present.place[chosen]
    order = np.lexsort((present.desk[chosen], place))
    chosen, place = chosen[order], place[order]
    return Desks(
        place=place,
        opens=np.maximum(present.started[chosen], opens[place]),
        closes=np.minimum(present.ended[chosen], closes[place] + _OVERTIME_SECONDS),
        desk=present.desk[chosen],
        staff=chosen,
        pace=present.pace[chosen],
    )


def serve(
    place: Ints, ready: Ints, seconds: Floats, patience: Floats, at: Desks, still: Spans
) -> tuple[Ints, Ints]:
    """When each is called and by which of the desks (`MISSING` for who is not served).

    People are sorted by place and the instant they are ready; `seconds` is their service at the
    usual pace, `patience` how long they wait. While a place stands `still`, nobody is called.
    """
    called, server = np.full(len(place), MISSING), np.full(len(place), MISSING)
    first = np.searchsorted(at.place, place, side="left")
    last = np.searchsorted(at.place, place, side="right")
    opens, closes, pace = at.opens.tolist(), at.closes.tolist(), at.pace.tolist()
    come, work, waits = ready.tolist(), seconds.tolist(), (ready + patience).tolist()
    edges = [0, *(np.flatnonzero(np.diff(place)) + 1).tolist(), len(place)]
    replace_first = heapq.heapreplace
    for begin, end in pairwise(edges) if len(place) else ():
        free = [(opens[desk], desk) for desk in range(first[begin], last[begin])]
        heapq.heapify(free)
        pauses = still.get(int(place[begin]), ())
        for row in range(begin, end):
            while free:
                since, desk = free[0]
                start = come[row] if come[row] > since else since
                for pause, until in pauses:
                    if pause <= start < until:
                        start = until
                if start < closes[desk]:
                    break
                heapq.heappop(free)
            else:
                break
            if start <= waits[row]:
                called[row], server[row] = start, desk
                replace_first(free, (start + int(work[row] * pace[desk]) + 1, desk))
    return called, server


def standing_still(links: Links) -> Spans:
    """When no data can be entered at a place: its line to headquarters or to NADRA is down."""
    spans: Spans = {}
    for link in (HEADQUARTERS_LINK, NADRA_LINK):
        for place in np.flatnonzero(links.ends[:, link] > 0):
            span = (int(links.starts[place, link]), int(links.ends[place, link]))
            spans.setdefault(int(place), []).append(span)
    return {place: sorted(found) for place, found in spans.items()}


def visits(
    network: Network,
    calendar: Calendar,
    seed: int,
    day: int,
    present: Roster,
    links: Links,
    coming: Arrivals,
    collectors: Frame,
) -> Frame:
    """All who come to a counter of a local day: applicants, those who ask, and `collectors` (place,
    number of their case).

    With place, service, row (in the applicants or the collectors, `MISSING` for an enquiry),
    token, visit (its number), arrived, called, closed (UTC seconds), outcome, desk, staff, and
    whether a line was down meanwhile.
    """
    asking = {**coming.enquirers, "token": coming.enquirers["number"]}
    entering = stack([_waiting(day, coming.counter, APPLICATION), _waiting(day, asking, ENQUIRY)])
    hours = calendar.hours(day)
    handing = _waiting(day, _collecting(hours, seed, day, collectors), DELIVERY)
    roles = network.staff_role
    capture = desks(hours.opens, hours.closes, present, roles, CAPTURE)
    delivery = desks(hours.hands_out_from, hours.hands_out_until, present, roles, DELIVERER)
    return stack(
        [
            _served(seed, hours.closes, capture, entering, links, standing_still(links)),
            _served(seed, hours.hands_out_until, delivery, handing, links, {}),
        ]
    )


def _waiting(day: int, people: Frame, service: int) -> Frame:
    size = length(people)
    return {
        "place": people["place"],
        "token": people["token"],
        "visit": visit_on(day, people["number"]),
        "arrived": people["arrived"],
        "service": np.full(size, service),
        "row": np.full(size, MISSING) if service == ENQUIRY else np.arange(size),
    }


def _collecting(hours: Hours, seed: int, day: int, collectors: Frame) -> Frame:
    place, number = collectors["place"], collectors["number"]
    opens, closes = hours.hands_out_from[place], hours.hands_out_until[place]
    arrived = arrival_times(opens, closes, Luck(seed, visit_on(day, number)))
    token = first_number(day) + COLLECTORS + np.arange(length(collectors))
    return {"place": place, "number": number, "token": token, "arrived": arrived}


def _served(seed: int, closes: Ints, at: Desks, people: Frame, links: Links, still: Spans) -> Frame:
    """How the people of a day fared at the desks; `closes` is by place (UTC seconds)."""
    people = pick(people, np.lexsort((people["visit"], people["arrived"], people["place"])))
    place, arrived = people["place"], people["arrived"]
    luck = Luck(seed, people["visit"])
    seconds = _SERVICE_SECONDS[people["service"]] * luck.lognormal("service", 1.0, _SERVICE_SIGMA)
    slow = _is_down(links, INTERNET_LINK, place, arrived) & (people["service"] != DELIVERY)
    is_no_show = luck.happens("no show", _NO_SHOW_SHARE)
    seconds = np.where(is_no_show, 60.0, seconds * np.where(slow, _SLOW_LINE, 1.0))
    sent_away = closes[place] + _OVERTIME_SECONDS
    staffed = np.isin(place, at.place)
    patience = luck.lognormal(
        "patience", np.where(staffed, _PATIENCE_SECONDS, _PATIENCE_AT_CLOSED_DESKS), 0.5
    )
    called, server = serve(place, arrived, seconds, patience, at, still)
    gives_up = server < 0
    pace = np.append(at.pace, 1.0)[server]
    gone = np.minimum(arrived + patience.astype(np.int64), np.maximum(sent_away, arrived + 300))
    closed = np.where(gives_up, gone, called + (seconds * pace).astype(np.int64) + 1)
    down = np.zeros(len(place), bool)
    for link in (HEADQUARTERS_LINK, NADRA_LINK):
        starts, ends = links.starts[place, link], links.ends[place, link]
        down |= (starts < np.where(gives_up, closed, called)) & (ends > arrived)
    return {
        **people,
        "called": called,
        "closed": closed,
        "outcome": np.where(gives_up, LEFT, np.where(is_no_show, NO_SHOW, SERVED)),
        "desk": np.append(at.desk, MISSING)[server],
        "staff": np.append(at.staff, MISSING)[server],
        "line_down": down & (people["service"] == APPLICATION),
    }


def _is_down(links: Links, link: int, place: Ints, at: Ints) -> Flags:
    return np.asarray((links.starts[place, link] <= at) & (at < links.ends[place, link]))


def tokens_record(network: Network, seen: Frame, application: Ints) -> pa.Table:
    """The record `queue_tokens`: as issued, where an hour passes before it ends, and as closed.

    `application` is the number of the application that a token led to or is about.
    """
    waits = np.flatnonzero(seen["arrived"] // 3600 != seen["closed"] // 3600)
    every = np.arange(length(seen))
    tables = []
    for rows, is_closed in ((waits, False), (every, True)):
        tables.append(
            rows_of(
                "queue_tokens",
                {
                    "token_id": numbered("", seen["token"][rows]),
                    "office_code": code(network.codes, seen["place"][rows]),
                    "service": code(SERVICES, seen["service"][rows]),
                    "issued_at": seen["arrived"][rows],
                    "called_at": seen["called"][rows] if is_closed else None,
                    "closed_at": seen["closed"][rows] if is_closed else None,
                    "counter": _desk_names(seen["desk"][rows]) if is_closed else None,
                    "staff_id": staff_ids(seen["staff"][rows]) if is_closed else None,
                    "application_id": numbered("", application[rows]) if is_closed else None,
                    "outcome": code(OUTCOMES, seen["outcome"][rows]) if is_closed else None,
                    "updated_at": seen["closed" if is_closed else "arrived"][rows],
                },
                identity=seen["visit"][rows],
                replaces=np.isin(rows, waits) if is_closed else None,
            )
        )
    return pa.concat_tables(tables)


def _desk_names(desks: Ints) -> pa.Array:
    return numbered("C", np.where(desks < 0, MISSING, desks + 1))
