"""Who could help whom: staff between near places, print work between sites, longer hours.

Each kind is a small optimisation (HiGHS through SciPy) with its constraints stated beside it. A
waiting time is that of a fluid queue over the day's half-hours: who cannot be served in his slot
waits into the next. It is convex in the desks, so that each further desk gains less than the one
before, and it tells too little rather than too much, since chance makes queues where a fluid has
none. Nothing is proposed that makes a tier of any place later than it was; what a proposal costs
those it takes from is told with it.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import asin, cos, radians, sin, sqrt

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Numbers = NDArray[np.float64]

SLOT_MINUTES = 30.0
# Staff travel so far at most, and minutes each way and kilometre that a mover loses.
NEAR_KM, MINUTES_PER_KM = 75.0, 1.5
# A place gives at most this share of its desks, and keeps one.
GIVES_AT_MOST = 0.3
# A site hands over at most this share of a tier's new work; its own queue stays.
PRINT_MOVES_AT_MOST = 0.5
# A proposal that saves fewer minutes a day, or fewer late passports, is not worth a decision.
LEAST_MINUTES, LEAST_LATE = 240.0, 5.0
LONGER_AT_MOST_HOURS = 3
# Longer hours cost each desk an hour of work: an hour must save so many minutes for each desk.
LEAST_MINUTES_PER_DESK_HOUR = 60.0
# Tiers as they are printed, the first first.
PRINT_ORDER = ("fast_track", "urgent", "normal")

COLUMNS = (
    "recommendation_id",
    "kind",
    "from_place",
    "to_place",
    "quantity",
    "unit",
    "from_day",
    "to_day",
    "expected_late_avoided",
    "expected_waiting_minutes_avoided",
    "cost",
    "state",
)


@dataclass(frozen=True)
class Office:
    """A place with counters. `arrivals` by half-hour of an ordinary day to come; `desks` are those
    staffed now, `counters` how many there are."""

    office_code: str
    latitude: float
    longitude: float
    counters: int
    desks: int
    service_minutes: float
    arrivals: tuple[float, ...]


@dataclass(frozen=True)
class Site:
    """A print site: jobs of each tier of `PRINT_ORDER` waiting and coming a day, what it prints a
    day, days until what runs out first is gone (infinite where nobody counts)."""

    office_code: str
    waiting: tuple[float, ...]
    inflow: tuple[float, ...]
    capacity: float
    stock_days: float = float("inf")


@dataclass(frozen=True)
class Move:
    """A proposal: what, from where to where, how much, and what it gains and costs a day."""

    kind: str
    from_place: str | None
    to_place: str
    quantity: float
    unit: str
    late_avoided: float
    minutes_avoided: float
    cost: str


def recommend(
    offices: Sequence[Office], sites: Sequence[Site], allowed: Sequence[float], today: date
) -> pd.DataFrame:
    """All proposals from tomorrow to the end of the week, or of the next from Thursday on.

    `allowed` are the days that a job of each tier may wait and still be in time. Gains are those of
    all days together. The same kind, places and week have the same recommendation_id.
    """
    offices = sorted(offices, key=lambda office: office.office_code)
    sites = sorted(sites, key=lambda site: site.office_code)
    from_day = today + timedelta(days=1)
    to_day = today + timedelta(days=7 - today.isoweekday())
    if (to_day - from_day).days < 3:
        to_day += timedelta(days=7)
    working_days = sum(
        (from_day + timedelta(days=n)).isoweekday() < 6 for n in range((to_day - from_day).days + 1)
    )
    staff = staff_moves(offices)
    gained = {move.to_place for move in staff}
    moves = [
        *staff,
        *longer_hours([office for office in offices if office.office_code not in gained]),
        *print_moves(sites, allowed),
    ]
    rows = [
        (
            _identity(move, to_day),
            move.kind,
            move.from_place,
            move.to_place,
            move.quantity,
            move.unit,
            from_day,
            to_day,
            round(move.late_avoided, 1),
            round(move.minutes_avoided * working_days, 0),
            move.cost,
            "proposed",
        )
        for move in moves
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def waiting_minutes(arrivals: Sequence[float], desks: float, service_minutes: float) -> float:
    """Minutes that all visitors of a day wait together: a fluid queue over its half-hours.

    Who is left at closing is served after it.
    """
    served = desks * SLOT_MINUTES / service_minutes
    if served <= 0:
        return float("inf") if sum(arrivals) else 0.0
    queue = waited = 0.0
    for arriving in arrivals:
        queue = max(queue + arriving - served, 0.0)
        waited += queue * SLOT_MINUTES
    # the rest is served at the same pace: the mean of who is left waits half of that time
    return waited + queue * queue / served * SLOT_MINUTES / 2


def staff_moves(offices: Sequence[Office]) -> list[Move]:
    """Desks to move between near places, so that the most minutes are saved.

    Constraints: whole desks; within `NEAR_KM`; a giver gives `GIVES_AT_MOST` of its desks and keeps
    one; a receiver has a counter for each; nobody gives and receives; travel counts as lost; a
    pair's net gain is at least `LEAST_MINUTES` a day.
    """
    gains = {office.office_code: _gains(office) for office in offices}
    losses = {office.office_code: _losses(office) for office in offices}
    receivers = [
        office
        for office in offices
        if len(gains[office.office_code]) and gains[office.office_code][0] >= LEAST_MINUTES
    ]
    in_need = {office.office_code for office in receivers}
    givers = [
        office
        for office in offices
        if office.office_code not in in_need and len(losses[office.office_code])
    ]
    pairs = [
        (giver, receiver, distance)
        for giver in givers
        for receiver in receivers
        for distance in [distance_km(giver, receiver)]
        if distance <= NEAR_KM
    ]
    if not pairs:
        return []
    moved = _best_moves(pairs, gains, losses)
    return _worth_it(pairs, moved, gains, losses)


def longer_hours(offices: Sequence[Office]) -> list[Move]:
    """Hours to add where the visitors of a day, spread over them, would wait that much less."""
    moves = []
    for office in offices:
        now = waiting_minutes(office.arrivals, office.desks, office.service_minutes)
        best: Move | None = None
        before = now
        for hours in range(1, LONGER_AT_MOST_HOURS + 1):
            longer = _stretched(office.arrivals, hours)
            then = waiting_minutes(longer, office.desks, office.service_minutes)
            if not before - then >= max(LEAST_MINUTES, office.desks * LEAST_MINUTES_PER_DESK_HOUR):
                break
            before = then
            cost = f"desk_hours_per_day={hours * office.desks}"
            best = Move(
                "hours", None, office.office_code, hours, "hours_per_day", 0.0, now - then, cost
            )
        if best:
            moves.append(best)
    return moves


def print_moves(sites: Sequence[Site], allowed: Sequence[float]) -> list[Move]:
    """Shares of new print work to send to other sites, so that the fewest jobs come too late.

    A job is late where all that is printed before it, and it, is more than its site prints in the
    days allowed. Constraints: no tier of any site becomes later; at most `PRINT_MOVES_AT_MOST` of a
    tier's new work leaves a site; what comes fits the stock; a pair avoids at least `LEAST_LATE`.
    """
    pairs = [(a, b) for a in range(len(sites)) for b in range(len(sites)) if a != b]
    tiers = range(len(PRINT_ORDER))
    if not pairs:
        return []
    from scipy.optimize import linprog  # slow to import, and the night's alone

    late = np.array([late_jobs(site, allowed) for site in sites])
    if late.sum() < LEAST_LATE:
        return []
    moved = {(a, b, t): n for n, (a, b, t) in enumerate((a, b, t) for a, b in pairs for t in tiers)}
    over = {
        (s, t): len(moved) + n
        for n, (s, t) in enumerate((s, t) for s in range(len(sites)) for t in tiers)
    }
    size = len(moved) + len(over)
    cost = np.zeros(size)
    # a tiny price of moving, so that nothing moves for nothing
    cost[: len(moved)] = 1e-3 * max(allowed)
    cost[len(moved) :] = 1.0
    rows, limits = [], []
    for (s, t), column in over.items():
        row = np.zeros(size)
        row[column] = -1.0
        for (a, b, tier), place in moved.items():
            if tier <= t:
                row[place] += allowed[t] * ((b == s) - (a == s))
        rows.append(row)
        limits.append(-_beyond(sites[s], t, allowed))
    for s, site in enumerate(sites):
        if np.isfinite(site.stock_days):
            row = np.zeros(size)
            for (_, b, _), place in moved.items():
                row[place] = float(b == s)
            rows.append(row)
            limits.append(max(site.capacity * (1 - 7 / max(site.stock_days, 7)), 0.0))
    upper = np.empty(size)
    for (a, _, t), place in moved.items():
        upper[place] = PRINT_MOVES_AT_MOST * sites[a].inflow[t]
    for (s, t), place in over.items():
        upper[place] = late[s, t]
    for a in range(len(sites)):
        for t in tiers:
            row = np.zeros(size)
            for (from_, _, tier), place in moved.items():
                row[place] = float(from_ == a and tier == t)
            rows.append(row)
            limits.append(PRINT_MOVES_AT_MOST * sites[a].inflow[t])
    found = linprog(
        cost, np.array(rows), np.array(limits), bounds=np.column_stack([np.zeros(size), upper])
    )
    if found.x is None:
        return []
    return _print_proposals(sites, allowed, pairs, moved, found.x)


def late_jobs(
    site: Site, allowed: Sequence[float], more: Sequence[float] = (0.0, 0.0, 0.0)
) -> Numbers:
    """Jobs of the site that come too late, by tier and all before it; `more` come a day."""
    beyond = [
        _beyond(site, t, allowed) + allowed[t] * sum(more[: t + 1]) for t in range(len(allowed))
    ]
    return np.maximum(beyond, 0.0)


def distance_km(one: Office, other: Office) -> float:
    """Along the earth's surface."""
    half = (
        sin(radians(other.latitude - one.latitude) / 2) ** 2
        + cos(radians(one.latitude))
        * cos(radians(other.latitude))
        * sin(radians(other.longitude - one.longitude) / 2) ** 2
    )
    return 12742.0 * asin(sqrt(min(half, 1.0)))


