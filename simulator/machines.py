"""Machines of the print sites and offices: breakdowns, maintenance, readings every quarter hour."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from simulator.calendar import DAY, Calendar, date_of, home_midnight
from simulator.columns import MISSING, Frame, code, length, numbered, rows_of
from simulator.network import Network
from simulator.randomness import Ints, generator, lognormal

READING_SECONDS = 900
STATES = ("running", "idle", "down", "maintenance")
RUNNING, IDLE, DOWN, MAINTENANCE = range(4)
# Illustrative.
FAULTS = ("F01_paper_jam", "F02_print_head", "F03_sensor", "F04_power", "F05_laser")

_BREAKDOWN = {"printer": 0.03, "laminator": 0.015, "inspector": 0.01, "biometric": 0.006}
_MAINTENANCE_WEEKDAY = 6
_MAINTENANCE_SECONDS = 5400
_MAINTENANCE_OPENS = 6 * 3600


@dataclass(frozen=True)
class Stops:
    """When each machine stands still on a home day, UTC seconds; an end of 0 where it does not.

    One breakdown at most, and one maintenance; both end with the day.
    """

    down_from: Ints
    down_until: Ints
    fault: Ints
    maintained_from: Ints
    maintained_until: Ints


def stops(network: Network, seed: int, day: int) -> Stops:
    """Breakdowns drawn by kind of machine, maintenance on Saturday mornings in turns."""
    draws = generator(seed, day, "breakdowns")
    size = len(network.machines)
    begin = home_midnight(day)
    chance = np.array([_BREAKDOWN[machine.kind] for machine in network.machines])
    down_from = begin + draws.integers(6 * 3600, 21 * 3600, size)
    lasting = lognormal(draws, 6000, 0.9, size).astype(np.int64)
    broken = draws.random(size) < chance
    in_turn = (np.arange(size) + day // 7) % 3 == 0
    maintained = in_turn & (date_of(day).isoweekday() == _MAINTENANCE_WEEKDAY)
    maintained_from = np.full(size, begin + _MAINTENANCE_OPENS)
    return Stops(
        down_from=down_from,
        down_until=np.where(broken, np.minimum(down_from + lasting, begin + DAY), 0),
        fault=draws.integers(0, len(FAULTS), size),
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
    began_at: int,
) -> pa.Table:
    """The record `machine_readings` of a home day. `jobs` are those printed on it (machine,
    finished)."""
    draws = generator(seed, day, "machine readings")
    size = len(network.machines)
    begin = home_midnight(day)
    slots = begin + np.arange(READING_SECONDS, DAY + 1, READING_SECONDS)
    produced = np.zeros((size, len(slots)), np.int64)
    if length(jobs):
        slot = np.clip((jobs["finished"] - begin) // READING_SECONDS, 0, len(slots) - 1)
        np.add.at(produced, (jobs["machine"], slot), 1)
    _share_out(network, produced)
    _biometrics(network, calendar, draws, day, slots, produced)

    middle = slots - READING_SECONDS // 2
    is_down = _within(middle, halts.down_from, halts.down_until)
    is_maintained = _within(middle, halts.maintained_from, halts.maintained_until) & ~is_down
    state = np.where(
        is_down,
        DOWN,
        np.where(is_maintained, MAINTENANCE, np.where(produced > 0, RUNNING, IDLE)),
    ).ravel()
    machine, slot = (axis.ravel() for axis in np.indices(produced.shape))
    warm = np.array([41.0, 29.0, 26.0, 30.0])[state]
    temperature = np.round(warm + draws.normal(0, 1.5, len(state)), 1)
    # Illustrative: ribbon or film is used up and changed at 5 %.
    worn = (slots[slot] // READING_SECONDS * 3 + machine * 171) % 950
    read_at = slots[slot]
    keep = np.flatnonzero(read_at >= began_at)
    return rows_of(
        "machine_readings",
        {
            "machine_id": code([m.machine_id for m in network.machines], machine[keep]),
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


def _share_out(network: Network, produced: np.ndarray) -> None:
    """Laminators and inspectors pass what the printers of their site made in the slot before."""
    for place in network.site_places:
        members = [i for i, m in enumerate(network.machines) if m.place == place]
        printers = [i for i in members if network.machines[i].kind == "printer"]
        made = np.concatenate([[0], produced[printers].sum(0)[:-1]])
        for kind in ("laminator", "inspector"):
            others = [i for i in members if network.machines[i].kind == kind]
            for turn, machine in enumerate(others):
                produced[machine] = (made + turn) // len(others)


def _biometrics(
    network: Network,
    calendar: Calendar,
    draws: np.random.Generator,
    day: int,
    slots: Ints,
    produced: np.ndarray,
) -> None:
    """Devices at offices are used in opening hours."""
    hours = calendar.hours(day)
    devices = np.array([i for i, m in enumerate(network.machines) if m.kind == "biometric"])
    place = network.machine_place[devices]
    is_open = (slots > hours.opens[place][:, None]) & (slots <= hours.closes[place][:, None])
    produced[devices] = np.where(is_open, draws.poisson(4.0, is_open.shape), 0)


def machine_issues(network: Network, day: int, halts: Stops, began_at: int) -> pa.Table:
    """The record `technical_issues` of the day's breakdowns."""
    broken = np.flatnonzero((halts.down_until > 0) & (halts.down_from >= began_at))
    opened, resolved = halts.down_from[broken] + 300, halts.down_until[broken] + 600
    tables = []
    for is_resolved in (False, True):
        tables.append(
            rows_of(
                "technical_issues",
                {
                    "issue_id": numbered("M", day * 10_000 + broken),
                    "office_code": code(network.codes, network.machine_place[broken]),
                    "machine_id": code([m.machine_id for m in network.machines], broken),
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
