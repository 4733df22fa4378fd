"""The world: what it holds from one day to the next, and the step that simulates a day.

A step takes one local day of every place. Rows of the step may lie in the future (a passport that
will be collected, a complaint that will be resolved): they wait in the world, by the UTC day of
their cursor, until the time they are asked for is reached.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from contract import OPERATIONAL, RECORDS
from simulator import (
    cases,
    complaints,
    consumables,
    counters,
    delivery,
    demand,
    links,
    machines,
    printing,
    roster,
)
from simulator.calendar import (
    DAY,
    EARLIEST_SECONDS,
    Calendar,
    holidays_record,
    home_day,
    home_midnight,
    office_hours_record,
)
from simulator.columns import MISSING, Frame, pick, stack
from simulator.dirt import disturb
from simulator.flow import service_levels_record, stages_record
from simulator.network import (
    Network,
    build_network,
    machines_record,
    offices_record,
    staff_record,
)
from simulator.randomness import Ints
from simulator.scenarios import Planned, demand_factors, striking

_QUEUE = (
    "number",
    "place",
    "tier",
    "pages",
    "round",
    "submitted_at",
    "entered_at",
    "release_day",
)
_BAG = (*_QUEUE, "checked_at")
# Days after which applicants hold that their passport is late, by tier.
_LATE_DAYS_HOME = np.array([29, 8, 3])
_LATE_DAYS_MISSION = np.array([30, 7, 7])


def _empty(columns: tuple[str, ...]) -> Frame:
    return {name: np.zeros(0, np.int64) for name in columns}


@dataclass
class World:
    """The state of a simulated nation.

    `began_at` and `reached_at` are UTC seconds: all rows with a cursor between them are handed
    over. `next_day` is the first local day not simulated yet. `handed_until` is how far rows had
    been handed over when the world was taken up again: days that had begun by then are simulated
    once more, and their rows before it left out.
    """

    seed: int
    scale: float
    began_at: int
    reached_at: int
    next_day: int
    handed_until: int
    planned: tuple[Planned, ...] = ()
    queue: Frame = field(default_factory=lambda: _empty(_QUEUE))
    bag: Frame = field(default_factory=lambda: _empty(_BAG))
    shelf: Frame = field(default_factory=delivery.no_shelf)
    stock: Frame | None = None
    future: dict[str, dict[int, list[pa.Table]]] = field(
        default_factory=lambda: {name: {} for name in OPERATIONAL}
    )

    @cached_property
    def network(self) -> Network:
        return build_network(self.scale)

    @cached_property
    def calendar(self) -> Calendar:
        return Calendar(self.network)


def new_world(seed: int, scale: float, began_at: int) -> World:
    """An empty world: it has no case before `began_at` (UTC seconds)."""
    return World(seed, scale, began_at, began_at, began_at // DAY - 1, began_at)


def reference_records(world: World) -> dict[str, pa.Table]:
    """The seven reference records, with hidden columns."""
    network, calendar = world.network, world.calendar
    return {
        "offices": offices_record(network),
        "office_hours": office_hours_record(calendar),
        "holidays": holidays_record(calendar),
        "stages": stages_record(),
        "service_levels": service_levels_record(),
        "staff": staff_record(network),
        "machines": machines_record(network),
    }


def last_day_needed(until: int) -> int:
    """The last local day that can hold a row before `until` (UTC seconds)."""
    return (until + EARLIEST_SECONDS - 1) // DAY


def first_open_day(reached_at: int) -> int:
    """The home day at which a world that stands at `reached_at` is taken up again."""
    return int(home_day(np.array([reached_at]))[0])


def snapshot(world: World) -> World:
    """A copy that further steps of the world leave as it is."""
    future = {
        name: {day: list(tables) for day, tables in waiting.items()}
        for name, waiting in world.future.items()
    }
    return replace(world, future=future)


def step(world: World) -> None:
    """Simulate the world's next local day; its rows wait in `world.future`."""
    network, calendar, seed = world.network, world.calendar, world.seed
    day, began_at = world.next_day, world.began_at
    strikes = striking(network, calendar, world.planned, day)
    present = roster.roster(network, calendar, seed, day, strikes)
    lines = links.outages(network, seed, day)
    halts = machines.stops(network, seed, day)
    coming = demand.arrivals(
        network, calendar, seed, day, demand_factors(network, calendar, world.planned, day)
    )
    collectors, shelf = delivery.due_for_collection(world.shelf, calendar, day)
    seen = counters.visits(network, calendar, seed, day, present, coming, collectors, began_at)

    served = _served(seen, counters.APPLICATION)
    at_counter = {
        **pick(coming.counter, seen["row"][served]),
        **{name: seen[name][served] for name in ("called", "closed", "staff", "desk")},
        "round": np.zeros(len(served), np.int64),
    }
    online = pick(coming.online, coming.online["arrived"] >= began_at)
    online["round"] = np.zeros(len(online["place"]), np.int64)
    taken = cases.intake(network, calendar, lines, seed, day, present, at_counter, online)

    handed = _served(seen, counters.DELIVERY)
    fetched = pick(collectors, seen["row"][handed])
    deliveries, collections = delivery.collected(
        network, fetched, seen["closed"][handed], seen["staff"][handed]
    )
    turned_away = np.ones(len(collectors["place"]), bool)
    turned_away[seen["row"][handed]] = False
    again = pick(collectors, turned_away)
    again["collect_day"] = np.full(len(again["place"]), day + 1)

    later_events = [collections]
    rows: dict[str, list[pa.Table]] = {name: [] for name in OPERATIONAL}
    rows["deliveries"].append(deliveries)
    queue, bag = stack([world.queue, taken.queue]), world.bag
    shelf = stack([shelf, again])
    jobs, arrived = [], []
    for shift in range(len(printing.SHIFT_STARTS)):
        printed = printing.print_shift(network, seed, day, shift, queue, halts)
        leaves_at = (
            home_midnight(day)
            + printing.SHIFT_STARTS[shift]
            + printing.SHIFT_SECONDS
            + printing.DISPATCH_AFTER
        )
        sent = delivery.dispatch(
            network, calendar, seed, day, shift, leaves_at, stack([bag, printed.good])
        )
        queue, bag = stack([printed.queue, sent.lost]), sent.bag
        shelf = stack([shelf, sent.shelf])
        later_events += printed.events + sent.events
        jobs.append(printed.jobs)
        arrived.append(sent.ready)
        rows["consignments"].append(sent.boxes)
        rows["deliveries"].append(sent.deliveries)
    done = stack(jobs)
    stock, counted = consumables.count_stock(
        network,
        seed,
        day,
        consumables.first_stock(network) if world.stock is None else world.stock,
        done,
        began_at,
    )
    rows["applications"].append(taken.applications)
    rows["stage_events"] += [
        taken.events,
        cases.events_record(network, seed, stack(later_events)),
    ]
    rows["queue_tokens"].append(
        counters.tokens_record(network, seen, _about(seen, at_counter, served, collectors))
    )
    rows["print_jobs"].append(printing.print_jobs_record(network, done))
    rows["machine_readings"].append(
        machines.machine_readings(network, calendar, seed, day, halts, done, began_at)
    )
    rows["link_readings"].append(links.link_readings(network, seed, day, lines, began_at))
    rows["consumables"].append(counted)
    rows["technical_issues"] += [
        machines.machine_issues(network, day, halts, began_at),
        links.link_issues(network, day, lines, began_at),
    ]
    rows["staff_shifts"].append(roster.shifts(network, calendar, seed, day, present, began_at))
    rows["complaints"].append(
        complaints.complaints(network, seed, _grievances(network, seen, at_counter, taken, arrived))
    )
    for name, tables in rows.items():
        put_by(
            world,
            name,
            _not_handed_over(world, name, disturb(seed, name, pa.concat_tables(tables))),
        )
    world.queue, world.bag, world.shelf, world.stock = queue, bag, shelf, stock
    world.next_day = day + 1