def _beyond(site: Site, tier: int, allowed: Sequence[float]) -> float:
    """What is to be printed up to a tier in its days allowed, less what can be."""
    work = sum(site.waiting[: tier + 1]) + allowed[tier] * sum(site.inflow[: tier + 1])
    return work - allowed[tier] * site.capacity


def _gains(office: Office) -> Numbers:
    """Minutes a day that each further desk saves, as long as there is a counter."""
    most = max(office.counters - office.desks, 0)
    return -np.diff([_waiting(office, office.desks + n) for n in range(most + 1)])


def _losses(office: Office) -> Numbers:
    """Minutes a day that each desk given away costs."""
    most = max(min(int(office.desks * GIVES_AT_MOST), office.desks - 1), 0)
    return np.diff([_waiting(office, office.desks - n) for n in range(most + 1)])


def _waiting(office: Office, desks: int) -> float:
    # no desk at all: what a single one would leave, twice
    if desks < 1:
        return 2 * waiting_minutes(office.arrivals, 1, office.service_minutes)
    return waiting_minutes(office.arrivals, desks, office.service_minutes)


def _best_moves(
    pairs: Sequence[tuple[Office, Office, float]],
    gains: dict[str, Numbers],
    losses: dict[str, Numbers],
) -> NDArray[np.int_]:
    """Desks for each pair: integers; each desk gained or given is a step of its own worth."""
    from scipy.optimize import Bounds, LinearConstraint, milp

    givers = sorted({giver.office_code for giver, _, _ in pairs})
    receivers = sorted({receiver.office_code for _, receiver, _ in pairs})
    steps = [("give", code, n) for code in givers for n in range(len(losses[code]))]
    steps += [("gain", code, n) for code in receivers for n in range(len(gains[code]))]
    size = len(pairs) + len(steps)
    worth = np.zeros(size)
    worth[: len(pairs)] = [2 * MINUTES_PER_KM * distance for _, _, distance in pairs]
    for n, (what, code, step) in enumerate(steps):
        worth[len(pairs) + n] = losses[code][step] if what == "give" else -gains[code][step]
    balance = np.zeros((len(givers) + len(receivers), size))
    for n, (giver, receiver, _) in enumerate(pairs):
        balance[givers.index(giver.office_code), n] = 1
        balance[len(givers) + receivers.index(receiver.office_code), n] = 1
    for n, (what, code, _) in enumerate(steps):
        row = givers.index(code) if what == "give" else len(givers) + receivers.index(code)
        balance[row, len(pairs) + n] = -1
    upper = np.ones(size)
    upper[: len(pairs)] = [
        min(len(losses[g.office_code]), len(gains[r.office_code])) for g, r, _ in pairs
    ]
    found = milp(
        worth,
        integrality=np.ones(size),
        bounds=Bounds(0, upper),
        constraints=LinearConstraint(balance, 0, 0),
    )
    if found.x is None:
        return np.zeros(len(pairs), dtype=np.int_)
    return np.asarray(np.round(found.x[: len(pairs)]), dtype=np.int_)


