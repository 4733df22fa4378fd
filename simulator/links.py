"""The lines to headquarters, NADRA and the internet: readings every half hour, and outages.

An outage begins on a day and may last beyond it. A line that is down holds up what needs it.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from simulator.calendar import DAY, Calendar, home_midnight
from simulator.columns import MISSING, Frame, code, numbered, rows_of
from simulator.network import Network
from simulator.plan import Plan
from simulator.randomness import Flags, Ints, generator, lognormal

LINKS = ("headquarters", "nadra", "internet")
HEADQUARTERS_LINK, NADRA_LINK, INTERNET_LINK = range(3)
STATES = ("up", "degraded", "down")
READING_SECONDS = 1800

_NATIONAL_OUTAGE = 0.004
_LOCAL_OUTAGE = 0.012
_DEGRADED_SHARE = 0.02


@dataclass(frozen=True)
class Links:
    """Outages known on one local day: start and end in UTC seconds, shape (places, links); an end
    of 0 where there is none. `is_new` tells those that begin on it, `is_national` by link whether
    one of the whole nation does."""

    starts: Ints
    ends: Ints
    is_new: Flags
    is_national: Flags

    def carried(self) -> Frame:
        """What the next day must know."""
        return {"starts": self.starts.ravel(), "ends": self.ends.ravel()}


def outages(
    network: Network, calendar: Calendar, seed: int, day: int, before: Frame, plan: Plan
) -> Links:
    """The outages of `before` that last, and at most one new one for each other line; one of the
    whole nation, and one that is made to happen, begins in any case."""
    draws = generator(seed, day, "links")
    shape = (network.offices, len(LINKS))
    midnight = calendar.hours(day).midnight[: network.offices]
    old_ends = before["ends"].reshape(shape)
    lasts = old_ends > midnight[:, None]
    hit = (draws.random(shape) < _LOCAL_OUTAGE) & ~lasts
    starts = midnight[:, None] + draws.integers(0, DAY, shape)
    ends = starts + lognormal(draws, 5400, 0.9, hit.size).reshape(shape).astype(np.int64)
    national = draws.random(len(LINKS)) < np.array([_NATIONAL_OUTAGE, _NATIONAL_OUTAGE, 0.0])
    common_start = home_midnight(day) + draws.integers(9 * 3600, 15 * 3600, len(LINKS))
    common_end = common_start + lognormal(draws, 6000, 0.4, len(LINKS)).astype(np.int64)
    cuts: list[tuple[int, Flags, int, int]] = [
        (link, np.ones(network.offices, bool), int(common_start[link]), int(common_end[link]))
        for link in range(len(LINKS))
        if national[link]
    ]
    for link, name in enumerate(LINKS):
        for places, start, end in plan.links_down(name, day, midnight):
            cuts.append((link, places, start, end))
            national[link] |= bool(places.sum() > network.offices // 2)
    starts = np.where(hit, starts, before["starts"].reshape(shape))
    ends = np.where(hit, ends, np.where(lasts, old_ends, 0))
    for link, places, start, end in cuts:
        # A line that is down already is down for longer.
        down = places & (starts[:, link] <= start) & (start <= ends[:, link])
        starts[:, link] = np.where(places & ~down, start, starts[:, link])
        later = np.where(down, np.maximum(ends[:, link], end), end)
        ends[:, link] = np.where(places, later, ends[:, link])
        hit[places, link] = True
    return Links(
        starts=starts,
        ends=ends,
        is_new=hit,
        is_national=national,
    )


def no_outages(network: Network) -> Frame:
    """Before the first day: every line is up."""
    size = network.offices * len(LINKS)
    return {"starts": np.zeros(size, np.int64), "ends": np.zeros(size, np.int64)}


def link_readings(
    network: Network, calendar: Calendar, seed: int, day: int, links: Links
) -> pa.Table:
    """The record `link_readings` of one local day of every place that exists."""
    draws = generator(seed, day, "link readings")
    midnight = calendar.hours(day).midnight[: network.offices]
    next_midnight = calendar.hours(day + 1).midnight[: network.offices]
    # a day on which the clocks change is up to an hour shorter or longer
    slots = midnight[:, None, None] + np.arange(0, DAY + 3600, READING_SECONDS)
    shape = (network.offices, len(LINKS), slots.shape[-1])
    is_down = (slots >= links.starts[..., None]) & (slots < links.ends[..., None])
    is_degraded = draws.random(shape, np.float32) < _DEGRADED_SHARE
    state = np.where(is_down, 2, np.where(is_degraded, 1, 0)).ravel()
    far = np.where(network.is_mission, 160.0, 35.0)[:, None, None]
    spread = np.exp(0.25 * draws.standard_normal(shape, np.float32))
    latency = (far * (1 + 5 * is_degraded) * spread).ravel()
    place, link, _ = (axis.ravel() for axis in np.indices(shape))
    read_at = np.broadcast_to(slots, shape).ravel()
    keep = np.flatnonzero((calendar.first_days[place] <= day) & (read_at < next_midnight[place]))
    delay = draws.integers(1, 25, len(read_at))
    return rows_of(
        "link_readings",
        {
            "office_code": code(network.codes, place[keep]),
            "link": code(LINKS, link[keep]),
            "read_at": read_at[keep],
            "state": code(STATES, state[keep]),
            "latency_ms": np.where(state == 2, MISSING, np.round(latency, 1))[keep],
            "recorded_at": (read_at + delay)[keep],
        },
        identity=day * 1_000_000 + keep,
    )


def link_issues(network: Network, calendar: Calendar, day: int, links: Links) -> pa.Table:
    """The record `technical_issues` for the day's outages of more than half an hour. One of the
    whole nation is one issue, of the headquarters."""
    exists = calendar.first_days[: network.offices, None] <= day
    lasts = links.is_new & (links.ends - links.starts > 1800) & exists
    once = ~links.is_national | (np.arange(len(lasts)) == 0)[:, None]
    place, link = np.nonzero(lasts & once)
    # An outage that is made to last longer is an issue of its own, from the day on which it is.
    starts = np.maximum(links.starts[place, link], calendar.hours(day).midnight[place])
    ends = links.ends[place, link]
    place = np.where(links.is_national[link], len(network.places) - 1, place)
    number = day * 10_000 + place * 10 + link
    tables = []
    for is_resolved in (False, True):
        tables.append(
            rows_of(
                "technical_issues",
                {
                    "issue_id": numbered("L", number),
                    "office_code": code(network.codes, place),
                    "kind": code(tuple(f"link_{name}" for name in LINKS), link),
                    "opened_at": starts + 600,
                    "resolved_at": ends + 300 if is_resolved else None,
                    "updated_at": ends + 300 if is_resolved else starts + 600,
                },
                identity=number,
                replaces=np.full(len(place), is_resolved),
            )
        )
    return pa.concat_tables(tables)
