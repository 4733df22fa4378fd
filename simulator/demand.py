"""Who comes: applications of one day by place, tier, category and channel, with their hour."""

from dataclasses import dataclass
from datetime import date
from functools import cache

import numpy as np

from simulator.calendar import DAY, Calendar, date_of
from simulator.columns import Frame, pick, stack
from simulator.network import Network
from simulator.places import read_reference
from simulator.randomness import Floats, Ints, Luck, generator, lognormal

TIERS = ("normal", "urgent", "fast_track")
CATEGORIES = ("new", "renewal", "lost", "modification")
NORMAL, URGENT, FAST_TRACK = range(3)

ONLINE_SHARE_HOME = 0.08
ONLINE_SHARE_MISSION = 0.2
# Noise of a day: the whole nation, a neighbourhood and a place each have their own part; the first
# two last for some days.
_NATION_SIGMA, _NEAR_SIGMA, _PLACE_SIGMA = 0.04, 0.08, 0.09
DAY_SIGMA = (_NATION_SIGMA**2 + _NEAR_SIGMA**2 + _PLACE_SIGMA**2) ** 0.5
"""How far a day of a place lies from what is expected of it, on a log scale."""
_MEMORY_DAYS, _MEMORY = 6, 0.5
# Local hours at which a place that never closes is visited, and forms are sent online.
_HOURS = np.array(
    [1, 0.6, 0.4, 0.3, 0.3, 0.4, 0.8, 2, 5, 8, 9, 9, 8, 6, 6, 6, 5, 5, 5, 5, 4, 4, 3, 2], float
)
EARLY_SECONDS = 1800
"""Token machines are switched on half an hour before the counters open."""

ENQUIRY_SHARE = 0.07
"""So many of those who come to a counter come to ask only."""

_DAYS_TO_2010 = 14_610
_NUMBERS_A_DAY = 10_000_000
# Ranges of a day's numbers: the usual applicants begin at 0.
_ENQUIRIES, COLLECTORS, _ONLINE, _ON_TOP = 3_000_000, 3_500_000, 6_000_000, 7_000_000
RETURNING = 9_000_000
_COMES_AGAIN = 0.75
_VISITS_AT_MOST = 4

# Fast track was offered in 21 cities until January 2025, since then in 47.
_FAST_TRACK_CITIES = ((date(2025, 1, 1), 47), (date(2015, 1, 1), 21))
_TIER_SHARES_HOME, _TIER_SHARES_MISSION = (0.595, 0.34, 0.077), (0.7, 0.3)


@dataclass(frozen=True)
class Arrivals:
    """The people of one day: `counter` come to apply, `online` send their form, `enquirers` ask.

    All have a place, a number and the instant they arrive at; the applicants what they apply for,
    and at a counter the number of their token and how often they came before. `later` are those
    whose office is closed when they want to come again.
    """

    counter: Frame
    online: Frame
    enquirers: Frame
    later: Frame


APPLICANT = ("number", "place", "tier", "category", "pages", "long", "visit")


def expected(network: Network, calendar: Calendar, day: int) -> Floats:
    """Applications to expect by office on its local day."""
    year = _volumes()[date_of(day).year]
    exists = calendar.first_days[: network.offices] <= day
    return network.weights * exists * year * network.scale * calendar.demand_weights(day)


@cache
def _volumes() -> dict[int, int]:
    return {int(row["year"]): int(row["applications"]) for row in read_reference("volumes.csv")}


