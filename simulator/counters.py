"""At the counter: tokens, waiting, service, and the people who give up.

The desks of a group serve in order of arrival. Their work is taken as one stream that runs as many
times faster as there are desks: the wait follows from arrivals and capacity, without a loop.
"""

import numpy as np
import pyarrow as pa

from simulator.calendar import Calendar
from simulator.columns import MISSING, Frame, code, length, numbered, pick, rows_of, stack
from simulator.demand import COLLECTORS, Arrivals, arrival_times, first_number
from simulator.network import Network, staff_ids
from simulator.randomness import Floats, Ints, Luck
from simulator.roster import Roster

SERVICES = ("application", "delivery", "enquiry")
APPLICATION, DELIVERY, ENQUIRY = range(3)
SERVED, LEFT, NO_SHOW = range(3)
OUTCOMES = ("served", "left", "no_show")

_SERVICE_SECONDS = np.array([500.0, 170.0, 200.0])
_SERVICE_SIGMA = 0.35
_NO_SHOW_SHARE = 0.015
_PATIENCE_SECONDS = 4.5 * 3600
_PATIENCE_AT_CLOSED_DESKS = 2400
_OVERTIME_SECONDS = 2700
_GROUP_APART = 1e9


def visits(
    network: Network,
    calendar: Calendar,
    seed: int,
    day: int,
    present: Roster,
    coming: Arrivals,
    collectors: Frame,
    began_at: int,
) -> Frame:
    """All who come to a counter of a local day: applicants, those who ask, and `collectors` (place,
    number of their case). Nobody comes before the world began.

    Sorted by group and time, with place, service, row (in the applicants or the collectors,
    `MISSING` for an enquiry), number (of the token), arrived, called, closed (UTC seconds),
    outcome, desk and staff.
    """
    waiting = stack(
        [
            _waiting(coming.counter, APPLICATION),
            _waiting(_collecting(calendar, seed, day, collectors), DELIVERY),
            _waiting(coming.enquirers, ENQUIRY),
        ]
    )
    waiting = pick(waiting, waiting["arrived"] >= began_at)
    group = waiting["place"] * 2 + (waiting["service"] == DELIVERY)
    order = np.lexsort((waiting["number"], waiting["arrived"], group))
    return _served(network, calendar, seed, day, present, pick(waiting, order), group[order])


def _waiting(people: Frame, service: int) -> Frame:
    size = length(people)
    return {
        "place": people["place"],
        "number": people["number"],
        "arrived": people["arrived"],
        "service": np.full(size, service),
        "row": np.full(size, MISSING) if service == ENQUIRY else np.arange(size),
    }


def _collecting(calendar: Calendar, seed: int, day: int, collectors: Frame) -> Frame:
    number = first_number(day) + COLLECTORS + np.arange(length(collectors))
    arrived = arrival_times(calendar, day, collectors["place"], Luck(seed, number))
    return {"place": collectors["place"], "number": number, "arrived": arrived}


def _served(
    network: Network,
    calendar: Calendar,
    seed: int,
    day: int,
    present: Roster,
    waiting: Frame,
    group: Ints,
) -> Frame:
    place, service, arrived = waiting["place"], waiting["service"], waiting["arrived"]
    luck = Luck(seed, waiting["number"])
    hours = calendar.hours(day)
    delivering = service == DELIVERY
    staff = np.where(delivering, present.delivery[place], present.capture[place])
    desks = np.where(delivering, staff, np.minimum(staff, network.counters[place]))
    seconds = _SERVICE_SECONDS[service] * luck.lognormal("service", 1.0, _SERVICE_SIGMA)
    is_no_show = luck.happens("no show", _NO_SHOW_SHARE)
    seconds = np.where(is_no_show, 60.0, seconds)
    stream = seconds / np.maximum(desks, 1)
    ready = np.maximum(arrived, hours.opens[place]).astype(np.float64)
    patience = luck.lognormal(
        "patience", np.where(desks > 0, _PATIENCE_SECONDS, _PATIENCE_AT_CLOSED_DESKS), 0.5
    )
    latest = hours.closes[place] + _OVERTIME_SECONDS
    called = starts(group, ready, stream)
    gives_up = (called - arrived > patience) | (called > latest) | (desks == 0)
    called = starts(group, ready, np.where(gives_up, 0.0, stream))
    gave_up_at = np.minimum(arrived + patience, np.maximum(latest, arrived + 300))
    called_at = np.ceil(called).astype(np.int64)
    rank = np.arange(len(group)) - np.searchsorted(group, group)
    desk = rank % np.maximum(desks, 1)
    first = network.first_staff[place] + np.where(
        delivering, network.capture_staff[place] + network.approvers[place], 0
    )
    pool = np.where(delivering, network.delivery_staff[place], network.capture_staff[place])
    clerk = first + (desk + present.shift) % np.maximum(pool, 1)
    return {
        **waiting,
        "called": np.where(gives_up, MISSING, called_at),
        "closed": np.where(gives_up, gave_up_at, called_at + np.ceil(seconds)).astype(np.int64),
        "outcome": np.where(gives_up, LEFT, np.where(is_no_show, NO_SHOW, SERVED)),
        "desk": np.where(gives_up, MISSING, desk),
        "staff": np.where(gives_up, MISSING, clerk),
    }


def starts(group: Ints, ready: Floats, stream: Floats) -> Floats:
    """When each is served: not before being ready, nor before all earlier ones of the group.

    Rows are sorted by group and arrival; `stream` is the seconds of the group's desks that each
    takes. Lindley's recursion as a running maximum.
    """
    if not len(group):
        return ready
    before = np.cumsum(stream) - stream
    # A new group starts afresh: its sums are its own, and it lies far above the one before.
    first = np.searchsorted(group, group)
    before = before - before[first]
    origin = ready.min()
    level = ready - origin - before + group * _GROUP_APART
    return np.asarray(np.maximum.accumulate(level) - group * _GROUP_APART + before + origin)


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
                    "token_id": numbered("", seen["number"][rows]),
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
                identity=seen["number"][rows],
                replaces=np.isin(rows, waits) if is_closed else None,
            )
        )
    return pa.concat_tables(tables)


def _desk_names(desks: Ints) -> pa.Array:
    return numbered("C", np.where(desks < 0, MISSING, desks + 1))
