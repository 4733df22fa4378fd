"""How long a passport took, from submission until the promise was met."""

from datetime import date

import pandas as pd

from reports.broker import Publication, Scope, rows


def turnaround(
    publication: Publication, scope: Scope, period_kind: str, since: date, until: date
) -> pd.DataFrame:
    """One row a tier (`all` too) and period that began in the days: period_start, tier, completed
    (cases), p50_days, p80_days, p90_days (calendar), p50_working_days, p80_working_days,
    is_small_number. `period_kind` is `day`, `week` or `month`."""
    return rows(
        publication,
        scope,
        """
        select
            period_start::timestamp as period_start,
            tier,
            completed::double as completed,
            p50_days::double as p50_days,
            p80_days::double as p80_days,
            p90_days::double as p90_days,
            p50_working_days::double as p50_working_days,
            p80_working_days::double as p80_working_days,
            is_small_number
        from rpt_turnaround
        where
            place_scope = $place_scope
            and period_kind = $period_kind
            and period_start between $since and $until
        order by period_start, tier
        """,
        {
            "place_scope": scope.place_scope,
            "period_kind": period_kind,
            "since": since,
            "until": until,
        },
    )
