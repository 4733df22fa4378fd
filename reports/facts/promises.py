"""Which tier or place misses its promise, where its time goes, and is a change real?"""

from dataclasses import dataclass
from datetime import date, timedelta

import pandas as pd

from reports.broker import Publication, Scope, rows
from reports.facts.judging import DEVIATIONS, spread
from reports.facts.places import part_kind
from reports.facts.promise import SMALL_NUMBER
from reports.facts.turnaround import turnaround

TIERS = ("normal", "urgent", "fast_track")
WEEK = 7
# Longer periods are judged week by week: a year of days hides what weeks show.
LONGEST_BY_DAY = 91


@dataclass(frozen=True)
class Promises:
    """The promise over the days from `since` to `until`; frames as their functions say."""

    since: date
    until: date
    tier: str
    part_kind: str
    kept: pd.DataFrame
    places: pd.DataFrame
    turnaround: pd.DataFrame
    stages: pd.DataFrame


def promises(
    publication: Publication, scope: Scope, tier: str, since: date, until: date
) -> Promises:
    """The promise and the turnaround of a scope; `tier` is one, or `all`, for the places."""
    weeks = since - timedelta(days=3 * WEEK)
    return Promises(
        since=since,
        until=until,
        tier=tier,
        part_kind=part_kind(scope),
        kept=kept_by_period(publication, scope, since, until),
        places=kept_by_office(publication, scope, tier, since, until),
        turnaround=turnaround(publication, scope, "week", weeks, until - timedelta(days=WEEK - 1)),
        stages=stage_shares(publication, scope, until),
    )


def kept_by_period(
    publication: Publication, scope: Scope, since: date, until: date
) -> pd.DataFrame:
    """One row a tier and due day (a due week in long periods): tier, day, due, kept, kept_pct,
    target_pct. Periods with fewer than 20 cases due are left out; so is the week not yet over."""
    kind = "day" if (until - since).days < LONGEST_BY_DAY else "week"
    last = until if kind == "day" else until - timedelta(days=WEEK - 1)
    return rows(
        publication,
        scope,
        """
        select
            tier,
            period_start::timestamp as day,
            due::double as due,
            kept::double as kept,
            kept_pct,
            target_pct
        from rpt_promise
        where
            place_scope = $scope and period_kind = $kind
            and period_start between $since and $last and due >= $small
        order by tier, day
        """,
        {
            "scope": scope.place_scope,
            "kind": kind,
            "since": since,
            "last": last,
            "small": SMALL_NUMBER,
        },
    )


def kept_by_office(
    publication: Publication, scope: Scope, tier: str, since: date, until: date
) -> pd.DataFrame:
    """One row an office of submission with cases due: office_code, part (its name), zone, cases
    (due), kept, share_pct, lower_pct and upper_pct (what chance and the usual spread of places make
    of the share of all at so many cases), state (`below` `above` `usual` `few`, of which `few` is
    never ranked)."""
    found = rows(
        publication,
        scope,
        """
        select
            office_code,
            name as part,
            coalesce(zone, 'No zone') as zone,
            sum(due)::double as cases,
            sum(kept)::double as kept,
            100.0 * sum(kept) / sum(due) as share_pct
        from rpt_promise
        inner join rpt_places using (office_code)
        where
            starts_with(place_scope, 'office:') and period_kind = 'day' and tier = $tier
            and period_start between $since and $until
        group by all
        having sum(due) > 0
        order by cases desc, part
        """,
        {"tier": tier, "since": since, "until": until},
    )
    return with_limits(found)


def with_limits(places: pd.DataFrame) -> pd.DataFrame:
    """The places with the funnel's limits around the share of all, and each one's state."""
    due = places["cases"].sum()
    whole = places["kept"].sum() / due if due else 0.0
    chance = 100.0 * (whole * (1.0 - whole) / places["cases"].clip(lower=1.0)).pow(0.5)
    judged = places["cases"] >= SMALL_NUMBER
    apart = (places["share_pct"] - 100.0 * whole) / chance.where(judged & (chance > 0))
    reach = DEVIATIONS * spread(apart) * chance
    lower = (100.0 * whole - reach).clip(lower=0.0)
    upper = (100.0 * whole + reach).clip(upper=100.0)
    states = [
        "few" if cases < SMALL_NUMBER else "below" if share < low else "above" if share > high
        else "usual"
        for cases, share, low, high in zip(
            places["cases"], places["share_pct"], lower, upper, strict=True
        )
    ]  # fmt: skip
    return places.assign(lower_pct=lower, upper_pct=upper, state=states)


def stage_shares(publication: Publication, scope: Scope, until: date) -> pd.DataFrame:
    """Where the time goes in the newest whole month, one row a stage: month, stage_code, visits,
    share_pct (of all turnaround time), p50_hours, p90_hours (waiting and work),
    is_waiting_by_design, is_small_number."""
    month = (until + timedelta(days=1)).replace(day=1)
    return rows(
        publication,
        scope,
        """
        select
            month::timestamp as month,
            stage_code,
            visits::double as visits,
            share_of_turnaround_pct as share_pct,
            total_p50_seconds::double / 3600 as p50_hours,
            total_p90_seconds::double / 3600 as p90_hours,
            is_waiting_by_design,
            is_small_number
        from rpt_stage_times
        where
            place_scope = $scope
            and month = (
                select max(month) from rpt_stage_times where place_scope = $scope and month < $month
            )
        order by share_pct desc, visits desc, stage_code
        """,
        {"scope": scope.place_scope, "month": month},
    )
