"""Who comes: applications of one day by place, tier, category and channel, with their hour."""

from dataclasses import dataclass

import numpy as np

from simulator.calendar import DAY, Calendar
from simulator.columns import Frame
from simulator.network import YEARLY_APPLICATIONS, Network
from simulator.randomness import Floats, Ints, choose, generator, lognormal

TIERS = ("normal", "urgent", "fast_track")
CATEGORIES = ("new", "renewal", "lost", "modification")
NORMAL, URGENT, FAST_TRACK = range(3)

ONLINE_SHARE_HOME = 0.08
ONLINE_SHARE_MISSION = 0.2
# Noise of a day: the whole nation, a zone and a place each have their own part.
_NATION_SIGMA, _ZONE_SIGMA, _PLACE_SIGMA = 0.04, 0.05, 0.09
# Local hours at which a place that never closes is visited, and forms are sent online.
_HOURS = np.array(
    [1, 0.6, 0.4, 0.3, 0.3, 0.4, 0.8, 2, 5, 8, 9, 9, 8, 6, 6, 6, 5, 5, 5, 5, 4, 4, 3, 2], float
)
EARLY_SECONDS = 1800
"""Token machines are switched on half an hour before the counters open."""


@dataclass(frozen=True)
class Arrivals:
    """The people of one day. `counter` come to a place, `online` send their form."""

    counter: Frame
    online: Frame


def expected(network: Network, calendar: Calendar, day: int) -> Floats:
    """Applications to expect by office on its local day."""
    return network.weights * YEARLY_APPLICATIONS * network.scale * calendar.demand_weights(day)


def arrivals(
    network: Network, calendar: Calendar, seed: int, day: int, factors: Floats
) -> Arrivals:
    """The applications of a local day; `factors` multiply the expected number by office."""
    draws = generator(seed, day, "demand")
    offices = network.offices
    noise = (
        lognormal(draws, 1.0, _NATION_SIGMA, 1)
        * lognormal(draws, 1.0, _ZONE_SIGMA, len(network.zones))[network.zone]
        * lognormal(draws, 1.0, _PLACE_SIGMA, offices)
    )
    mean = expected(network, calendar, day) * noise
    share = np.where(network.is_mission, ONLINE_SHARE_MISSION, ONLINE_SHARE_HOME)
    visiting = draws.poisson(mean * (1 - share) * factors)
    sending = draws.poisson(mean * share)
    counter = _applicants(network, draws, np.repeat(np.arange(offices), visiting))
    counter["arrived"] = arrival_times(network, calendar, draws, day, counter["place"])
    online = _applicants(network, draws, np.repeat(np.arange(offices), sending))
    midnight = calendar.hours(day).midnight[online["place"]]
    online["arrived"] = midnight + _clock_hours(draws, len(midnight))
    return Arrivals(counter, online)


def arrival_times(
    network: Network, calendar: Calendar, draws: np.random.Generator, day: int, place: Ints
) -> Ints:
    """When people come to open places, UTC seconds: most of them in the first hours."""
    hours = calendar.hours(day)
    opens, closes = hours.opens[place], hours.closes[place]
    shape = draws.beta(1.15, 2.0, len(place))
    usual = opens - EARLY_SECONDS + (closes - opens + EARLY_SECONDS - 600) * shape
    all_day = closes - opens >= DAY - 60
    return np.where(all_day, opens + _clock_hours(draws, len(place)), usual).astype(np.int64)


def _clock_hours(draws: np.random.Generator, size: int) -> Ints:
    return (choose(draws, tuple(_HOURS), size) * 3600 + draws.integers(0, 3600, size)).astype(
        np.int64
    )


def _applicants(network: Network, draws: np.random.Generator, place: Ints) -> Frame:
    size = len(place)
    mission, large = network.is_mission[place], network.is_large[place]
    tier = np.where(
        mission,
        choose(draws, (0.7, 0.3), size),
        choose(draws, (0.60, 0.32, 0.085), size),
    )
    tier = np.where((tier == FAST_TRACK) & ~large, URGENT, tier)
    return {
        "place": place,
        "tier": tier,
        "category": choose(draws, (0.38, 0.47, 0.05, 0.10), size),
        "pages": choose(draws, (0.86, 0.11, 0.03), size),
        "long": (draws.random(size) < 0.62).astype(np.int64),
    }
