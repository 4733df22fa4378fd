"""Was the promise kept? Cases are counted on the day on which their promise fell due."""

from datetime import date

import pandas as pd

from reports.broker import Publication, Scope, rows
from reports.facts.places import part_expression

# Shares of fewer cases are marked and never ranked.
SMALL_NUMBER = 20

_COUNTS = """
    count(*)::double as due,
    count(*) filter (where promise_state = 'kept')::double as kept,
    count(*) filter (where promise_state = 'missed')::double as missed,
    count(*) filter (where promise_state in ('open_within', 'open_beyond'))::double as still_open,
    round(100.0 * count(*) filter (where promise_state = 'kept') / count(*), 1)::double as kept_pct
"""
_DUE = "promise_state not in ('cancelled', 'none') and promise_due_on between $since and $until"


def daily_promise(publication: Publication, scope: Scope, since: date, until: date) -> pd.DataFrame:
    """One row a day with cases due: day, due, kept, missed, still_open (counts), kept_pct of due.

    Cancelled cases and cases without a promise are not counted."""
    return rows(
        publication,
        scope,
        f"""
        select promise_due_on::timestamp as day, {_COUNTS}
        from rpt_applications
        where {_DUE}
        group by promise_due_on
        order by promise_due_on
        """,
        {"since": since, "until": until},
    )


def promise_by_part(
    publication: Publication, scope: Scope, since: date, until: date
) -> pd.DataFrame:
    """The same over all of the days, one row a zone (or office) of submission: part, due, …"""
    return rows(
        publication,
        scope,
        f"""
        select {part_expression(scope)} as part, {_COUNTS}
        from rpt_applications
        inner join rpt_places as places using (office_code)
        where {_DUE}
        group by all
        order by due desc, part
        """,
        {"since": since, "until": until},
    )
