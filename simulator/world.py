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

from contract import OPERATIONAL, RECORDS, Type
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
    date_of,
    holidays_record,
    home_day,
    home_midnight,
    office_hours_record,
)
from simulator.columns import ARROW_TYPES, MISSING, REPLACES, TRUTH, Frame, pick, rows_of, stack
from simulator.dirt import disturb
from simulator.flow import service_levels_record, stages_record
from simulator.network import (
    Network,
    build_network,
    machines_record,
    offices_record,
    staff_record,
)
from simulator.plan import Plan, Planned
from simulator.randomness import Ints

WARM_UP_DAYS = 35
"""Days that are simulated before a world begins, so that it begins with cases and queues."""
_OF_CASES = ("applications", "stage_events", "print_jobs", "deliveries")


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
    matching: Frame = field(default_factory=lambda: _empty(*cases.MATCHING))
    queue: Frame = field(default_factory=lambda: _empty(*cases.QUEUE))
    bag: Frame = field(default_factory=lambda: _empty(*cases.QUEUE, "checked_at"))
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


_CASES = ("returning", "hearings", "matching", "queue", "bag", "shelf")
STATE = (*_CASES, "stock", "stops", "outages")


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


def reference_records(world: World, until: int) -> dict[str, pa.Table]:
    """The seven reference records as they are known at an instant, with hidden columns."""
    network, calendar = world.network, world.calendar
    place, moved_at, _ = world.plan.moved_staff(until)
    first, last = (date_of(int(instant // DAY)) for instant in (world.began_at, until))
    hidden = [
        code
        for code, since in zip(network.codes, calendar.first_days, strict=True)
        if since > until // DAY
    ]

    def seen(table: pa.Table) -> pa.Table:
        return table.filter(
            pc.invert(pc.is_in(table["office_code"], pa.array(hidden, pa.string())))
        )

    return {
        "offices": seen(offices_record(network)),
        "office_hours": seen(office_hours_record(calendar)),
        "holidays": holidays_record(calendar),
        "stages": stages_record(),
        "service_levels": service_levels_record(),
        "staff": seen(staff_record(network, place, moved_at)),
        "machines": machines_record(network, first, last),
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
    """Simulate the world's next local day; its rows wait in `world.future`.

    Of the days before the world begins, only the way of the cases is kept.
    """
    network, calendar, plan, seed = world.network, world.calendar, world.plan, world.seed
    day = world.next_day
    is_before = day < world.began_at // DAY - 1
    present = roster.roster(network, calendar, seed, day, plan)
    lines = links.outages(network, calendar, seed, day, world.outages, plan)
    halts = machines.stops(network, seed, day, world.stops, plan)
    coming = demand.arrivals(
        network, calendar, seed, day, plan.demand_factors(calendar, day), world.returning
    )
    collectors, shelf = delivery.due_for_collection(world.shelf, calendar, day)
    seen = counters.visits(network, calendar, seed, day, present, lines, coming, collectors)
    applying = seen["service"] == counters.APPLICATION
    served = np.flatnonzero(applying & (seen["outcome"] == counters.SERVED))
    left = pick(coming.counter, seen["row"][applying & (seen["outcome"] == counters.LEFT)])
    at_counter = {
        **pick(coming.counter, seen["row"][served]),
        **{name: seen[name][served] for name in ("called", "closed", "staff", "desk")},
    }

    taken = cases.intake(network, seed, at_counter, coming.online)
    heard = cases.hear(
        network, calendar, lines, seed, day, present, stack([world.hearings, taken.hearings(day)])
    )
    matched = cases.match(
        network, calendar, lines, seed, day, stack([world.matching, heard.approved]), plan
    )

    handed = np.flatnonzero(
        (seen["service"] == counters.DELIVERY) & (seen["outcome"] == counters.SERVED)
    )
    fetched = pick(collectors, seen["row"][handed])
    deliveries, collections = delivery.collected(
        network, fetched, seen["closed"][handed], seen["staff"][handed]
    )
    turned_away = np.ones(len(collectors["place"]), bool)
    turned_away[seen["row"][handed]] = False
    again = pick(collectors, turned_away)
    again["collect_day"] = np.full(len(again["place"]), day + 1)

    events = [*taken.events, *heard.events, *matched.events, collections]
    rows: dict[str, list[pa.Table]] = {name: [] for name in OPERATIONAL}
    rows["applications"] += [taken.applications, heard.applications]
    rows["deliveries"].append(deliveries)
    queue, bag = stack([world.queue, matched.queue]), world.bag
    queue = {**queue, "site": printing.handed_on(network, day, queue)}
    shelf = stack([shelf, again])
    stock = consumables.deliver(network, day, world.stock, plan)
    jobs = []
    for shift in range(len(printing.SHIFT_STARTS)):
        printed = printing.print_shift(
            network, seed, day, shift, queue, halts, stock, plan.output(day)
        )
        stock = consumables.use(network, stock, printed.jobs)
        leaves_at = (
            home_midnight(day)
            + printing.SHIFT_STARTS[shift]
            + printing.SHIFT_SECONDS
            + printing.DISPATCH_AFTER
        )
        sent = delivery.dispatch(
            network, calendar, seed, day, shift, leaves_at, stack([bag, printed.good]), plan
        )
        queue, bag = stack([printed.queue, sent.lost]), sent.bag
        shelf = stack([shelf, sent.shelf])
        events += printed.events + sent.events
        jobs.append(printed.jobs)
        rows["consignments"].append(sent.boxes)
        rows["deliveries"].append(sent.deliveries)
    done = stack(jobs)
    stock, counted = consumables.count_stock(network, seed, day, stock)
    rows["stage_events"].append(cases.events_record(network, seed, stack(events)))
    rows["print_jobs"].append(printing.print_jobs_record(network, done))
    rows["technical_issues"] += [
        machines.machine_issues(network, day, halts),
        links.link_issues(network, calendar, day, lines),
    ]

    world.returning = stack([coming.later, demand.coming_again(seed, left)])
    world.hearings, world.matching = heard.hearings, matched.matching
    world.queue, world.bag, world.shelf, world.stock = queue, bag, shelf, stock
    world.stops, world.outages = halts.carried(), lines.carried()
    if not is_before:
        rows["queue_tokens"].append(
            counters.tokens_record(network, seen, _about(seen, at_counter, served, collectors))
        )
        visited = np.bincount(seen["place"][served], minlength=len(network.places))
        rows["machine_readings"].append(
            machines.machine_readings(network, calendar, seed, day, halts, done, visited)
        )
        rows["link_readings"].append(links.link_readings(network, calendar, seed, day, lines))
        rows["consumables"].append(counted)
        rows["staff_shifts"].append(roster.shifts(seed, network, day, present))
        table, world.desk_free_at = complaints.complaints(
            network,
            seed,
            _grievances(world, day, seen, at_counter, heard, fetched),
            world.desk_free_at,
        )
        rows["complaints"].append(table)
    for name, tables in rows.items():
        if tables:
            table = pa.concat_tables(tables)
            put_by(
                world,
                name,
                # The first day, of which the world may see only a part, is left undisturbed.
                table
                if day <= world.began_at // DAY
                else _not_handed_over(world, name, disturb(seed, name, table)),
            )
    world.next_day = day + 1


def _grievances(
    world: World, day: int, seen: Frame, at_counter: Frame, heard: cases.Heard, fetched: Frame
) -> list[complaints.Cause]:
    network = world.network
    on_the_way = pick(world.shelf, world.shelf["ready_at"] >= home_midnight(day + 1))
    submitted = {**world.hearings, "submitted_at": world.hearings["submitted"]}
    columns = ("number", "place", "tier", "submitted_at")
    undelivered = stack(
        [
            {name: frame[name] for name in columns}
            for frame in (submitted, world.matching, world.queue, world.bag, on_the_way)
        ]
    )
    any_chance = complaints.ANY_CHANCE
    return [
        *complaints.of_the_late(network, world.seed, day, undelivered),
        *complaints.of_visitors(network, seen),
        complaints.of_cases("biometric_mismatch", heard.deferred, "at", complaints.DEFERRED_CHANCE),
        complaints.of_cases("repeated_visits", heard.deferred, "at", complaints.DEFERRED_CHANCE),
        complaints.of_cases("printing_defect", fetched, "ready_at", any_chance / 2),
        complaints.of_cases("no_status", at_counter, "closed", any_chance),
        complaints.of_cases("agents_and_bribery", at_counter, "closed", any_chance / 3),
    ]


def _not_handed_over(world: World, name: str, rows: pa.Table) -> pa.Table:
    cursor = rows[RECORDS[name].cursor].cast(pa.int64())
    return rows.filter(pc.greater_equal(cursor, world.handed_until * 1_000_000))


def _about(seen: Frame, at_counter: Frame, served: Ints, collectors: Frame) -> Ints:
    """The application that each token led to or was about."""
    number = np.full(len(seen["row"]), MISSING)
    number[served] = at_counter["number"]
    delivering = seen["service"] == counters.DELIVERY
    number[delivering] = collectors["number"][seen["row"][delivering]]
    return number


def put_by(world: World, name: str, table: pa.Table) -> None:
    """Let rows wait in the world, by the UTC day of their cursor."""
    if not table.num_rows:
        return
    days = _cursors(table, name) // (DAY * 1_000_000)
    if (days[1:] < days[:-1]).any():
        order = np.argsort(days, kind="stable")
        table, days = table.take(order), days[order]
    edges = np.flatnonzero(np.diff(days)) + 1
    for first, last in zip([0, *edges], [*edges, len(days)], strict=True):
        waiting = world.future[name].setdefault(int(days[first]), [])
        waiting.append(table.slice(first, last - first))


def _cursors(table: pa.Table, name: str) -> Ints:
    return np.asarray(table[RECORDS[name].cursor].cast(pa.int64()).to_numpy())


def take_until(world: World, until: int) -> dict[str, pa.Table]:
    """The rows with a cursor before `until` (UTC seconds) that were not handed over yet, by record
    and in order of their cursors."""
    if world.reached_at == world.began_at:
        _take_over(world)
    taken = {}
    for name in world.future:
        table = _pop_before(world, name, until)
        if table.num_rows:
            taken[name] = table
    world.reached_at = max(world.reached_at, until)
    return taken


def _pop_before(world: World, name: str, until: int) -> pa.Table:
    waiting = world.future[name]
    ripe = [waiting.pop(day) for day in sorted(waiting) if day <= (until - 1) // DAY]
    tables = [table for tables in ripe for table in tables]
    if not tables:
        return rows_of(name, {}, rows=0)
    table = pa.concat_tables(tables)
    cursors = _cursors(table, name)
    order = np.argsort(cursors, kind="stable")
    ripe_rows = int(np.searchsorted(cursors[order], until * 1_000_000))
    put_by(world, name, table.take(order[ripe_rows:]))
    return table.take(order[:ripe_rows])


def _take_over(world: World) -> None:
    """What the systems know when a world begins: the rows of all cases that are open, with their
    boxes, and whatever else is not over yet. All come as of the instant at which it begins."""
    past = {name: _pop_before(world, name, world.began_at + 1) for name in OPERATIONAL}
    still_open = [
        *(getattr(world, name)["number"].astype(str) for name in _CASES),
        *(_waiting_keys(world, name, "application_id") for name in ("stage_events", "deliveries")),
    ]
    open_cases = pa.array(np.unique(np.concatenate(still_open)), pa.string())
    boxes = pa.array([], pa.string())
    for name in (*_OF_CASES, "consignments", "technical_issues", "staff_shifts"):
        rows = past[name]
        key = RECORDS[name].key[0]
        if name in _OF_CASES:
            keep = pc.is_in(rows["application_id"], open_cases)
        else:
            known = np.concatenate([_waiting_keys(world, name, key), np.asarray(boxes)])
            keep = pc.is_in(rows[key], pa.array(np.unique(known), pa.string()))
        # Dirty rows have keys of their own and belong to no case.
        mark = pc.fill_null(rows[TRUTH], "")
        rows = rows.filter(pc.and_(keep, pc.invert(pc.starts_with(mark, "dirty"))))
        if name == "deliveries":
            boxes = rows["box_id"].drop_null().combine_chunks()
        elif name == "consignments":
            boxes = pa.array([], pa.string())
        put_by(world, name, _as_known(_newest(rows, name), name, world.began_at))


def _waiting_keys(world: World, name: str, column: str) -> np.ndarray:
    """The values of a column in the rows that are still to come."""
    tables = [table for tables in world.future[name].values() for table in tables]
    values = [table[column].drop_null().to_numpy().astype(str) for table in tables]
    return np.unique(np.concatenate(values)) if values else np.zeros(0, str)


def _newest(rows: pa.Table, name: str) -> pa.Table:
    """The last row of each key; rows are in order of their cursors."""
    keys = list(RECORDS[name].key)
    position = pa.array(np.arange(rows.num_rows))
    grouped = rows.select(keys).append_column("_at", position).group_by(keys)
    last = grouped.aggregate([("_at", "max")])["_at_max"]
    return rows.take(np.sort(last.to_numpy()))


def _as_known(rows: pa.Table, name: str, instant: int) -> pa.Table:
    """The rows as told at an instant, as if never told before."""
    size = rows.num_rows
    told = {
        str(RECORDS[name].cursor): pa.array(np.full(size, instant * 1_000_000))
        .cast(pa.timestamp("us"))
        .cast(ARROW_TYPES[Type.TIMESTAMP]),
        REPLACES: pa.array(np.zeros(size, bool)),
        TRUTH: pa.nulls(size, pa.string()),
    }
    for column, values in told.items():
        rows = rows.set_column(rows.schema.get_field_index(column), column, values)
    return rows


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