def _worth_it(
    pairs: Sequence[tuple[Office, Office, float]],
    moved: NDArray[np.int_],
    gains: dict[str, Numbers],
    losses: dict[str, Numbers],
) -> list[Move]:
    """The pairs' moves, nearest first, each with what it adds to those before it."""
    order = sorted(
        (n for n in range(len(pairs)) if moved[n]),
        key=lambda n: (pairs[n][2], pairs[n][0].office_code, pairs[n][1].office_code),
    )
    given: dict[str, int] = {}
    got: dict[str, int] = {}
    moves = []
    for n in order:
        giver, receiver, distance = pairs[n]
        count = int(moved[n])
        i, j = given.get(giver.office_code, 0), got.get(receiver.office_code, 0)
        lost = float(losses[giver.office_code][i : i + count].sum())
        travel = 2 * MINUTES_PER_KM * distance * count
        net = float(gains[receiver.office_code][j : j + count].sum()) - lost
        if net - travel < LEAST_MINUTES:
            continue
        given[giver.office_code], got[receiver.office_code] = i + count, j + count
        cost = f"waiting_minutes_per_day={lost:.0f};travel_minutes_per_day={travel:.0f}"
        moves.append(
            Move(
                "staff",
                giver.office_code,
                receiver.office_code,
                count,
                "desks",
                0.0,
                net,
                cost,
            )
        )
    return moves


