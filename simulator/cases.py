"""The way of a case at its office: from the counter to the decision, for which it may have to come
again. What was not heard waits for the next day."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from simulator.applications import applications_record
from simulator.calendar import DAY, Calendar
from simulator.columns import MISSING, Frame, length, pick, stack
from simulator.counters import desks, serve, standing_still
from simulator.events import COMPLETED, DEFERRED, RETURNED, happening
from simulator.links import Links
from simulator.network import APPROVER, Network
from simulator.randomness import Flags, Ints, Luck
from simulator.roster import Roster

ONE_WINDOW_SHARE = 0.75
"""Large offices have desks of both kinds, all others one window only."""
DEFERRED_SHARE = 0.03
RETURNED_SHARE = 0.012
REFUSED_SHARE = 0.003
CANCELLED_SHARE = 0.0025

_HEARING_SECONDS, _HEARING_SIGMA = 85.0, 0.45

_SPLITS = (0.2, 0.45, 0.8, 1.0)
"""Shares of a visit after which photo, biometrics, data entry and list check are done."""


@dataclass(frozen=True)
class Intake:
    """New cases of a day, with their rows: they wait to be heard."""

    applications: pa.Table
    events: list[Frame]
    cases: Frame

    def hearings(self, day: int) -> Frame:
        """The cases as they wait for the decision from their day on."""
        size = length(self.cases)
        waiting = {**self.cases, "ready_at": self.cases["captured"]}
        waiting |= {"due_day": np.full(size, day), "attempt": np.full(size, FIRST)}
        return {name: waiting[name] for name in HEARING}


@dataclass(frozen=True)
class Heard:
    """What the approvers of a day decided. `hearings` are the cases that still wait for them or
    must come again, `approved` those that go to the matching, `deferred` those sent home today."""

    hearings: Frame
    approved: Frame
    deferred: Frame
    events: list[Frame]
    applications: pa.Table


HEARING = (
    *("number", "place", "tier", "category", "pages", "long", "online", "submitted"),
    *("ready_at", "due_day", "attempt"),
)
FIRST, AFTER_DEFERRAL, AFTER_RETURN = range(3)


def intake(network: Network, seed: int, served: Frame, online: Frame) -> Intake:
    """The cases of one day. `served` are the applicants served at a counter (with number, called,
    closed, staff, desk), `online` those who sent a form (with number, arrived)."""
    cases = stack([_at_counter(served), _online(online)])
    luck = Luck(seed, cases["number"])
    online_case = cases["online"] == 1
    desk_by_desk = (
        network.is_large[cases["place"]]
        & luck.happens("desk by desk", 1 - ONE_WINDOW_SHARE)
        & ~online_case
    )
    return Intake(
        applications=applications_record(network, seed, cases),
        events=_captured(cases, online_case, desk_by_desk),
        cases=cases,
    )


def _at_counter(served: Frame) -> Frame:
    return {
        **{name: served[name] for name in _BROUGHT},
        "round": np.zeros(length(served), np.int64),
        "online": np.zeros(length(served), np.int64),
        "submitted": served["called"],
        "captured": served["closed"],
        "staff": served["staff"],
        "desk": served["desk"],
    }


def _online(online: Frame) -> Frame:
    size = length(online)
    return {
        **{name: online[name] for name in _BROUGHT},
        "round": np.zeros(size, np.int64),
        "online": np.ones(size, np.int64),
        "submitted": online["arrived"],
        "captured": online["arrived"],
        "staff": np.full(size, MISSING),
        "desk": np.full(size, MISSING),
    }


_BROUGHT = ("number", "place", "tier", "category", "pages", "long")


def _captured(cases: Frame, online: Flags, desk_by_desk: Flags) -> list[Frame]:
    events = []
    one_window = np.flatnonzero(~online & ~desk_by_desk)
    chosen = pick(cases, one_window)
    events.append(
        happening(
            chosen,
            "one_window",
            COMPLETED,
            chosen["captured"],
            10,
            staff=chosen["staff"],
            desk=chosen["desk"],
        )
    )
    chosen = pick(cases, np.flatnonzero(desk_by_desk))
    lasting = chosen["captured"] - chosen["submitted"]
    for step, (name, share) in enumerate(
        zip(("photo", "biometrics", "data_entry", "list_check"), _SPLITS, strict=True)
    ):
        at = chosen["submitted"] + (lasting * share).astype(np.int64)
        events.append(
            happening(
                chosen, name, COMPLETED, at, 10 + step, staff=chosen["staff"], desk=chosen["desk"]
            )
        )
    chosen = pick(cases, np.flatnonzero(online))
    events.append(happening(chosen, "data_entry", COMPLETED, chosen["submitted"], 12))
    return events


def hear(
    network: Network,
    calendar: Calendar,
    links: Links,
    seed: int,
    day: int,
    present: Roster,
    waiting: Frame,
) -> Heard:
    """A local day of the approvers: they take cases in the order in which those are ready, first
    of all those who were told to come back."""
    hours = calendar.hours(day)
    due = (waiting["due_day"] <= day) & (hours.opens[waiting["place"]] >= 0)
    cases = pick(waiting, due)
    # Whoever was told to come back, and whatever lay over night, is there at the opening.
    ready = np.maximum(cases["ready_at"], hours.opens[cases["place"]])
    order = np.lexsort((cases["number"], cases["ready_at"], ready, cases["place"]))
    cases, ready = pick(cases, order), ready[order]
    place = cases["place"]
    luck = Luck(seed, cases["number"] * 4 + cases["attempt"])
    seconds = luck.lognormal("hearing", _HEARING_SECONDS, _HEARING_SIGMA)
    approvers = desks(hours.opens, hours.closes, present, network.staff_role, APPROVER)
    forever = np.full(len(place), float(DAY * 9))
    called, server = serve(place, ready, seconds, forever, approvers, standing_still(links))
    is_heard = server >= 0
    rest = stack([pick(waiting, ~due), pick(cases, ~is_heard)])
    cases, called, server = pick(cases, is_heard), called[is_heard], server[is_heard]
    staff = approvers.staff[server]
    lasting = seconds[is_heard] * approvers.pace[server]
    heard = called + lasting.astype(np.int64) + 1

    fate = Luck(seed, cases["number"]).choose(
        "fate",
        (
            DEFERRED_SHARE,
            RETURNED_SHARE,
            REFUSED_SHARE,
            CANCELLED_SHARE,
            1 - DEFERRED_SHARE - RETURNED_SHARE - REFUSED_SHARE - CANCELLED_SHARE,
        ),
    )
    first = cases["attempt"] == FIRST
    deferred, returned = (fate == 0) & first, (fate == 1) & first
    refused, cancelled = fate == 2, fate == 3
    approved = ~deferred & ~returned & ~refused
    again = pick(cases, deferred | returned)
    again = {**again, **_comes_back(calendar, seed, day, again, deferred[deferred | returned])}
    rounds = {**cases, "round": np.zeros(len(heard), np.int64)}
    reason = Luck(seed, cases["number"]).choose("reason", (6, 1, 1, 1, 1))

    def told(
        mask: Flags, name: str, event: int, step: int, at: Ints = heard, why: bool = False
    ) -> Frame:
        return happening(
            pick(rounds, mask),
            name,
            event,
            at[mask],
            step,
            staff=staff[mask],
            reason=reason[mask] if why else None,
        )

    entered_again = cases["attempt"] == AFTER_RETURN
    checked_now = (cases["online"] == 1) & first
    events = [
        told(checked_now, "list_check", COMPLETED, 13, at=called),
        told(entered_again, "data_entry", COMPLETED, 21, at=called),
        told(deferred, "approval", DEFERRED, 20, why=True),
        told(returned, "approval", RETURNED, 20, why=True),
        told(refused, "refused", COMPLETED, 22),
        told(approved, "approval", COMPLETED, 30),
    ]
    withdrawn = pick(cases, cancelled)
    cancelled_at = heard[cancelled] + Luck(seed, withdrawn["number"]).integers("cancels", 300, 2400)
    chosen = pick(cases, approved & ~cancelled)
    return Heard(
        hearings=stack([rest, again]),
        approved={
            **{name: chosen[name] for name in ("number", "place", "tier", "pages")},
            "submitted_at": chosen["submitted"],
            "approved_at": heard[approved & ~cancelled],
        },
        deferred={**pick(cases, deferred), "at": heard[deferred]},
        events=events,
        applications=applications_record(network, seed, withdrawn, cancelled_at),
    )


def _comes_back(
    calendar: Calendar, seed: int, day: int, cases: Frame, deferred: Flags
) -> dict[str, Ints]:
    """The day and instant at which a case is there again: the applicant comes in opening hours."""
    luck = Luck(seed, cases["number"])
    pause = np.where(deferred, 1 + luck.geometric("pause", 0.25), luck.integers("pause", 1, 4))
    opens, closes = calendar.next_openings(int(pause.max(initial=0)) + 1, day)
    place = cases["place"]
    begins, ends = opens[pause, place], closes[pause, place]
    return {
        "due_day": day + pause,
        "ready_at": begins + (luck.uniform("comes back") * (ends - begins) * 0.7).astype(np.int64),
        "attempt": np.where(deferred, AFTER_DEFERRAL, AFTER_RETURN),
    }
