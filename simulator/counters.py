"""At the counter: tokens, waiting, service, and the people who give up.

The desks of a group serve in order of arrival. Their work is taken as one stream that runs as many
times faster as there are desks: the wait follows from arrivals and capacity, without a loop.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from simulator.calendar import Calendar, date_of
from simulator.columns import MISSING, Frame, code, length, numbered, rows_of, stack
from simulator.demand import arrival_times
from simulator.network import Network, staff_ids
from simulator.randomness import Floats, Ints, generator, lognormal
from simulator.roster import Roster

SERVICES = ("application", "delivery", "enquiry")
APPLICATION, DELIVERY, ENQUIRY = range(3)
SERVED, LEFT, NO_SHOW = range(3)
OUTCOMES = ("served", "left", "no_show")

_SERVICE_SECONDS = np.array([500.0, 170.0, 200.0])
_SERVICE_SIGMA = 0.35
_ENQUIRY_SHARE = 0.07
_NO_SHOW_SHARE = 0.015
_PATIENCE_SECONDS = 4.5 * 3600
_OVERTIME_SECONDS = 2700
_GROUP_APART = 1e9


@dataclass(frozen=True)
class Visits:
    """The tokens of one day, sorted by group and time.

    Columns: place, service, row (of the applicants or the collectors; `MISSING` for an enquiry),
    arrived, called, closed (UTC seconds), outcome, desk, staff, number (of the token).
    """

    frame: Frame


def visits(
    network: Network,
    calendar: Calendar,
    seed: int,
    day: int,
    present: Roster,
    applicants: Frame,
    collectors: Ints,
    began_at: int,
) -> Visits:
    """All who come to a counter: applicants (place, arrived), collectors (their place), and those
    who ask. Nobody comes before the world began."""
    draws = generator(seed, day, "counters")
    asking = draws.binomial(
        np.bincount(applicants["place"], minlength=network.offices), _ENQUIRY_SHARE
    )
    asking_place = np.repeat(np.arange(network.offices), asking)
    waiting = stack(
        [
            _people(applicants["place"], APPLICATION, applicants["arrived"], True),
            _people(
                collectors,
                DELIVERY,
                arrival_times(network, calendar, draws, day, collectors),
                True,
            ),
            _people(
                asking_place,
                ENQUIRY,
                arrival_times(network, calendar, draws, day, asking_place),
                False,
            ),
        ]
    )
    known = waiting["arrived"] >= began_at
    waiting = {name: values[known] for name, values in waiting.items()}
    group = waiting["place"] * 2 + (waiting["service"] == DELIVERY)
    order = np.lexsort((waiting["row"], waiting["arrived"], group))
    waiting = {name: values[order] for name, values in waiting.items()}
    return Visits(_served(network, calendar, draws, day, present, waiting, group[order]))


def _people(place: Ints, service: int, arrived: Ints, known: bool) -> Frame:
    size = len(place)
    return {
        "place": place.astype(np.int64),
        "service": np.full(size, service),
        "arrived": arrived.astype(np.int64),
        "row": np.arange(size) if known else np.full(size, MISSING),
    }


def _served(
    network: Network,
    calendar: Calendar,
    draws: np.random.Generator,
    day: int,
    present: Roster,
    waiting: Frame,
    group: Ints,
) -> Frame:
    place, service, arrived = waiting["place"], waiting["service"], waiting["arrived"]
    size = len(place)
    hours = calendar.hours(day)
    delivering = service == DELIVERY
    staff = np.where(delivering, present.delivery[place], present.capture[place])
    desks = np.where(delivering, staff, np.minimum(staff, network.counters[place]))
    seconds = _SERVICE_SECONDS[service] * lognormal(draws, 1.0, _SERVICE_SIGMA, size)
    is_no_show = draws.random(size) < _NO_SHOW_SHARE
    seconds = np.where(is_no_show, 60.0, seconds)
    stream = seconds / np.maximum(desks, 1)
    ready = np.maximum(arrived, hours.opens[place]).astype(np.float64)
    patience = lognormal(draws, _PATIENCE_SECONDS, 0.5, size)
    latest = hours.closes[place] + _OVERTIME_SECONDS
    called = starts(group, ready, stream)
    # Who finds no desk open waits for as long as patience lasts.
    gives_up = (called - arrived > patience) | (called > latest) | (desks == 0)
    called = starts(group, ready, np.where(gives_up, 0.0, stream))
    gave_up_at = np.minimum(arrived + patience, np.maximum(latest, arrived + 300))
    outcome = np.where(gives_up, LEFT, np.where(is_no_show, NO_SHOW, SERVED))
    called_at = np.ceil(called).astype(np.int64)
    rank = np.arange(size) - np.searchsorted(group, group)
    first = network.first_staff[place] + np.where(
        delivering, network.capture_staff[place] + network.approvers[place], 0
    )
    pool = np.where(delivering, network.delivery_staff[place], network.capture_staff[place])
    clerk = first + (rank % np.maximum(desks, 1) + present.shift) % np.maximum(pool, 1)
    return {
        **waiting,
        "called": np.where(gives_up, MISSING, called_at),
        "closed": np.where(
            gives_up, gave_up_at.astype(np.int64), called_at + np.ceil(seconds).astype(np.int64)
        ),
        "outcome": outcome,
        "desk": np.where(gives_up, MISSING, rank % np.maximum(desks, 1)),
        "staff": np.where(gives_up, MISSING, clerk),
        "number": token_base(day) + np.arange(size),
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
    return np.maximum.accumulate(level) - group * _GROUP_APART + before + origin


def token_base(day: int) -> int:
    """The first token of a day; tokens have 11 digits: year, day of the year, number."""
    moment = date_of(day)
    return (moment.year % 100 * 1000 + moment.timetuple().tm_yday) * 1_000_000


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
                replaces=np.isin(rows, waits) if is_closed else None,
            )
        )
    return pa.concat_tables(tables)


def _desk_names(desks: Ints) -> pa.Array:
    return numbered("C", np.where(desks < 0, MISSING, desks + 1))
