"""Who works: the planned and the worked shifts of a day."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from simulator.calendar import DAY, EARLIEST_SECONDS, Calendar
from simulator.columns import MISSING, code, rows_of
from simulator.network import CAPTURE, DELIVERER, OPERATOR, Network, staff_ids
from simulator.plan import Plan
from simulator.randomness import Flags, Floats, Ints, Luck

ABSENT_SHARE = 0.06
_PLANNED_AHEAD = 12 * 3600
_ABSENCE_ENTERED_AFTER = 1200
_SHIFT = 8 * 3600
_STAYS_AFTER_CLOSING = 1800
# Shifts of a place around the clock, from midnight, in turns of its staff: the night is thin.
_TURNS = np.array([1, 2, 0, 1, 2])
_PACE_SIGMA = 0.15


@dataclass(frozen=True)
class Roster:
    """The staff of one day, by number: where, from when until when planned and at work (UTC
    seconds, `MISSING` for who is not), at which desk, and how many times as long as usual each
    takes."""

    place: Ints
    planned_from: Ints
    planned_until: Ints
    started: Ints
    ended: Ints
    desk: Ints
    pace: Floats


def roster(network: Network, calendar: Calendar, seed: int, day: int, plan: Plan) -> Roster:
    """Who is planned and who comes. Whoever is the only one of a shift comes in spite of illness;
    a strike keeps everybody away."""
    hours = calendar.hours(day)
    place, _, more_desks = plan.moved_staff(int(hours.midnight[0]) + DAY // 2)
    number = np.arange(len(place))
    role = network.staff_role
    hands_out = role == DELIVERER
    opens = np.where(hands_out, hours.hands_out_from[place], hours.opens[place])
    closes = np.where(hands_out, hours.hands_out_until[place], hours.closes[place])
    all_day = (closes - opens >= DAY - 60) & (role != OPERATOR)
    group = place * len(_ROLE_SHIFTS) + role
    turn = _rank(group, number)
    shift = np.where(all_day, _TURNS[turn % len(_TURNS)], 0)
    in_shifts = np.where(role == OPERATOR, turn % 2, shift)
    part = group * 3 + in_shifts
    long_day = (closes - opens > _SHIFT + 1800) & ~all_day
    begins = np.where(all_day, opens + shift * _SHIFT, opens)
    begins = np.where(long_day, opens + in_shifts * _SHIFT, begins)
    whole = np.where(all_day | long_day, _SHIFT, closes - opens)
    until = np.where(all_day | long_day, np.minimum(begins + whole, closes), closes)
    until = np.where(all_day | long_day, until, until + _STAYS_AFTER_CLOSING)

    luck = Luck(seed, day * 1_000_000 + number)
    rests = all_day & ((turn // len(_TURNS) + turn + day) % 7 < 2)
    # On a weekend with delivery only, every other one works.
    rests |= (opens >= 0) & (hours.opens[place] < 0) & ((turn + day // 7) % 2 == 1)
    planned = (opens >= 0) & ~_with_stand_in(part, rests)
    away = _with_stand_in(part, rests | luck.happens("is absent", ABSENT_SHARE))
    strikes = luck.uniform("strikes") >= plan.staff_share(calendar, day)[place]
    works = planned & ~away & ~strikes
    late = (luck.lognormal("comes", 480, 0.6) - 660).astype(np.int64)
    stays = (luck.lognormal("goes", 600, 0.6) - 300).astype(np.int64)
    desks = network.counters + more_desks
    at_desk = _rank(np.where(works, part, -1), number)
    desk = np.where(works & ((role != CAPTURE) | (at_desk < desks[place])), at_desk, MISSING)
    slow = np.exp(_PACE_SIGMA * _normal(Luck(seed, number)))
    return Roster(
        place=place,
        planned_from=np.where(planned, begins, MISSING),
        planned_until=np.where(planned, until, MISSING),
        started=np.where(works, begins + late, MISSING),
        ended=np.where(works, until + stays, MISSING),
        desk=desk,
        pace=slow * plan.pace(calendar, day)[place],
    )


_ROLE_SHIFTS = range(4)


def _normal(luck: Luck) -> Floats:
    return np.log(luck.lognormal("pace", 1.0, 1.0))


def _rank(group: Ints, number: Ints) -> Ints:
    """The position of each member within its group, by number."""
    order = np.lexsort((number, group))
    inside = group[order]
    rank = np.zeros(len(group), np.int64)
    rank[order] = np.arange(len(group)) - np.searchsorted(inside, inside)
    return rank


def _with_stand_in(group: Ints, away: Flags) -> Flags:
    """Who is away, without the first of each group of which all would be."""
    members = np.bincount(group)
    missing = np.bincount(group, away)
    first = np.zeros(len(members), np.int64)
    first[group[::-1]] = np.arange(len(group))[::-1]
    stands_in = (members > 0) & (missing == members)
    stays = away.copy()
    stays[first[stands_in]] = False
    return stays


def shifts(seed: int, network: Network, day: int, present: Roster) -> pa.Table:
    """The record `staff_shifts`: planned the day before, begun and ended, or not kept."""
    number = np.arange(len(present.place))
    planned = present.planned_from >= 0
    works = present.started >= 0
    planned_at = np.maximum(present.planned_from - _PLANNED_AHEAD, day * DAY - EARLIEST_SECONDS)
    started = np.where(works, np.maximum(present.started, planned_at + 60), MISSING)
    ended = present.ended
    nobody = np.full(len(number), MISSING)
    at_desk = np.where(network.staff_role == CAPTURE, present.desk, MISSING)
    versions = []
    for updated, begun, done, desk, chosen in (
        (planned_at, nobody, nobody, nobody, planned),
        (started, started, nobody, at_desk, works & (started // 3600 != ended // 3600)),
        (ended, started, ended, at_desk, works),
        # Whoever does not come is entered as absent and has no desk.
        (present.planned_from + _ABSENCE_ENTERED_AFTER, nobody, nobody, nobody, planned & ~works),
    ):
        rows = np.flatnonzero(chosen)
        versions.append(
            rows_of(
                "staff_shifts",
                {
                    "staff_id": staff_ids(number[rows]),
                    "planned_from": present.planned_from[rows],
                    "office_code": code(network.codes, present.place[rows]),
                    "planned_until": present.planned_until[rows],
                    "started_at": begun[rows],
                    "ended_at": done[rows],
                    "desk": _desk(desk[rows]),
                    "updated_at": updated[rows],
                },
                identity=day * 1_000_000 + number[rows],
                replaces=np.full(len(rows), updated is not planned_at),
            )
        )
    return pa.concat_tables(versions)


def _desk(desks: Ints) -> pa.Array:
    return code([f"D{number:02d}" for number in range(1, desks.max(initial=0) + 2)], desks)