def _print_proposals(
    sites: Sequence[Site],
    allowed: Sequence[float],
    pairs: Sequence[tuple[int, int]],
    moved: dict[tuple[int, int, int], int],
    found: Numbers,
) -> list[Move]:
    """Pairs by how much they move, each judged with what is moved before it."""
    tiers = range(len(PRINT_ORDER))
    more = np.zeros((len(sites), len(PRINT_ORDER)))
    amounts = {pair: np.array([found[moved[(*pair, t)]] for t in tiers]) for pair in pairs}
    moves = []
    for a, b in sorted(pairs, key=lambda pair: (-round(amounts[pair].sum(), 6), pair)):
        amount = amounts[(a, b)]
        if amount.sum() < 1e-6:
            break
        before = sum(late_jobs(sites[s], allowed, list(more[s])).sum() for s in (a, b))
        later = more.copy()
        later[a] -= amount
        later[b] += amount
        after = [late_jobs(sites[s], allowed, list(later[s])) for s in (a, b)]
        is_worse = (after[1] > late_jobs(sites[b], allowed) + 1e-6).any()
        if is_worse or before - sum(side.sum() for side in after) < LEAST_LATE:
            continue
        more = later
        days = amount.sum() * allowed[-1] / max(sites[b].capacity, 1.0)
        moves.append(
            Move(
                "print",
                sites[a].office_code,
                sites[b].office_code,
                round(float(amount.sum()), 1),
                "jobs_per_day",
                before - float(sum(side.sum() for side in after)),
                0.0,
                f"normal_tier_days_later_at_receiver={days:.1f}",
            )
        )
    return moves


def _stretched(arrivals: Sequence[float], hours: int) -> list[float]:
    """The same visitors over a day that is open so much longer."""
    open_slots = np.flatnonzero(np.asarray(arrivals) > 0)
    if not len(open_slots):
        return list(arrivals)
    first, last = int(open_slots[0]), int(open_slots[-1]) + 1
    came = np.concatenate([[0.0], np.cumsum(arrivals[first:last])])
    slots = len(came) - 1 + int(hours * 60 / SLOT_MINUTES)
    at = np.linspace(0, len(came) - 1, slots + 1)
    return list(np.diff(np.interp(at, np.arange(len(came)), came)))


def _identity(move: Move, to_day: date) -> str:
    year, week, _ = to_day.isocalendar()
    text = f"{move.kind}|{move.from_place}|{move.to_place}|{year}-{week:02d}"
    return f"{move.kind}-{hashlib.sha256(text.encode()).hexdigest()[:12]}"
