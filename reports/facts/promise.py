"""Was the promise kept? Cases are counted on the day on which their promise fell due."""

from datetime import date

import pandas as pd

from reports.broker import Publication, Scope, rows
from reports.facts.places import is_shown_by_zone

# Shares of fewer cases are marked and never ranked.
SMALL_NUMBER = 20

_COUNTS = """
    sum(due)::double as due,
    sum(kept)::double as kept,
    sum(missed)::double as missed,
    sum(open_within + open_beyond)::double as still_open,
    round(100.0 * sum(kept) / sum(due), 1)::double as kept_pct
"""
_DUE = """
    period_kind = 'day' and tier = 'all' and period_start between $since and $until and due > 0
"""


def daily_promise(publication: Publication, scope: Scope, since: date, until: date) -> pd.DataFrame:
    """One row a day with cases due: day, due, kept, missed, still_open (counts), kept_pct of due.

    Cancelled cases and cases without a promise are not counted."""
    return rows(
        publication,
        scope,
        f"""
        select period_start::timestamp as day, {_COUNTS}
        from rpt_promise
        where place_scope = $scope and {_DUE}
        group by period_start
        order by period_start
        """,
        {"scope": scope.place_scope, "since": since, "until": until},
    )


def promise_by_part(
    publication: Publication, scope: Scope, since: date, until: date
) -> pd.DataFrame:
    """The same over all of the days, one row a zone (or office) of submission: part, due, …"""
    return rows(
        publication,
        scope,
        f"""
        select
            coalesce(places.name, substr(place_scope, instr(place_scope, ':') + 1)) as part,
            {_COUNTS}
        from rpt_promise
        left join rpt_places as places on place_scope = 'office:' || places.office_code
        where starts_with(place_scope, $kind) and {_DUE}
        group by all
        order by due desc, part
        """,
        {
            "kind": "zone:" if is_shown_by_zone(scope) else "office:",
            "since": since,
            "until": until,
        },
    )
