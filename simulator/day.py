"""A step of the world: one local day of every place.

Rows of the step may lie in the future (a passport that will be collected, a complaint that will be
resolved): they wait in the world until the time they are asked for is reached.
"""

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
    matching,
    printing,
    roster,
)
from simulator.calendar import DAY, home_midnight
from simulator.columns import MISSING, Frame, pick, stack
from simulator.dirt import disturb
from simulator.events import events_record
from simulator.randomness import Ints
from simulator.world import World, put_by


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
    matched = matching.match(
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
    rows["stage_events"].append(events_record(network, seed, stack(events)))
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
