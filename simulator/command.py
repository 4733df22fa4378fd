"""`passport simulate`: the simulated operational systems, written to files or PostgreSQL."""

import json
import shutil
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

import pyarrow as pa
import pyarrow.compute as pc
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from contract import OPERATIONAL, RECORDS
from simulator.calendar import DAY, EARLIEST_SECONDS, YEARS, date_of
from simulator.columns import TRUTH, rows_of
from simulator.day import step
from simulator.handing_over import reference_records, take_until
from simulator.scenarios import NORMAL, plan
from simulator.targets import Target, open_target
from simulator.world import (
    WARM_UP_DAYS,
    World,
    first_open_day,
    last_day_needed,
    new_world,
    pack,
    planned_on,
    snapshot,
    unpack,
)

SAYS = "Simulated operational systems"
ROWS_PER_WRITE = 500_000
Lines = Iterable[dict[str, object]]


class SimulationError(Exception):
    """The simulation cannot be done as asked; the message says what to change."""


def simulate(
    days: int = 60,
    until: datetime | None = None,
    scale: float = 1.0,
    seed: int = 1,
    scenario: str = NORMAL,
    to: str = "",
    truth: Path | None = None,
    continue_: bool = False,
) -> dict[str, int]:
    """Write the simulated records of the `days` days before `until` to the target `to`.

    `until` is any full hour, with its zone (default: the last full hour). `scale` 1 is the nation.
    With `continue_`, the world beside the target goes on from where it stands to `until`; days,
    scale and seed are then its own. `truth` gets a JSON line for every scenario and every disturbed
    row (appended when going on). Returns the rows written by record.

    Raises SimulationError, ScenarioError or TargetError.
    """
    end = _full_hour(until)
    target = open_target(to)
    try:
        return _simulate(target, days, end, scale, seed, scenario, truth, continue_)
    finally:
        target.close()


def _simulate(
    target: Target,
    days: int,
    end: int,
    scale: float,
    seed: int,
    scenario: str,
    truth: Path | None,
    continue_: bool,
) -> dict[str, int]:
    world = _world(target, days, end, scale, seed, continue_)
    last = last_day_needed(end)
    planned = plan(scenario, world.network, world.calendar, world.seed, world.reached_at, end)
    world = planned_on(world, planned)
    if not continue_:
        target.clear()
    target.write_reference(reference_records(world, end))
    kept = world
    with _telling(truth, continue_) as tell, _Progress(world.next_day, last) as progress:
        tell(event.truth() for event in planned)
        writing = _Writing(target, world.reached_at, tell)
        while world.next_day <= last:
            if world.next_day == first_open_day(end):
                kept = snapshot(world)
            step(world)
            reached = min(world.next_day * DAY - EARLIEST_SECONDS, end)
            if reached > world.reached_at:
                writing.add(take_until(world, reached), reached)
            progress.day(world.next_day)
        writing.add(take_until(world, end), end)
        writing.flush(end, with_empty=not continue_)
        # What waits in the kept world up to the end has been handed over with the rest.
        take_until(kept, end)
        target.finish(*pack(kept))
    return writing.counts


def _full_hour(until: datetime | None) -> int:
    if until is None:
        return int(time.time()) // 3600 * 3600
    moment = until if until.tzinfo else until.replace(tzinfo=UTC)
    second = int(moment.timestamp())
    if second % 3600 or moment.microsecond:
        raise SimulationError(f"--until {until.isoformat()} is no full hour; give one")
    return second


