"""The world: what it holds from one day to the next, also as files."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import pyarrow as pa

from contract import OPERATIONAL, RECORDS
from simulator import cases, consumables, delivery, demand, links, machines, matching
from simulator.calendar import DAY, EARLIEST_SECONDS, Calendar, home_day
from simulator.columns import Frame
from simulator.network import Network, build_network
from simulator.plan import Plan, Planned
from simulator.randomness import Ints

WARM_UP_DAYS = 35
"""Days that are simulated before a world begins, so that it begins with cases and queues."""


def _empty(*columns: str) -> Frame:
    return {name: np.zeros(0, np.int64) for name in columns}


@dataclass
class World:
    """The state of a simulated nation.

    `began_at` and `reached_at` are UTC seconds: all rows with a cursor between them are handed
    over. `next_day` is the first local day not simulated yet. `handed_until` is how far rows had
    been handed over when the world was taken up again: days that had begun by then are simulated
    once more, and their rows before it left out.

    A case lies in one place at a time: `returning` (left the counter, will come again), `hearings`
    (for the decision), `matching`, `queue` (to be printed), `bag` (to be sent) and `shelf` (on its
    way to the office, and there). `stops` and `outages` are the machines and lines that are down,
    `desk_free_at` is when the complaints desk has settled all it has.
    """

    seed: int
    scale: float
    began_at: int
    reached_at: int
    next_day: int
    handed_until: int
    desk_free_at: int = 0
    planned: tuple[Planned, ...] = ()
    returning: Frame = field(default_factory=lambda: _empty(*demand.APPLICANT))
    hearings: Frame = field(default_factory=lambda: _empty(*cases.HEARING))
    matching: Frame = field(default_factory=lambda: _empty(*matching.MATCHING))
    queue: Frame = field(default_factory=lambda: _empty(*matching.QUEUE))
    bag: Frame = field(default_factory=lambda: _empty(*matching.QUEUE, "checked_at"))
    shelf: Frame = field(default_factory=delivery.no_shelf)
    stock: Frame = field(default_factory=dict)
    stops: Frame = field(default_factory=dict)
    outages: Frame = field(default_factory=dict)
    future: dict[str, dict[int, list[pa.Table]]] = field(
        default_factory=lambda: {name: {} for name in OPERATIONAL}
    )

    @cached_property
    def network(self) -> Network:
        return build_network(self.scale)

    @property
    def plan(self) -> Plan:
        return Plan(self.network, self.planned)

    @cached_property
    def calendar(self) -> Calendar:
        return self.plan.calendar()


CASES = ("returning", "hearings", "matching", "queue", "bag", "shelf")
STATE = (*CASES, "stock", "stops", "outages")


def new_world(seed: int, scale: float, began_at: int) -> World:
    """A world that begins at an instant (UTC seconds); its first steps are the days before, which
    leave the cases and queues that it begins with."""
    first = began_at // DAY - 1 - WARM_UP_DAYS
    world = World(seed, scale, began_at, began_at, first, 0)
    world.stock = consumables.first_stock(world.network, first)
    world.stops = machines.no_stops(world.network)
    world.outages = links.no_outages(world.network)
    return world


def planned_on(world: World, planned: tuple[Planned, ...]) -> World:
    """The world with more that is made to happen."""
    return replace(world, planned=world.planned + planned)


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


def put_by(world: World, name: str, table: pa.Table) -> None:
    """Let rows wait in the world, by the UTC day of their cursor."""
    if not table.num_rows:
        return
    days = cursors_of(table, name) // (DAY * 1_000_000)
    if (days[1:] < days[:-1]).any():
        order = np.argsort(days, kind="stable")
        table, days = table.take(order), days[order]
    edges = np.flatnonzero(np.diff(days)) + 1
    for first, last in zip([0, *edges], [*edges, len(days)], strict=True):
        waiting = world.future[name].setdefault(int(days[first]), [])
        waiting.append(table.slice(first, last - first))


def cursors_of(table: pa.Table, name: str) -> Ints:
    """The cursors of a record's rows, UTC microseconds."""
    return np.asarray(table[RECORDS[name].cursor].cast(pa.int64()).to_numpy())


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
            "desk_free_at": world.desk_free_at,
            "planned": [event.__dict__ for event in world.planned],
        },
        indent=2,
        sort_keys=True,
    )
    tables = {name: pa.table(getattr(world, name)) for name in STATE}
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
        desk_free_at=facts["desk_free_at"],
        planned=tuple(Planned(**event) for event in facts["planned"]),
    )
    for name in STATE:
        setattr(world, name, _frame(tables[name]))
    for name in OPERATIONAL:
        if f"future_{name}" in tables:
            put_by(world, name, tables[f"future_{name}"])
    return world


def _frame(table: pa.Table) -> Frame:
    return {name: table[name].to_numpy() for name in table.column_names}