def _not_handed_over(world: World, name: str, rows: pa.Table) -> pa.Table:
    cursor = rows[RECORDS[name].cursor].cast(pa.int64())
    return rows.filter(pc.greater_equal(cursor, world.handed_until * 1_000_000))


def _served(seen: Frame, service: int) -> Ints:
    return np.flatnonzero((seen["service"] == service) & (seen["outcome"] == counters.SERVED))


def _about(seen: Frame, at_counter: Frame, served: Ints, collectors: Frame) -> Ints:
    """The application that each token led to or was about."""
    number = np.full(len(seen["row"]), MISSING)
    number[served] = at_counter["number"]
    delivering = seen["service"] == counters.DELIVERY
    number[delivering] = collectors["number"][seen["row"][delivering]]
    return number


def _grievances(
    network: Network, seen: Frame, at_counter: Frame, taken: cases.Intake, arrived: list[Frame]
) -> list[complaints.Cause]:
    ready = stack(arrived)
    allowed = np.where(
        network.is_mission[ready["place"]],
        _LATE_DAYS_MISSION[ready["tier"]],
        _LATE_DAYS_HOME[ready["tier"]],
    )
    late = ready["ready_at"] - ready["submitted_at"] > allowed * DAY
    paid = late & (ready["tier"] > 0)
    left = seen["outcome"] == counters.LEFT
    long_wait = ~left & (seen["called"] - seen["arrived"] > 2 * 3600)

    def of_cases(category: str, frame: Frame, at: str, chance: float) -> complaints.Cause:
        number = frame["number"]
        return complaints.Cause(category, frame["place"], number, number, frame[at], chance)

    def of_visitors(category: str, chosen: np.ndarray, chance: float) -> complaints.Cause:
        frame = pick(seen, chosen)
        nobody = np.full(len(frame["place"]), MISSING)
        return complaints.Cause(
            category, frame["place"], frame["number"], nobody, frame["closed"], chance
        )

    return [
        of_cases("urgent_fee_paid_but_late", pick(ready, paid), "ready_at", complaints.LATE_CHANCE),
        of_cases(
            "late_beyond_promise", pick(ready, late & ~paid), "ready_at", complaints.LATE_CHANCE
        ),
        of_visitors("too_few_staff", left, complaints.LEFT_CHANCE),
        of_visitors("token_order_ignored", long_wait, complaints.LONG_WAIT_CHANCE),
        of_cases("biometric_mismatch", taken.deferred, "at", complaints.DEFERRED_CHANCE),
        of_cases("repeated_visits", taken.deferred, "at", complaints.DEFERRED_CHANCE),
        of_cases("no_status", at_counter, "closed", complaints.ANY_CHANCE),
        of_cases("agents_and_bribery", at_counter, "closed", complaints.ANY_CHANCE / 3),
    ]