def arrivals(
    network: Network, calendar: Calendar, seed: int, day: int, factors: Floats, again: Frame
) -> Arrivals:
    """The applications of a local day; `factors` multiply the visitors by office, `again` are
    those who left on an earlier day and come back.

    More or fewer visitors leave the usual ones as they are: those of a factor above 1 come on top,
    those of a factor below 1 are the part of the usual ones who come all the same.
    """
    draws = generator(seed, day, "demand")
    offices = network.offices
    own = lognormal(draws, 1.0, _PLACE_SIGMA, offices)
    mean = expected(network, calendar, day) * own * np.exp(_shared_noise(network, seed, day))
    share = np.where(network.is_mission, ONLINE_SHARE_MISSION, ONLINE_SHARE_HOME)
    visiting = draws.poisson(mean * (1 - share))
    sending = draws.poisson(mean * share)
    asking = draws.binomial(visiting, ENQUIRY_SHARE)
    more = generator(seed, day, "demand on top").poisson(
        mean * (1 - share) * np.maximum(factors - 1, 0)
    )
    base = first_number(day)
    usual = _people(visiting, base)
    usual = pick(usual, Luck(seed, usual["number"]).happens("comes", factors[usual["place"]]))
    fresh = _applicants(network, seed, day, stack([usual, _people(more, base + _ON_TOP)]))
    is_open = calendar.hours(day).opens[again["place"]] >= 0
    back = pick(again, is_open)
    token = np.concatenate([fresh["number"], base + RETURNING + np.arange(is_open.sum())])
    counter = {**stack([fresh, back]), "token": token}
    hours = calendar.hours(day)
    counter["arrived"] = arrival_times(
        hours.opens[counter["place"]],
        hours.closes[counter["place"]],
        Luck(seed, visit_on(day, counter["number"])),
    )
    online = _applicants(network, seed, day, _people(sending, base + _ONLINE))
    online["arrived"] = hours.midnight[online["place"]] + _clock_hours(Luck(seed, online["number"]))
    enquirers = _people(asking, base + _ENQUIRIES)
    enquirers["arrived"] = arrival_times(
        hours.opens[enquirers["place"]],
        hours.closes[enquirers["place"]],
        Luck(seed, visit_on(day, enquirers["number"])),
    )
    return Arrivals(counter, online, enquirers, pick(again, ~is_open))


def coming_again(seed: int, left: Frame) -> Frame:
    """Of the applicants who left without being served, those who will try another day."""
    luck = Luck(seed, left["number"] * 10 + left["visit"])
    again = luck.happens("comes again", _COMES_AGAIN) & (left["visit"] + 1 < _VISITS_AT_MOST)
    back = pick({name: left[name] for name in APPLICANT}, again)
    return {**back, "visit": back["visit"] + 1}


def _shared_noise(network: Network, seed: int, day: int) -> Floats:
    """The part of a day's noise that an office shares with others, on a log scale: neighbours are
    alike, and so are days that follow each other."""
    weights = _MEMORY ** np.arange(_MEMORY_DAYS)
    weights = weights / np.sqrt((weights**2).sum())
    near, nation = np.zeros(network.offices), 0.0
    for ahead, weight in enumerate(weights):
        draws = generator(seed, day - ahead, "shared demand")
        near += weight * draws.standard_normal(network.offices)
        nation += weight * draws.standard_normal()
    return np.asarray(_NEAR_SIGMA * (network.near_root @ near) + _NATION_SIGMA * nation)


def first_number(day: int) -> int:
    """The first number of a day, of its tokens and its applications: 11 digits, four of them the
    days since 2010."""
    return (day - _DAYS_TO_2010) * _NUMBERS_A_DAY


def visit_on(day: int, number: Ints) -> Ints:
    """The number of somebody's visit on a day, by which its luck is drawn: that of a token hangs on
    who else comes."""
    return number * 1000 + day % 1000


def arrival_times(opens: Ints, closes: Ints, luck: Luck) -> Ints:
    """When people come to places that are open from when until when, UTC seconds: most of them in
    the first hours."""
    # Kumaraswamy's distribution with a = 1.15 and b = 2.
    shape = (1 - np.sqrt(1 - luck.uniform("arrives"))) ** (1 / 1.15)
    usual = opens - EARLY_SECONDS + (closes - opens + EARLY_SECONDS - 600) * shape
    all_day = closes - opens >= DAY - 60
    return np.where(all_day, opens + _clock_hours(luck), usual).astype(np.int64)


def _clock_hours(luck: Luck) -> Ints:
    return luck.choose("hour", _HOURS) * 3600 + luck.integers("second", 0, 3600)


def _people(count: Ints, first: int) -> Frame:
    place = np.repeat(np.arange(len(count)), count)
    return {"place": place, "number": first + np.arange(len(place))}


def _applicants(network: Network, seed: int, day: int, people: Frame) -> Frame:
    place, luck = people["place"], Luck(seed, people["number"])
    tier = np.where(
        network.is_mission[place],
        luck.choose("tier", _TIER_SHARES_MISSION),
        luck.choose("tier", _TIER_SHARES_HOME),
    )
    today = date_of(day)
    cities = next(count for since, count in _FAST_TRACK_CITIES if since <= today)
    offered = network.city_rank[place] < cities
    return {
        **people,
        "tier": np.where((tier == FAST_TRACK) & ~offered, URGENT, tier),
        "category": luck.choose("category", (0.38, 0.47, 0.05, 0.10)),
        "pages": luck.choose("pages", (0.86, 0.11, 0.03)),
        "long": luck.happens("validity", 0.62).astype(np.int64),
        "visit": np.zeros(len(place), np.int64),
    }
