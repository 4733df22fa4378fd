"""Who works: the planned and the worked shifts of a day."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from simulator.calendar import DAY, EARLIEST_SECONDS, Calendar
from simulator.columns import MISSING, code, rows_of
from simulator.network import Network, staff_ids
from simulator.randomness import Flags, Ints, generator

ABSENT_SHARE = 0.06
_PLANNED_AHEAD = 12 * 3600
_ABSENCE_ENTERED_AFTER = 1200
_LONGEST_SHIFT = 8 * 3600


@dataclass(frozen=True)
class Roster:
    """Staff present on one day, by place: numbers of captures, approvers, delivery clerks at work.

    The staff present of a place are its first ones; who is absent moves on by day.
    """

    capture: Ints
    approvers: Ints
    delivery: Ints
    shift: int
    """Offset of the day by which the first member of staff at work moves on."""


def roster(network: Network, calendar: Calendar, seed: int, day: int, striking: Flags) -> Roster:
    """Who is at work at each place; nobody where the staff is on strike or the place closed."""
    draws = generator(seed, day, "roster")
    at_work = (calendar.hours(day).opens >= 0) & ~striking
    absent = [
        draws.binomial(staff, ABSENT_SHARE)
        for staff in (network.capture_staff, network.approvers, network.delivery_staff)
    ]
    # Somebody stands in where the only one is away.
    capture = np.maximum(network.capture_staff - absent[0], np.minimum(network.capture_staff, 1))
    approvers = np.maximum(network.approvers - absent[1], np.minimum(network.approvers, 1))
    delivery = np.maximum(network.delivery_staff - absent[2], np.minimum(network.delivery_staff, 1))
    return Roster(
        capture=np.where(at_work, capture, 0),
        approvers=np.where(at_work, approvers, 0),
        delivery=np.where(at_work, delivery, 0),
        shift=day,
    )


def shifts(
    network: Network, calendar: Calendar, seed: int, day: int, present: Roster, began_at: int
) -> pa.Table:
    """The record `staff_shifts`: planned the day before, begun and ended, or not kept."""
    draws = generator(seed, day, "shifts")
    hours = calendar.hours(day)
    staff = network.staff_count
    place = np.repeat(np.arange(len(staff)), staff)
    number = np.arange(len(place))
    turn = number - network.first_staff[place]
    opens, closes = hours.opens[place], hours.closes[place]
    long_day = closes - opens > _LONGEST_SHIFT + 1800
    # Places open longer than a shift have three (or two) of them; people take turns.
    part = np.where(long_day, turn % np.maximum(1, -(-(closes - opens) // _LONGEST_SHIFT)), 0)
    planned_from = np.where(long_day, opens + part * _LONGEST_SHIFT, opens)
    planned_until = np.where(
        long_day, np.minimum(planned_from + _LONGEST_SHIFT, closes), closes + 1800
    )
    works = _works(network, present, place, turn)
    started = np.where(
        works, planned_from + draws.normal(-180, 420, len(place)).astype(np.int64), MISSING
    )
    ended = np.where(
        works, planned_until + draws.normal(300, 600, len(place)).astype(np.int64), MISSING
    )
    planned_at = np.maximum(
        planned_from - _PLANNED_AHEAD, max(began_at, day * DAY - EARLIEST_SECONDS)
    )
    started = np.where(works, np.maximum(started, planned_at + 60), MISSING)
    keep = (opens >= 0) & (planned_from >= began_at)
    desk = np.where(turn < network.capture_staff[place], turn + 1, MISSING)
    nobody = np.full(len(place), MISSING)
    versions = []
    for updated, begun, done, at_desk, chosen in (
        (planned_at, nobody, nobody, desk, keep),
        (started, started, nobody, desk, keep & works & (started // 3600 != ended // 3600)),
        (ended, started, ended, desk, keep & works),
        # Whoever does not come is entered as absent and has no desk.
        (planned_from + _ABSENCE_ENTERED_AFTER, nobody, nobody, nobody, keep & ~works),
    ):
        rows = np.flatnonzero(chosen)
        versions.append(
            rows_of(
                "staff_shifts",
                {
                    "staff_id": staff_ids(number[rows]),
                    "planned_from": planned_from[rows],
                    "office_code": code(network.codes, place[rows]),
                    "planned_until": planned_until[rows],
                    "started_at": begun[rows],
                    "ended_at": done[rows],
                    "desk": _desk(at_desk[rows]),
                    "updated_at": updated[rows],
                },
                identity=day * 1_000_000 + number[rows],
                replaces=np.full(len(rows), updated is not planned_at),
            )
        )
    return pa.concat_tables(versions)


def _desk(desks: Ints) -> pa.Array:
    return code([f"D{number:02d}" for number in range(1, desks.max(initial=0) + 1)], desks - 1)


def _works(network: Network, present: Roster, place: Ints, turn: Ints) -> Flags:
    """Whether each member of staff is at work, group by group of a place."""
    groups = (
        (network.capture_staff, present.capture),
        (network.approvers, present.approvers),
        (network.delivery_staff, present.delivery),
    )
    works = np.zeros(len(place), bool)
    begin = np.zeros(len(network.places), np.int64)
    for staff, at_work in groups:
        within = turn - begin[place]
        members = (within >= 0) & (within < staff[place])
        rank = (within - present.shift) % np.maximum(staff[place], 1)
        works |= members & (rank < at_work[place])
        begin = begin + staff
    # Headquarters and print sites keep theirs without turns.
    works |= turn >= begin[place]
    return works
