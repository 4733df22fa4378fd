"""Complaints: each follows from something that happened to a case or a visitor, and waits for the
complaints desk, which settles them one after the other."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from simulator.calendar import DAY, home_day, home_midnight
from simulator.columns import MISSING, Frame, code, length, numbered, pick, rows_of, stack
from simulator.network import Network
from simulator.randomness import Floats, Ints, Luck

CATEGORIES = (
    "late_beyond_promise",
    "urgent_fee_paid_but_late",
    "visa_or_job_lost",
    "repeated_visits",
    "too_few_staff",
    "token_order_ignored",
    "no_seats",
    "queues_and_treatment",
    "system_down",
    "biometric_mismatch",
    "printing_defect",
    "no_status",
    "agents_and_bribery",
)
CHANNELS = ("helpline", "portal", "office", "ombudsman")
OUTCOMES = ("upheld", "explained", "refunded", "withdrawn")

# Share of those concerned who complain. Nothing is published: illustrative.
LATE_CHANCE = 0.10
_LATE_PATIENCE_DAYS = np.array([12.0, 4.0, 2.0])
"""For how long one who is late waits before complaining, on average, by tier."""
_LOSES_A_VISA = 0.12
LEFT_CHANCE = 0.01
LONG_WAIT_CHANCE = 0.006
DOWN_CHANCE = 0.008
DEFERRED_CHANCE = 0.01
ANY_CHANCE = 0.0006
# After so many days applicants hold that their passport is late, by tier: the promise, at home in
# calendar days.
_LATE_DAYS_HOME = np.array([29, 8, 3])
_LATE_DAYS_MISSION = np.array([30, 7, 7])
_SETTLED_A_DAY = 700.0
"""Complaints that the desk of the nation can settle."""


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
    chance: float | Floats


def allowed_days(network: Network, place: Ints, tier: Ints) -> Ints:
    """Days after which a case is late in the eyes of its applicant."""
    return np.where(network.is_mission[place], _LATE_DAYS_MISSION[tier], _LATE_DAYS_HOME[tier])


def of_the_late(network: Network, seed: int, day: int, undelivered: Frame) -> list[Cause]:
    """Who complains on a home day that a case (number, place, tier, submitted_at) is late, while it
    still is: some do, each when patience ends."""
    begin = home_midnight(day)
    place, tier = undelivered["place"], undelivered["tier"]
    promised = undelivered["submitted_at"] + allowed_days(network, place, tier) * DAY
    late = pick({**undelivered, "promised": promised}, promised < begin + DAY)
    luck = Luck(seed, late["number"])
    patience = _LATE_PATIENCE_DAYS[late["tier"]] * DAY
    at = late["promised"] + luck.exponential("patience with lateness", patience)
    complains = luck.happens("complains of lateness", LATE_CHANCE)
    late["at"] = at.astype(np.int64)
    today = pick(late, complains & (home_day(late["at"]) == day))
    paid = today["tier"] > 0
    lost = Luck(seed, today["number"]).happens("loses a visa", _LOSES_A_VISA)
    groups = (
        ("visa_or_job_lost", lost),
        ("urgent_fee_paid_but_late", paid & ~lost),
        ("late_beyond_promise", ~paid & ~lost),
    )
    return [of_cases(category, pick(today, chosen), "at", 1.0) for category, chosen in groups]


def of_cases(category: str, frame: Frame, at: str, chance: float) -> Cause:
    """A reason of cases (number, place, and the instant in the column `at`)."""
    number = frame["number"]
    return Cause(category, frame["place"], number, number, frame[at], chance)


def of_visitors(network: Network, seen: Frame) -> list[Cause]:
    """The reasons of a day's visitors: a line down, too few staff, a long wait."""
    left = seen["called"] < 0
    waited = np.where(left, seen["closed"], seen["called"]) - seen["arrived"]
    long_wait = ~left & (waited > 2 * 3600) & ~seen["line_down"]
    abroad = network.is_mission[seen["place"]]
    kind = seen["token"] % 2

    def cause(category: str, chosen: np.ndarray, chance: float) -> Cause:
        frame = pick(seen, chosen)
        nobody = np.full(length(frame), MISSING)
        return Cause(category, frame["place"], frame["visit"], nobody, frame["closed"], chance)

    return [
        cause("system_down", seen["line_down"], DOWN_CHANCE),
        cause("too_few_staff", left & ~seen["line_down"], LEFT_CHANCE),
        cause("queues_and_treatment", long_wait & abroad, 2 * LONG_WAIT_CHANCE),
        cause("token_order_ignored", long_wait & ~abroad & (kind == 0), LONG_WAIT_CHANCE),
        cause("no_seats", long_wait & ~abroad & (kind == 1), LONG_WAIT_CHANCE),
    ]


def complaints(
    network: Network, seed: int, causes: list[Cause], free_at: int
) -> tuple[pa.Table, int]:
    """The record `complaints`: as opened, acknowledged and resolved; and when the desk, which is
    busy until `free_at` (UTC seconds), has settled them all."""
    made = stack([_drawn(seed, cause) for cause in causes])
    size = length(made)
    numbers = made["concerned"] * 100 + made["category"]
    luck = Luck(seed, numbers)
    opened = made["at"] + luck.lognormal("complains after", 10 * 3600, 0.9).astype(np.int64)
    acknowledged = opened + luck.lognormal("acknowledged", 20 * 3600, 0.8).astype(np.int64)
    settled = _settled(acknowledged, numbers, free_at, DAY / (_SETTLED_A_DAY * network.scale))
    resolved = settled + luck.lognormal("looked into", 5 * 86_400, 0.7).astype(np.int64)
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
    table = pa.concat_tables(
        rows_of(
            "complaints",
            {**facts, **known, "updated_at": updated + 40},
            identity=numbers,
            replaces=np.full(size, is_later),
        )
        for updated, known, is_later in steps
    )
    return table, max(free_at, int(settled.max(initial=0)))


def _settled(come: Ints, numbers: Ints, free_at: int, seconds: float) -> Ints:
    """When the desk is done with each: Lindley's recursion as a running maximum."""
    order = np.lexsort((numbers, come))
    work = seconds * np.arange(1, len(come) + 1)
    ready = np.maximum(come[order], free_at).astype(np.float64)
    done = np.maximum.accumulate(ready - work + seconds) + work
    settled = np.zeros(len(come), np.int64)
    settled[order] = done.astype(np.int64)
    return settled


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
