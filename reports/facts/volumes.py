"""How many passports passed each step on a day, and how many applications were expected."""

from datetime import date

import pandas as pd

from reports.broker import Publication, Scope, rows
from reports.facts.places import is_shown_by_zone


def daily_volumes(publication: Publication, scope: Scope, since: date, until: date) -> pd.DataFrame:
    """One row a day, all tiers of the whole scope: day, submitted, expected_submitted, approved,
    printed, dispatched, ready, collected, cancelled (counts; expected may be null)."""
    return rows(
        publication,
        scope,
        """
        select
            day::timestamp as day,
            submitted::double as submitted,
            expected_submitted::double as expected_submitted,
            approved::double as approved,
            printed::double as printed,
            dispatched::double as dispatched,
            ready::double as ready,
            collected::double as collected,
            cancelled::double as cancelled
        from rpt_volumes
        where place_scope = $place_scope and tier = 'all' and day between $since and $until
        order by day
        """,
        {"place_scope": scope.place_scope, "since": since, "until": until},
    )


def daily_volumes_by_part(
    publication: Publication, scope: Scope, since: date, until: date
) -> pd.DataFrame:
    """One row a zone (or an office, inside a zone) and day: part, day, submitted,
    expected_submitted, ready."""
    return rows(
        publication,
        scope,
        """
        select
            coalesce(places.name, substr(place_scope, instr(place_scope, ':') + 1)) as part,
            day::timestamp as day,
            submitted::double as submitted,
            expected_submitted::double as expected_submitted,
            ready::double as ready
        from rpt_volumes
        left join rpt_places as places on place_scope = 'office:' || places.office_code
        where
            starts_with(place_scope, $kind)
            and tier = 'all'
            and day between $since and $until
        order by part, day
        """,
        {
            "kind": "zone:" if is_shown_by_zone(scope) else "office:",
            "since": since,
            "until": until,
        },
    )


def volumes_by_part(
    publication: Publication, scope: Scope, since: date, until: date
) -> pd.DataFrame:
    """One row a zone (or office) over the days: part, submitted, expected_submitted, ready.

    `expected_submitted` is null where any of the days has no expectation."""
    daily = daily_volumes_by_part(publication, scope, since, until)
    summed = daily.groupby("part", as_index=False).agg(
        submitted=("submitted", "sum"),
        expected_submitted=("expected_submitted", lambda days: days.sum(skipna=False)),
        ready=("ready", "sum"),
    )
    return summed.sort_values(["submitted", "part"], ascending=[False, True], ignore_index=True)