def put_by(world: World, name: str, table: pa.Table) -> None:
    """Let rows wait in the world, by the UTC day of their cursor."""
    if not table.num_rows:
        return
    cursor = RECORDS[name].cursor
    order = pc.sort_indices(table[cursor])
    table = table.take(order)
    days = _days(table, name)
    edges = np.flatnonzero(np.diff(days)) + 1
    for first, last in zip([0, *edges], [*edges, len(days)], strict=True):
        waiting = world.future[name].setdefault(int(days[first]), [])
        waiting.append(table.slice(first, last - first))


def _days(table: pa.Table, name: str) -> Ints:
    cursor = table[RECORDS[name].cursor].cast(pa.int64()).to_numpy()
    return np.asarray(cursor // (DAY * 1_000_000))


def take_until(world: World, until: int) -> dict[str, pa.Table]:
    """The rows with a cursor before `until` (UTC seconds) that were not handed over yet, by record
    and in order of their cursors."""
    taken = {}
    moment = pa.scalar(until * 1_000_000, pa.int64())
    for name, waiting in world.future.items():
        ripe = [waiting.pop(day) for day in sorted(waiting) if day <= (until - 1) // DAY]
        tables = [table for tables in ripe for table in tables]
        if not tables:
            continue
        cursor = RECORDS[name].cursor
        table = pa.concat_tables(tables)
        table = table.take(pc.sort_indices(table[cursor]))
        is_ripe = pc.less(table[cursor].cast(pa.int64()), moment)
        rest = table.filter(pc.invert(is_ripe))
        put_by(world, name, rest)
        table = table.filter(is_ripe) if rest.num_rows else table
        if table.num_rows:
            taken[name] = table
    world.reached_at = max(world.reached_at, until)
    return taken


# ---- the world as files: a description and tables


def pack(world: World) -> tuple[str, dict[str, pa.Table]]:
    """The world as a JSON text and named tables."""
    described = json.dumps(
        {
            "says": "Simulated operational systems: the state of the simulated nation.",
            "seed": world.seed,
            "scale": world.scale,
            "began_at": world.began_at,
            "reached_at": world.reached_at,
            "next_day": world.next_day,
            "planned": [event.__dict__ for event in world.planned],
        },
        indent=2,
        sort_keys=True,
    )
    tables = {
        "queue": pa.table(world.queue),
        "bag": pa.table(world.bag),
        "shelf": pa.table(world.shelf),
        "stock": pa.table(world.stock or {}),
    }
    for name, waiting in world.future.items():
        parts = [table for day in sorted(waiting) for table in waiting[day]]
        if parts:
            tables[f"future_{name}"] = pa.concat_tables(parts)
    return described, tables


def unpack(described: str, tables: Mapping[str, pa.Table]) -> World:
    """The world of `pack`."""
    facts = json.loads(described)
    world = World(
        seed=facts["seed"],
        scale=facts["scale"],
        began_at=facts["began_at"],
        reached_at=facts["reached_at"],
        next_day=facts["next_day"],
        handed_until=facts["reached_at"],
        planned=tuple(Planned(**event) for event in facts["planned"]),
        queue=_frame(tables["queue"]),
        bag=_frame(tables["bag"]),
        shelf=_frame(tables["shelf"]),
        stock=_frame(tables["stock"]) or None,
    )
    for name in OPERATIONAL:
        if f"future_{name}" in tables:
            put_by(world, name, tables[f"future_{name}"])
    return world


def _frame(table: pa.Table) -> Frame:
    return {name: table[name].to_numpy() for name in table.column_names}
