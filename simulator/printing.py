"""The print sites: two shifts a day take the queue by priority onto the machines that run."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from simulator.calendar import date_of, home_midnight
from simulator.columns import MISSING, Frame, code, length, numbered, pick, rows_of, stack
from simulator.consumables import affordable
from simulator.events import COMPLETED, ENTERED, RETURNED, happening
from simulator.machines import Stops, at_work
from simulator.network import NEW_MODEL, Network
from simulator.randomness import Ints, Luck

SHIFT_STARTS = (6 * 3600, 14 * 3600)
SHIFT_SECONDS = 8 * 3600
DISPATCH_AFTER = 5400
"""From the end of a shift to the departure of its boxes."""
SITES_REST_ON = 7
SPOILED_SHARE, SPOILED_SHARE_OLD = 0.006, 0.012
SPOIL_REASONS = ("print_misaligned", "chip_unreadable", "lamination_bubble", "page_torn")


_NONE = np.zeros(0, np.int64)


@dataclass(frozen=True)
class Printed:
    """What a shift has done. `good` are cases ready for dispatch (with checked_at), `queue` those
    still waiting, `jobs` what each machine did (machine, started, finished, good, pages)."""

    queue: Frame
    good: Frame
    jobs: Frame
    events: list[Frame]


def handed_on(network: Network, day: int, queue: Frame) -> Ints:
    """The site of each waiting case: when a site opens, it takes over what waits for its offices at
    the site that printed for all until then."""
    before, now = network.site_of(date_of(day - 1)), network.site_of(date_of(day))
    place = queue["place"]
    return np.where(before[place] != now[place], now[place], queue["site"])


def print_shift(
    network: Network,
    seed: int,
    day: int,
    shift: int,
    queue: Frame,
    halts: Stops,
    stock: Frame,
    output: float,
) -> Printed:
    """One shift of all sites on a home day; sites rest on Sundays. `stock` limits what can be
    printed, `output` is the share of their rate at which the printers work."""
    begin = home_midnight(day) + SHIFT_STARTS[shift]
    due = (queue["entered_at"] < begin) & (queue["release_day"] <= day)
    site = queue["site"]
    # Fast track first, then urgent, then normal; within a tier by the day planned.
    order = np.flatnonzero(due)
    order = order[
        np.lexsort(
            (
                queue["number"][order],
                queue["release_day"][order],
                -queue["tier"][order],
                site[order],
            )
        )
    ]
    if date_of(day).isoweekday() == SITES_REST_ON:
        order = order[:0]
    edges = np.searchsorted(site[order], np.arange(network.sites + 1))
    quantity = stock["quantity"].reshape(network.sites, -1)
    working = at_work(network, day)
    taken, machine, started, cycle = [], [], [], []
    for number, printers in enumerate(network.printers):
        waiting = order[edges[number] : edges[number + 1]]
        waiting = waiting[affordable(quantity[number], queue["pages"][waiting])]
        at, by, lasting = _slots(network, printers[working[printers]], begin, halts, output)
        done = min(len(waiting), len(at))
        taken.append(waiting[:done])
        machine.append(by[:done])
        started.append(at[:done])
        cycle.append(lasting[:done])
    rows = np.concatenate(taken)
    jobs = pick(queue, rows)
    jobs["machine"] = np.concatenate(machine).astype(np.int64)
    jobs["started"] = np.concatenate(started).astype(np.int64)
    jobs["finished"] = jobs["started"] + np.concatenate(cycle).astype(np.int64)
    size = length(jobs)
    luck = Luck(seed, jobs["number"] * 10 + jobs["round"])
    old = np.array([m.model != NEW_MODEL for m in network.machines])[jobs["machine"]]
    spoils = np.where(old, SPOILED_SHARE_OLD, SPOILED_SHARE)
    jobs["good"] = 1 - luck.happens("is spoiled", spoils).astype(np.int64)
    jobs["reason"] = np.where(
        jobs["good"] == 1, MISSING, luck.choose("reason of spoil", (4, 2, 3, 1))
    )
    laminated = jobs["finished"] + luck.integers("lamination", 300, 1200)
    jobs["checked_at"] = laminated + luck.integers("quality check", 300, 1500)
    jobs["job"] = day * 1_000_000 + shift * 500_000 + np.arange(size)
    jobs["booklet"] = _booklets(seed, jobs["job"])
    good, spoiled = pick(jobs, jobs["good"] == 1), pick(jobs, jobs["good"] == 0)
    printed, laminated = (at[jobs["good"] == 1] for at in (jobs["finished"], laminated))
    good = {name: good[name] for name in (*queue, "checked_at")}

    place = network.site_places[jobs["site"]]
    good_place, spoiled_place = place[jobs["good"] == 1], place[jobs["good"] == 0]
    events = [
        happening(jobs, "print_queue", COMPLETED, jobs["started"], 50, place=place),
        happening(good, "printing", COMPLETED, printed, 51, place=good_place),
        happening(good, "lamination", COMPLETED, laminated, 52, place=good_place),
        happening(good, "quality_check", COMPLETED, good["checked_at"], 53, place=good_place),
        happening(spoiled, "printing", RETURNED, spoiled["finished"], 54, place=spoiled_place),
        happening(spoiled, "print_queue", ENTERED, spoiled["finished"], 55, place=spoiled_place),
    ]
    left = np.ones(length(queue), bool)
    left[rows] = False
    again = {name: spoiled[name] for name in queue}
    again["round"] = again["round"] + 1
    again["entered_at"] = spoiled["finished"]
    return Printed(stack([pick(queue, left), again]), good, jobs, events)


def _slots(
    network: Network, printers: Ints, begin: int, halts: Stops, output: float
) -> tuple[Ints, Ints, Ints]:
    """Starts, machines and seconds of all jobs that a site's printers can do in a shift, in order
    of time. No job begins that a stop would cut."""
    starts, machines, lasting = [_NONE], [_NONE], [_NONE]
    for machine in printers:
        cycle = round(3600 / (network.machines[machine].rated_per_hour * output))
        at = begin + cycle * np.arange(SHIFT_SECONDS // cycle)
        for stop, until in (
            (halts.maintained_from[machine], halts.maintained_until[machine]),
            (halts.down_from[machine], halts.down_until[machine]),
        ):
            if until > stop and until > begin and stop < begin + SHIFT_SECONDS:
                at = np.where(at + cycle > stop, at + (until - max(stop, begin)), at)
        at = at[at + cycle <= begin + SHIFT_SECONDS]
        starts.append(at)
        machines.append(np.full(len(at), machine))
        lasting.append(np.full(len(at), cycle))
    start, machine = np.concatenate(starts), np.concatenate(machines)
    order = np.lexsort((machine, start))
    return start[order], machine[order], np.concatenate(lasting)[order]


def _booklets(seed: int, jobs: Ints) -> pa.Array:
    """Booklet numbers: two letters and seven digits, no number twice."""
    numbers = (jobs * 7_368_787 + seed * 104_729) % (26 * 26 * 10_000_000)
    letters = [f"{first}{second}" for first in _LETTERS for second in _LETTERS]
    digits = numbered("", 10_000_000 + numbers % 10_000_000)
    return _joined(code(letters, numbers // 10_000_000), digits)


_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def _joined(letters: pa.Array, digits: pa.Array) -> np.ndarray:
    joined = pa.compute.binary_join_element_wise(
        letters, pa.compute.utf8_slice_codeunits(digits, 1), ""
    )
    return np.asarray(joined.to_numpy(zero_copy_only=False))


def print_jobs_record(network: Network, jobs: Frame) -> pa.Table:
    """The record `print_jobs`: as begun, where an hour turns before it ends, and as finished."""
    size = length(jobs)
    turns = np.flatnonzero(jobs["started"] // 3600 != jobs["finished"] // 3600)
    tables = []
    for rows, is_finished in ((turns, False), (np.arange(size), True)):
        tables.append(
            rows_of(
                "print_jobs",
                {
                    "job_id": numbered("J", jobs["job"][rows]),
                    "application_id": numbered("", jobs["number"][rows]),
                    "machine_id": code(network.machine_ids, jobs["machine"][rows]),
                    "queued_at": jobs["entered_at"][rows],
                    "started_at": jobs["started"][rows],
                    "finished_at": jobs["finished"][rows] if is_finished else None,
                    "outcome": code(("spoiled", "good"), jobs["good"][rows])
                    if is_finished
                    else None,
                    "reason_code": code(SPOIL_REASONS, jobs["reason"][rows])
                    if is_finished
                    else None,
                    "booklet_number": pa.array(jobs["booklet"][rows], pa.string()),
                    "updated_at": jobs["finished" if is_finished else "started"][rows],
                },
                identity=jobs["number"][rows] * 10 + jobs["round"][rows],
                replaces=np.isin(rows, turns) if is_finished else None,
            )
        )
    return pa.concat_tables(tables)
