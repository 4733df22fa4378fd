"""The lines to headquarters, NADRA and the internet: readings every half hour, and outages."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from simulator.calendar import DAY, home_midnight
from simulator.columns import MISSING, code, numbered, rows_of
from simulator.network import Network
from simulator.randomness import Flags, Floats, Ints, generator, lognormal

LINKS = ("headquarters", "nadra", "internet")
HEADQUARTERS_LINK, NADRA_LINK, INTERNET_LINK = range(3)
STATES = ("up", "degraded", "down")
READING_SECONDS = 1800

_NATIONAL_OUTAGE = 0.01
_LOCAL_OUTAGE = 0.012
_DEGRADED_SHARE = 0.02


@dataclass(frozen=True)
class Links:
    """Outages of one home day: start and end in UTC seconds, shape (places, links); an end of 0
    where there is none. `is_national` tells by link whether one hit the whole nation."""

    starts: Ints
    ends: Ints
    is_national: Flags


def outages(network: Network, seed: int, day: int) -> Links:
    """At most one outage per line and day; one of the whole nation hits every place."""
    draws = generator(seed, day, "links")
    shape = (network.offices, len(LINKS))
    begin = home_midnight(day)
    hit = draws.random(shape) < _LOCAL_OUTAGE
    starts = begin + draws.integers(0, DAY, shape)
    lasting = lognormal(draws, 5400, 0.9, hit.size).reshape(shape).astype(np.int64)
    national = draws.random(len(LINKS)) < np.array([_NATIONAL_OUTAGE, _NATIONAL_OUTAGE, 0.0])
    common_start = begin + draws.integers(9 * 3600, 15 * 3600, len(LINKS))
    common_lasting = lognormal(draws, 6000, 0.4, len(LINKS)).astype(np.int64)
    starts = np.where(national, common_start, starts)
    ends = np.where(hit | national, starts + np.where(national, common_lasting, lasting), 0)
    # An outage ends with its day, so that each day stands alone.
    return Links(starts, np.minimum(ends, begin + DAY), national)


def held_up(links: Links, link: int, place: Ints, at: Floats | Ints) -> Ints:
    """Instants moved to the end of the outage of `link` at `place` in which they lie."""
    instants = np.asarray(at, np.int64)
    starts, ends = links.starts[place, link], links.ends[place, link]
    return np.where((instants >= starts) & (instants < ends), ends, instants)


def link_readings(network: Network, seed: int, day: int, links: Links, began_at: int) -> pa.Table:
    """The record `link_readings` of one home day."""
    draws = generator(seed, day, "link readings")
    slots = home_midnight(day) + np.arange(0, DAY, READING_SECONDS)
    shape = (network.offices, len(LINKS), len(slots))
    is_down = (slots >= links.starts[..., None]) & (slots < links.ends[..., None])
    is_degraded = draws.random(shape) < _DEGRADED_SHARE
    state = np.where(is_down, 2, np.where(is_degraded, 1, 0)).ravel()
    far = np.where(network.is_mission, 160.0, 35.0)[:, None, None]
    latency = (far * (1 + 5 * is_degraded) * np.exp(0.25 * draws.standard_normal(shape))).ravel()
    place, link, slot = (axis.ravel() for axis in np.indices(shape))
    read_at = slots[slot]
    keep = np.flatnonzero(read_at >= began_at)
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


def link_issues(network: Network, day: int, links: Links, began_at: int) -> pa.Table:
    """The record `technical_issues` for outages of more than half an hour. One of the whole nation
    is one issue, of the headquarters."""
    lasts = (links.ends - links.starts > 1800) & (links.starts >= began_at)
    place, link = np.nonzero(lasts & (~links.is_national | (np.arange(len(lasts)) == 0)[:, None]))
    starts, ends = links.starts[place, link], links.ends[place, link]
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
