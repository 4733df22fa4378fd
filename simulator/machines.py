"""Machines of the print sites and offices: breakdowns, maintenance, readings every quarter hour."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from simulator.calendar import DAY, Calendar, date_of, day_number, home_midnight
from simulator.columns import MISSING, Frame, code, length, numbered, rows_of
from simulator.network import OLD_SINCE, Network
from simulator.plan import Plan
from simulator.randomness import Flags, Ints, generator, lognormal

READING_SECONDS = 900
STATES = ("running", "idle", "down", "maintenance")
RUNNING, IDLE, DOWN, MAINTENANCE = range(4)
# Illustrative.
FAULTS = ("F01_paper_jam", "F02_print_head", "F03_sensor", "F04_power", "F05_laser")

_BREAKDOWN = {"printer": 0.03, "laminator": 0.015, "inspector": 0.01, "biometric": 0.006}
_OLD_BREAK_MORE = 1.8
# Most repairs take hours; one in ten waits days for a part.
_REPAIR_SECONDS, _REPAIR_SIGMA = 6000.0, 0.9
_PART_SHARE, _PART_SECONDS, _PART_SIGMA = 0.1, 1.8 * DAY, 0.6
_MAINTENANCE_WEEKDAY = 6
_MAINTENANCE_SECONDS = 5400
_MAINTENANCE_OPENS = 6 * 3600


@dataclass(frozen=True)
class Stops:
    """When each machine stands still, as known on a home day, UTC seconds; an end of 0 where it
    does not.

    A breakdown may have begun before and may last beyond the day; `is_new` tells those that begin
    on it. The maintenance ends with it.
    """

    down_from: Ints
    down_until: Ints
    fault: Ints
    is_new: Flags
    maintained_from: Ints
    maintained_until: Ints

    def carried(self) -> Frame:
        """What the next day must know."""
        return {"from": self.down_from, "until": self.down_until, "fault": self.fault}


def no_stops(network: Network) -> Frame:
    """Before the first day: every machine works."""
    return {name: np.zeros(len(network.machines), np.int64) for name in ("from", "until", "fault")}


def at_work(network: Network, day: int) -> Flags:
    """The machines that are commissioned and not retired on a day."""
    since = np.array([day_number(machine.commissioned_on) for machine in network.machines])
    last = np.array([day_number(m.retired_on) if m.retired_on else 10**6 for m in network.machines])
    return np.asarray((since <= day) & (day <= last))


def stops(network: Network, seed: int, day: int, before: Frame, plan: Plan) -> Stops:
    """Breakdowns that last from `before`, new ones by kind and age of the machine, those that are
    made to happen, and the maintenance of Saturday mornings in turns."""
    draws = generator(seed, day, "breakdowns")
    size = len(network.machines)
    begin = home_midnight(day)
    old = np.array(
        [machine.commissioned_on.isoformat() == OLD_SINCE for machine in network.machines]
    )
    chance = np.array([_BREAKDOWN[machine.kind] for machine in network.machines])
    chance = chance * np.where(old, _OLD_BREAK_MORE, 1.0)
    starts = begin + draws.integers(6 * 3600, 21 * 3600, size)
    hours = lognormal(draws, _REPAIR_SECONDS, _REPAIR_SIGMA, size)
    days = lognormal(draws, _PART_SECONDS, _PART_SIGMA, size)
    lasting = np.where(draws.random(size) < _PART_SHARE, days, hours).astype(np.int64)
    fault = draws.integers(0, len(FAULTS), size)
    lasts = before["until"] > begin
    new = (draws.random(size) < chance) & ~lasts & at_work(network, day)
    down_from = np.where(new, starts, before["from"])
    down_until = np.where(new, starts + lasting, np.where(lasts, before["until"], 0))
    for hit, start, end in plan.machines_down(day):
        # What stands still already stands still for longer.
        still_down = (down_from[hit] <= start) & (start <= down_until[hit])
        down_from[hit] = np.where(still_down, down_from[hit], start)
        down_until[hit] = np.where(still_down, np.maximum(down_until[hit], end), end)
        new[hit] = True
    in_turn = (np.arange(size) + day // 7) % 3 == 0
    maintained = in_turn & (date_of(day).isoweekday() == _MAINTENANCE_WEEKDAY)
    maintained_from = np.full(size, begin + _MAINTENANCE_OPENS)
    return Stops(
        down_from=down_from,
        down_until=down_until,
        fault=np.where(new, fault, before["fault"]),
        is_new=new,
        maintained_from=maintained_from,
        maintained_until=np.where(maintained, maintained_from + _MAINTENANCE_SECONDS, 0),
    )


def machine_readings(
    network: Network,
    calendar: Calendar,
    seed: int,
    day: int,
    halts: Stops,
    jobs: Frame,
    visited: Ints,
) -> pa.Table:
    """The record `machine_readings` of a home day. `jobs` are those printed on it (machine,
    finished), `visited` how many were served at each place on its local day."""
    draws = generator(seed, day, "machine readings")
    size = len(network.machines)
    begin = home_midnight(day)
    slots = begin + np.arange(READING_SECONDS, DAY + 1, READING_SECONDS)
    produced = np.zeros((size, len(slots)), np.int64)
    prints = np.zeros((size, len(slots)), bool)
    if length(jobs):
        first = np.clip((jobs["started"] - begin) // READING_SECONDS, 0, len(slots) - 1)
        slot = np.clip((jobs["finished"] - begin) // READING_SECONDS, 0, len(slots) - 1)
        np.add.at(produced, (jobs["machine"], slot), 1)
        prints[jobs["machine"], slot] = prints[jobs["machine"], first] = True
    _share_out(network, produced, at_work(network, day))
    _biometrics(network, calendar, draws, day, slots, produced, visited)

    middle = slots - READING_SECONDS // 2
    is_down = _within(middle, halts.down_from, halts.down_until)
    is_maintained = _within(middle, halts.maintained_from, halts.maintained_until) & ~is_down
    state = np.where(
        is_down,
        DOWN,
        np.where(is_maintained, MAINTENANCE, np.where((produced > 0) | prints, RUNNING, IDLE)),
    ).ravel()
    machine, slot = (axis.ravel() for axis in np.indices(produced.shape))
    warm = np.array([41.0, 29.0, 26.0, 30.0])[state]
    temperature = np.round(warm + draws.normal(0, 1.5, len(state)), 1)
    # Illustrative: ribbon or film is used up and changed at 5 %.
    worn = (slots[slot] // READING_SECONDS * 3 + machine * 171) % 950
    read_at = slots[slot]
    keep = np.flatnonzero(at_work(network, day)[machine])
    return rows_of(
        "machine_readings",
        {
            "machine_id": code(network.machine_ids, machine[keep]),
            "read_at": read_at[keep],
            "state": code(STATES, state[keep]),
            "fault_code": code(
                FAULTS, np.where(state == DOWN, halts.fault[machine], MISSING)[keep]
            ),
            "temperature_celsius": temperature[keep],
            "produced_count": produced.ravel()[keep],
            "consumable_pct": (100 - worn / 10)[keep],
            "recorded_at": (read_at + draws.integers(1, 20, len(read_at)))[keep],
        },
        identity=day * 1_000_000 + keep,
    )


def _within(at: Ints, starts: Ints, ends: Ints) -> np.ndarray:
    return (at >= starts[:, None]) & (at < ends[:, None])


def _share_out(network: Network, produced: np.ndarray, working: Flags) -> None:
    """Laminators and inspectors pass what the printers of their site made in the slot before."""
    kinds = np.array([machine.kind for machine in network.machines])
    for place in network.site_places:
        members = (network.machine_place == place) & working
        made = np.concatenate([[0], produced[members & (kinds == "printer")].sum(0)[:-1]])
        for kind in ("laminator", "inspector"):
            others = np.flatnonzero(members & (kinds == kind))
            for turn, machine in enumerate(others):
                produced[machine] = (made + turn) // len(others)


def _biometrics(
    network: Network,
    calendar: Calendar,
    draws: np.random.Generator,
    day: int,
    slots: Ints,
    produced: np.ndarray,
    visited: Ints,
) -> None:
    """Devices at offices are used in opening hours, by all who are served there."""
    hours = calendar.hours(day)
    devices = np.array([i for i, m in enumerate(network.machines) if m.kind == "biometric"])
    place = network.machine_place[devices]
    is_open = (slots > hours.opens[place][:, None]) & (slots <= hours.closes[place][:, None])
    each = visited[place] / np.maximum(is_open.sum(1), 1)
    produced[devices] = np.where(is_open, draws.poisson(each[:, None], is_open.shape), 0)


def machine_issues(network: Network, day: int, halts: Stops) -> pa.Table:
    """The record `technical_issues` of the day's breakdowns."""
    broken = np.flatnonzero(halts.is_new)
    # A stop that is made to last longer is an issue of its own, from the day on which it is.
    opened = np.maximum(halts.down_from[broken], home_midnight(day)) + 300
    resolved = halts.down_until[broken] + 600
    tables = []
    for is_resolved in (False, True):
        tables.append(
            rows_of(
                "technical_issues",
                {
                    "issue_id": numbered("M", day * 10_000 + broken),
                    "office_code": code(network.codes, network.machine_place[broken]),
                    "machine_id": code(network.machine_ids, broken),
                    "kind": pa.repeat(pa.scalar("machine_fault"), len(broken)),
                    "opened_at": opened,
                    "resolved_at": resolved if is_resolved else None,
                    "updated_at": resolved if is_resolved else opened,
                },
                identity=-(day * 10_000 + broken) - 2,
                replaces=np.full(len(broken), is_resolved),
            )
        )
    return pa.concat_tables(tables)
