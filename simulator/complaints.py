"""Complaints: each follows from something that happened to a case or a visitor."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from simulator.columns import MISSING, Frame, code, length, numbered, pick, rows_of, stack
from simulator.network import Network
from simulator.randomness import Ints, choose, generator, lognormal

CATEGORIES = (
    "late_beyond_promise",
    "urgent_fee_paid_but_late",
    "repeated_visits",
    "too_few_staff",
    "token_order_ignored",
    "system_down",
    "biometric_mismatch",
    "no_status",
    "agents_and_bribery",
)
CHANNELS = ("helpline", "portal", "office", "ombudsman")
OUTCOMES = ("upheld", "explained", "refunded", "withdrawn")

# Share of those concerned who complain. Nothing is published: illustrative.
LATE_CHANCE = 0.06
LEFT_CHANCE = 0.01
LONG_WAIT_CHANCE = 0.004
DEFERRED_CHANCE = 0.01
ANY_CHANCE = 0.0006


@dataclass(frozen=True)
class Cause:
    """Cases or visitors with the same reason to complain, and how likely they do."""

    category: str
    place: Ints
    number: Ints
    at: Ints
    chance: float


def complaints(network: Network, seed: int, day: int, causes: list[Cause]) -> pa.Table:
    """The record `complaints`: as opened, acknowledged and resolved."""
    draws = generator(seed, day, "complaints")
    made = stack([_drawn(draws, cause) for cause in causes])
    size = length(made)
    opened = made["at"] + lognormal(draws, 30 * 3600, 0.9, size).astype(np.int64)
    acknowledged = opened + lognormal(draws, 20 * 3600, 0.8, size).astype(np.int64)
    resolved = acknowledged + lognormal(draws, 6 * 86_400, 0.8, size).astype(np.int64)
    facts = {
        "complaint_id": numbered("K", day * 100_000 + np.arange(size)),
        "office_code": code(network.codes, made["place"]),
        "application_id": numbered("", made["number"]),
        "channel": code(CHANNELS, choose(draws, (5, 3, 1.8, 0.2), size)),
        "category": code(CATEGORIES, made["category"]),
        "opened_at": opened,
    }
    outcome = code(OUTCOMES, choose(draws, (4, 4, 0.5, 1.5), size))
    steps = (
        (opened, {}, False),
        (acknowledged, {"acknowledged_at": acknowledged}, True),
        (
            resolved,
            {"acknowledged_at": acknowledged, "resolved_at": resolved, "outcome": outcome},
            True,
        ),
    )
    return pa.concat_tables(
        rows_of(
            "complaints",
            {**facts, **known, "updated_at": updated + 40},
            replaces=np.full(size, is_later),
        )
        for updated, known, is_later in steps
    )


def _drawn(draws: np.random.Generator, cause: Cause) -> Frame:
    size = len(cause.place)
    everyone = {
        "place": cause.place,
        "number": cause.number,
        "at": cause.at,
        "category": np.full(size, CATEGORIES.index(cause.category)),
    }
    return pick(everyone, draws.random(size) < cause.chance)


def nobody(size: int) -> Ints:
    """No application known."""
    return np.full(size, MISSING)
