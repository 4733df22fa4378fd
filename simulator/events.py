"""What happens to a case: the stages of the flow, and the record `stage_events`."""

import numpy as np
import pyarrow as pa

from simulator.columns import MISSING, Frame, code, length, numbered, rows_of
from simulator.network import Network, staff_ids
from simulator.places import read_reference
from simulator.randomness import Ints, Luck

STAGES = tuple(row["stage_code"] for row in read_reference("stages.csv"))
EVENTS = ("entered", "started", "completed", "deferred", "returned")
ENTERED, STARTED, COMPLETED, DEFERRED, RETURNED = range(5)
REASONS = (
    "more_biometrics_needed",
    "documents_missing",
    "old_passport_not_shown",
    "name_differs",
    "photograph_unfit",
)


def stage(name: str) -> int:
    """The position of a stage in the flow."""
    return STAGES.index(name)


def events_record(network: Network, seed: int, events: Frame) -> pa.Table:
    """The record `stage_events` of events (number, round, stage, event, at, place, staff, desk,
    reason); ids sort as the steps of a case follow each other."""
    numbers = events["number"] * 1000 + events["round"] * 100 + events["step"]
    reported = events["at"] + Luck(seed, numbers).integers("reported", 2, 90)
    return rows_of(
        "stage_events",
        {
            "event_id": numbered("E", numbers),
            "application_id": numbered("", events["number"]),
            "stage_code": code(STAGES, events["stage"]),
            "event": code(EVENTS, events["event"]),
            "occurred_at": events["at"],
            "office_code": code(network.codes, events["place"]),
            "staff_id": staff_ids(events["staff"]),
            "desk": _desk(events["desk"]),
            "reason_code": code(REASONS, events["reason"]),
            "recorded_at": reported,
        },
        identity=numbers,
    )


def _desk(desks: Ints) -> pa.Array:
    return numbered("D", np.where(desks < 0, MISSING, desks + 1))


def happening(
    cases: Frame,
    name: str,
    event: int,
    at: Ints,
    step: int,
    place: Ints | None = None,
    staff: Ints | None = None,
    desk: Ints | None = None,
    reason: Ints | None = None,
) -> Frame:
    """One event for each of the cases (number, place, round)."""
    size = length(cases)
    none = np.full(size, MISSING)
    return {
        "number": cases["number"],
        "round": cases["round"],
        "step": np.full(size, step),
        "stage": np.full(size, stage(name)),
        "event": np.full(size, event),
        "at": np.asarray(at, np.int64),
        "place": cases["place"] if place is None else place,
        "staff": none if staff is None else staff,
        "desk": none if desk is None else desk,
        "reason": none if reason is None else reason,
    }
