"""Is anything wrong right now? What the wall of the monitoring room shows of a publication."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import pandas as pd

from reports.broker import Publication, Scope, rows
from reports.facts.rushes import Rush, rushes

# Data may be three times as old as publications usually are apart; never older than the most.
_LATE_AFTER_GAPS = 3
_LATE_AT_LEAST, LATE_AT_MOST = timedelta(minutes=5), timedelta(hours=2)


@dataclass(frozen=True)
class Wall:
    """One moment of the authority. `is_night` where fewer than half of the counters at home are to
    be open; `late_after` is the age from which on data is stale. Frames as their queries say."""

    is_night: bool
    late_after: timedelta
    places: pd.DataFrame
    sites: pd.DataFrame
    stopped: pd.DataFrame
    links: pd.DataFrame
    jumps: pd.DataFrame
    rushes: tuple[Rush, ...]

    @property
    def silent(self) -> pd.DataFrame:
        """Places that are to be open and of which nothing is received: silent, or never seen."""
        return self.places[self.places["state"].isin(["silent", "unknown"])]

    @property
    def surges(self) -> tuple[Rush, ...]:
        """Rushes that go on."""
        return tuple(rush for rush in self.rushes if rush.direction == "surge")

    @property
    def unvisited(self) -> tuple[Rush, ...]:
        """Places to which far fewer people come than expected, while their data are received."""
        unheard = set(self.silent["office_code"])
        return tuple(
            rush
            for rush in self.rushes
            if rush.direction == "drop" and rush.office_code not in unheard
        )

    def open_round_the_clock(self) -> pd.DataFrame:
        """The counters at home that are to be open now; by night, those that never close."""
        is_counter = ~self.places["kind"].isin(["mission", "print_site", "headquarters"])
        return self.places[is_counter & self.places["should_be_open"]]

    def open_missions(self) -> pd.DataFrame:
        """The missions whose day it is, what is wrong first."""
        return self.places[(self.places["kind"] == "mission") & self.places["should_be_open"]]


def wall(publication: Publication, scope: Scope) -> Wall:
    """The wall of a scope at the publication's as-of time."""
    places = rows(publication, scope, _PLACES)
    at_home = places[~places["kind"].isin(["mission", "print_site", "headquarters"])]
    gap = rows(publication, scope, _GAP)["gap_minutes"].iloc[0]
    return Wall(
        is_night=bool(len(at_home)) and at_home["should_be_open"].mean() < 0.5,
        late_after=_late_after(None if pd.isna(gap) else float(gap)),
        places=places,
        sites=rows(publication, scope, _SITES),
        stopped=rows(publication, scope, _STOPPED),
        links=rows(publication, scope, _LINKS),
        jumps=rows(publication, scope, _JUMPS),
        rushes=tuple(rush for rush in rushes(publication, scope) if rush.ended_at is None),
    )


def is_stale(facts: Wall, as_of: datetime, now: datetime) -> bool:
    """Whether data of `as_of` is too old at `now` (both aware)."""
    return now - as_of > facts.late_after


def _late_after(gap_minutes: float | None) -> timedelta:
    if gap_minutes is None:
        return LATE_AT_MOST
    usual = timedelta(minutes=_LATE_AFTER_GAPS * gap_minutes)
    return min(max(usual, _LATE_AT_LEAST), LATE_AT_MOST)


# Minutes between publications, the median of the newest ones.
_GAP = """
    with newest as (
        select as_of from rpt_generations order by as_of desc limit 6
    ),

    gaps as (
        select date_diff('second', lag(as_of) over (order by as_of), as_of) / 60.0 as minutes
        from newest
    )

    select median(minutes)::double as gap_minutes from gaps
"""

# Every place in service, what is wrong first: office_code, name, kind, zone, state (`open` `closed`
# `silent` `unknown`), since_at, should_be_open, waiting.
_PLACES = """
    select
        office_code, name, kind, zone, state, since_at, should_be_open, waiting::double as waiting
    from rpt_place_now
    inner join rpt_places using (office_code)
    order by state not in ('silent', 'unknown'), state = 'unknown', since_at, name
"""

# Print sites: office_code, name, and how many machines are in which state.
_SITES = """
    select
        office_code,
        name,
        count(*) filter (where state = 'running')::integer as running,
        count(*) filter (where state = 'idle')::integer as idle,
        count(*) filter (where state = 'down')::integer as down,
        count(*) filter (where state = 'maintenance')::integer as maintenance,
        count(*) filter (where state not in ('running', 'idle', 'down', 'maintenance'))::integer
            as unknown
    from rpt_machine_now
    inner join rpt_places using (office_code)
    where kind = 'print_site'
    group by office_code, name
    order by down + unknown desc, name
"""

# Machines that are down or of which nothing is known, the longest first: machine_id, office, state,
# since_at, fault_code.
_STOPPED = """
    select machine_id, name as office, rpt_machine_now.state, since_at, fault_code
    from rpt_machine_now
    inner join rpt_places using (office_code)
    where rpt_machine_now.state not in ('running', 'idle', 'maintenance')
    order by rpt_machine_now.state <> 'down', since_at, machine_id
"""

# Links that are down, slow or unknown, down first: office, link, state, since_at.
_LINKS = """
    select name as office, link, rpt_link_now.state, since_at
    from rpt_link_now
    inner join rpt_places using (office_code)
    where rpt_link_now.state <> 'up'
    order by rpt_link_now.state <> 'down', rpt_link_now.state = 'degraded', since_at, name, link
"""

# Places where far more cases wait than a week ago: place, measured, expected (cases).
_JUMPS = """
    select place, measured, expected
    from rpt_findings
    where rule = 'backlog_jump' and state = 'found'
    order by measured - expected desc, place
"""
