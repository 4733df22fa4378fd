"""The matching of faces and fingerprints at headquarters, from which cases go to be printed."""

from dataclasses import dataclass

import numpy as np

from simulator.calendar import DAY, Calendar, date_of, home_day, home_midnight
from simulator.columns import Frame, pick
from simulator.events import COMPLETED, ENTERED, happening
from simulator.links import NADRA_LINK, Links
from simulator.network import YEARLY_APPLICATIONS, Network
from simulator.plan import Plan
from simulator.randomness import Floats, Ints, Luck

BY_EYE_SHARE = 0.02
"""Matches that an examiner must look at."""
_SEARCH_SECONDS = 900, 4500
"""From when to when a search in NADRA's and the own records answers."""
_MATCHES_AN_HOUR = YEARLY_APPLICATIONS / 250 / 8 * 2
_BY_EYE_SECONDS = 1500.0
_EXAMINERS = YEARLY_APPLICATIONS / 250 * BY_EYE_SHARE * _BY_EYE_SECONDS / (7 * 3600) * 1.3
# The print plan puts normal cases back on purpose, by days after the matching.
_PLAN_DAYS = np.array([8, 1, 0])
MATCHING = ("number", "place", "tier", "pages", "submitted_at", "approved_at")
QUEUE = (
    *("number", "place", "tier", "pages", "round", "submitted_at", "entered_at", "release_day"),
    "site",
)


@dataclass(frozen=True)
class Matched:
    """What the matching of a home day has done; `queue` goes to the print sites."""

    matching: Frame
    queue: Frame
    events: list[Frame]


def match(
    network: Network,
    calendar: Calendar,
    links: Links,
    seed: int,
    day: int,
    waiting: Frame,
    plan: Plan,
) -> Matched:
    """The facial and fingerprint matching at headquarters on a home day.

    The machine takes one after the other around the clock, as fast as its rate; examiners look at
    some in office hours. Both need NADRA's line at headquarters, which falls out with the nation's.
    """
    begin = home_midnight(day)
    end = begin + DAY
    answers = Luck(seed, waiting["number"]).integers("search", *_SEARCH_SECONDS)
    ready = waiting["approved_at"] + answers
    order = np.lexsort((waiting["number"], ready))
    waiting, ready = pick(waiting, order), ready[order]
    outage = _national_outage(links, NADRA_LINK)
    by_eye = Luck(seed, waiting["number"]).happens("by eye", BY_EYE_SHARE)
    scale = network.scale
    hours = calendar.hours(day)
    opens, closes = int(hours.opens[-1]), int(hours.closes[-1])
    office = [(begin, opens), (closes, end)] if opens >= 0 else [(begin, end)]
    done = np.zeros(len(ready), np.int64)
    for chosen, seconds, closed in (
        (~by_eye, 3600 / (_MATCHES_AN_HOUR * scale), outage),
        (by_eye, _BY_EYE_SECONDS / (_EXAMINERS * scale), outage + office),
    ):
        work = np.full(int(chosen.sum()), seconds)
        done[chosen] = one_after_the_other(ready[chosen], work, begin, end, closed)
    is_done = (done < end) & (ready < end)
    cases = pick(waiting, is_done)
    at = done[is_done]
    rounds = {**cases, "round": np.zeros(len(at), np.int64)}
    headquarters = np.full(len(at), len(network.places) - 1)
    site = network.site_of(date_of(day))[cases["place"]]
    for source, target, concerned, share in plan.print_moves(at):
        moved = Luck(seed, cases["number"]).happens("is moved", share)
        site = np.where((site == source) & concerned & moved, target, site)
    queue = {
        **{name: cases[name] for name in ("number", "place", "tier", "pages", "submitted_at")},
        "round": rounds["round"],
        "entered_at": at,
        "release_day": home_day(at) + _PLAN_DAYS[cases["tier"]],
        "site": site,
    }
    events = [
        happening(rounds, "matching", COMPLETED, at, 40, place=headquarters),
        happening(rounds, "print_queue", ENTERED, at, 41, place=network.site_places[site]),
    ]
    return Matched(pick(waiting, ~is_done), queue, events)


def _national_outage(links: Links, link: int) -> list[tuple[int, int]]:
    if not links.is_national[link]:
        return []
    return [(int(links.starts[0, link]), int(links.ends[0, link]))]


def one_after_the_other(
    ready: Ints, seconds: Floats, begin: int, end: int, closed: list[tuple[int, int]]
) -> Ints:
    """When each is done by a server that takes them in order, from `begin` on; instants and
    `closed` spans in UTC seconds. What is not done by `end` gets an instant at or after it.

    Lindley's recursion as a running maximum, on a clock that stands still while it is closed.
    """
    spans = _merged(closed, begin, end)
    edges = np.array([begin] + [edge for span in spans for edge in span] + [end])
    works = np.array([1.0, 0.0] * len(spans) + [1.0])
    worked = np.concatenate([[0.0], np.cumsum(np.diff(edges) * works)])
    come = np.interp(np.clip(ready, begin, end), edges, worked)
    before = np.cumsum(seconds) - seconds
    finish = np.maximum.accumulate(come - before) + before + seconds if len(ready) else come
    # Where the clock stands still, what is done at that reading was done before.
    segment = np.clip(np.searchsorted(worked, finish, side="left"), 1, len(edges) - 1)
    at = edges[segment] - (worked[segment] - finish)
    return np.where(finish >= worked[-1], end, np.ceil(at)).astype(np.int64)


def _merged(spans: list[tuple[int, int]], begin: int, end: int) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, until in sorted(spans):
        start, until = max(start, begin), min(until, end)
        if start >= until:
            continue
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(until, merged[-1][1]))
        else:
            merged.append((start, until))
    return merged
