"""Complaints: each follows from something that happened to a case or a visitor."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from simulator.columns import Frame, code, length, numbered, pick, rows_of, stack
from simulator.network import Network
from simulator.randomness import Ints, Luck

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
    """Cases or visitors with the same reason to complain, and how likely they do.

    `concerned` numbers them; `application` is the number of their case, `MISSING` for a visitor.
    """

    category: str
    place: Ints
    concerned: Ints
    application: Ints
    at: Ints
    chance: float


def complaints(network: Network, seed: int, causes: list[Cause]) -> pa.Table:
    """The record `complaints`: as opened, acknowledged and resolved."""
    made = stack([_drawn(seed, cause) for cause in causes])
    size = length(made)
    numbers = made["concerned"] * 10 + made["category"]
    luck = Luck(seed, numbers)
    opened = made["at"] + luck.lognormal("complains after", 30 * 3600, 0.9).astype(np.int64)
    acknowledged = opened + luck.lognormal("acknowledged", 20 * 3600, 0.8).astype(np.int64)
    resolved = acknowledged + luck.lognormal("resolved", 6 * 86_400, 0.8).astype(np.int64)
    facts = {
        "complaint_id": numbered("K", numbers),
        "office_code": code(network.codes, made["place"]),
        "application_id": numbered("", made["application"]),
        "channel": code(CHANNELS, luck.choose("channel", (5, 3, 1.8, 0.2))),
        "category": code(CATEGORIES, made["category"]),
        "opened_at": opened,
    }
    outcome = code(OUTCOMES, luck.choose("outcome", (4, 4, 0.5, 1.5)))
    steps: tuple[tuple[Ints, dict[str, Any], bool], ...] = (
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
            identity=numbers,
            replaces=np.full(size, is_later),
        )
        for updated, known, is_later in steps
    )


def _drawn(seed: int, cause: Cause) -> Frame:
    everyone = {
        "place": cause.place,
        "concerned": cause.concerned,
        "application": cause.application,
        "at": cause.at,
        "category": np.full(len(cause.place), CATEGORIES.index(cause.category)),
    }
    complains = Luck(seed, cause.concerned).happens(cause.category, cause.chance)
    return pick(everyone, complains)
