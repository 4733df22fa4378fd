"""Worlds in memory: their states at midnight, and questions to their rows."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from contract import OPERATIONAL
from simulator.calendar import DAY, day_number, home_midnight
from simulator.columns import TRUTH
from simulator.day import step
from simulator.scenarios import plan
from simulator.world import World, new_world, planned_on

CASES = ("hearings", "matching", "queue", "bag", "shelf")


@dataclass(frozen=True)
class Seen:
    """A world after its days, the numbers of the open cases and the length of the print queue at
    each midnight, and a query on all its rows but the dirty ones, by record."""

    world: World
    open_cases: list[np.ndarray]
    queued: list[int]
    query: Callable[[str], list[tuple[Any, ...]]]

    def number(self, sql: str) -> Any:
        """The single value of a query."""
        return self.query(sql)[0][0]


def lived(seed: int, scale: float, first: date, days: int, scenario: str) -> Seen:
    """A world that begins with empty queues, after so many days."""
    world = new_world(seed, scale, day_number(first) * DAY)
    world.next_day = day_number(first) - 1
    until = world.began_at + days * DAY
    asked = plan(scenario, world.network, world.calendar, seed, world.began_at, until)
    world = planned_on(world, asked)
    open_cases, queued = [], []
    for _ in range(days):
        step(world)
        open_cases.append(np.concatenate([getattr(world, name)["number"] for name in CASES]))
        entered = world.queue["entered_at"]
        queued.append(int((entered < home_midnight(world.next_day)).sum()))
    return Seen(world, open_cases, queued, _rows(world))


def _rows(world: World) -> Callable[[str], list[tuple[Any, ...]]]:
    connection = duckdb.connect()
    connection.execute("set timezone = 'UTC'")
    for name in OPERATIONAL:
        rows = pa.concat_tables(t for tables in world.future[name].values() for t in tables)
        is_dirty = pc.starts_with(pc.fill_null(rows[TRUTH], ""), "dirty")
        connection.register(name, rows.filter(pc.invert(is_dirty)))
    return lambda sql: connection.execute(sql).fetchall()
