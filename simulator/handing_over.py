"""What the systems hand over: the rows that wait in the world until the time asked for is reached,
what is known when a world begins, and the reference records."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from contract import OPERATIONAL, RECORDS, Type
from simulator.calendar import DAY, date_of, holidays_record, office_hours_record
from simulator.columns import ARROW_TYPES, REPLACES, TRUTH, rows_of
from simulator.flow import service_levels_record, stages_record
from simulator.network import machines_record, offices_record, staff_record
from simulator.world import CASES, World, cursors_of, put_by

_OF_CASES = ("applications", "stage_events", "print_jobs", "deliveries")


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
    cursors = cursors_of(table, name)
    order = np.argsort(cursors, kind="stable")
    ripe_rows = int(np.searchsorted(cursors[order], until * 1_000_000))
    put_by(world, name, table.take(order[ripe_rows:]))
    return table.take(order[:ripe_rows])


def _take_over(world: World) -> None:
    """What the systems know when a world begins: the rows of all cases that are open, with their
    boxes, and whatever else is not over yet. All come as of the instant at which it begins."""
    past = {name: _pop_before(world, name, world.began_at + 1) for name in OPERATIONAL}
    still_open = [
        *(getattr(world, name)["number"].astype(str) for name in CASES),
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