def _world(target: Target, days: int, end: int, scale: float, seed: int, continue_: bool) -> World:
    if not continue_:
        if days < 1 or scale <= 0:
            raise SimulationError("give at least one day and a scale above 0")
        began_at = end - days * DAY
        first = date_of(began_at // DAY - 1 - WARM_UP_DAYS)
        if first.year not in YEARS or date_of(end // DAY).year not in YEARS:
            raise SimulationError(
                f"volumes, holidays and seasons are known from {YEARS[0]} to {YEARS[-1]}, and a "
                f"world needs {WARM_UP_DAYS} days before its first; choose other --until and --days"
            )
        return new_world(seed, scale, began_at)
    saved = target.saved_world()
    if saved is None:
        raise SimulationError("there is no world beside the target; simulate without --continue")
    world = unpack(*saved)
    if end < world.reached_at:
        reached = datetime.fromtimestamp(world.reached_at, UTC).isoformat()
        raise SimulationError(f"the world already stands at {reached}; it cannot go back")
    if date_of(end // DAY).year not in YEARS:
        raise SimulationError(f"volumes, holidays and seasons are known up to {YEARS[-1]}")
    return world


class _Writing:
    """Rows gathered until there are enough of a record for one write."""

    def __init__(self, target: Target, since: int, tell: Callable[[Lines], None]) -> None:
        self._target, self._tell = target, tell
        self._since = dict.fromkeys(OPERATIONAL, since)
        self._gathered: dict[str, list[pa.Table]] = {name: [] for name in OPERATIONAL}
        self.counts = dict.fromkeys(OPERATIONAL, 0)

    def add(self, taken: dict[str, pa.Table], reached: int) -> None:
        """Take rows up to `reached`, and tell of the disturbed ones."""
        for name, rows in taken.items():
            self._tell(_disturbed(name, rows))
            self._gathered[name].append(rows)
            self.counts[name] += rows.num_rows
            if sum(part.num_rows for part in self._gathered[name]) >= ROWS_PER_WRITE:
                self._write(name, reached)

    def flush(self, reached: int, with_empty: bool) -> None:
        """Write what is gathered. A record without any row is still there, empty, when asked."""
        for name, parts in self._gathered.items():
            if not parts and with_empty and not self.counts[name]:
                parts.append(rows_of(name, {}, rows=0))
            if parts:
                self._write(name, reached)

    def _write(self, name: str, reached: int) -> None:
        rows = pa.concat_tables(self._gathered[name])
        self._target.write(name, rows, self._since[name], reached)
        self._since[name] = reached
        self._gathered[name] = []


def _disturbed(name: str, rows: pa.Table) -> Lines:
    record = RECORDS[name]
    marked = rows.filter(pc.is_valid(rows[TRUTH]))
    for row in marked.select([TRUTH, *record.key, record.cursor]).to_pylist():
        kind, _, broken = row[TRUTH].partition(":")
        line: dict[str, object] = {
            "kind": kind,
            "record": name,
            "key": {column: _text(row[column]) for column in record.key},
            "cursor": _text(row[record.cursor]),
        }
        if broken:
            line["rule"], _, line["column"] = broken.partition(":")
        yield line


def _text(value: object) -> object:
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value


@contextmanager
def _telling(truth: Path | None, append: bool) -> Iterator[Callable[[Lines], None]]:
    """What takes the lines of the truth file, which has them once all has been written."""
    if truth is None:
        yield lambda _: None
        return
    truth.parent.mkdir(parents=True, exist_ok=True)
    part = truth.with_name(f".{truth.name}.part")
    with part.open("w", encoding="utf-8") as file:
        yield lambda lines: file.writelines(
            json.dumps(line, sort_keys=True) + "\n" for line in lines
        )
    if append and truth.exists():
        with truth.open("ab") as known, part.open("rb") as new:
            shutil.copyfileobj(new, known)
        part.unlink()
    else:
        part.replace(truth)


class _Progress:
    """How far the days are: a bar on a terminal, else a line for every tenth, on stderr."""

    def __init__(self, first: int, last: int) -> None:
        self._first, self._days, self._tenths = first, max(last - first + 1, 1), 0
        self._bar = Progress(
            TextColumn(SAYS),
            BarColumn(),
            TaskProgressColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            disable=not sys.stderr.isatty(),
        )
        self._task = self._bar.add_task(SAYS, total=self._days)

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def day(self, next_day: int) -> None:
        """Tell that all days before `next_day` are simulated."""
        done = next_day - self._first
        self._bar.update(self._task, completed=done)
        tenths = 10 * done // self._days
        if self._bar.disable and self._days >= 10 and tenths > self._tenths:
            self._tenths = tenths
            sys.stderr.write(f"{SAYS}: {10 * tenths} %\n")
