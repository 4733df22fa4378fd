"""What hurts applicants? Complaints by category and place, how old they get, per 10,000."""

from dataclasses import dataclass
from datetime import date

import pandas as pd

from reports.broker import Publication, Scope, rows
from reports.facts.places import is_shown_by_zone, part_kind
from reports.facts.promise import SMALL_NUMBER

LISTED_CASES = 500


@dataclass(frozen=True)
class Complaints:
    """Complaints of a scope over whole months; frames as their functions say."""

    since: date
    day: date
    part_kind: str
    monthly: pd.DataFrame
    categories: pd.DataFrame
    places: pd.DataFrame
    ages: pd.DataFrame
    cases: pd.DataFrame


def complaints(publication: Publication, scope: Scope, since: date, day: date) -> Complaints:
    """The complaints opened in the months from that of `since` to that of `day`."""
    span = {"since": since.replace(day=1), "day": day}
    of_scope = {**span, "scope": scope.place_scope}
    kind = "zone:" if is_shown_by_zone(scope) else "office:"
    return Complaints(
        since=since,
        day=day,
        part_kind=part_kind(scope),
        monthly=rows(publication, scope, _MONTHLY, of_scope),
        categories=rows(publication, scope, _CATEGORIES, of_scope),
        places=rows(publication, scope, _PLACES, {**span, "kind": kind, "small": SMALL_NUMBER}),
        ages=rows(publication, scope, _AGES),
        cases=rows(publication, scope, _CASES),
    )


# One row a month: month, opened, resolved, open_now.
_MONTHLY = """
    select
        month::timestamp as month, sum(opened)::double as opened,
        sum(resolved)::double as resolved, sum(open_now)::double as open_now
    from rpt_complaints
    where place_scope = $scope and month between $since and $day
    group by all
    order by month
"""

# One row a category, the most first: category, opened, resolved, open_now, kept_pct (of those with
# a promise; weighted by what was resolved; null below 20 resolved).
_CATEGORIES = f"""
    select
        category, sum(opened)::double as opened, sum(resolved)::double as resolved,
        sum(open_now)::double as open_now,
        case
            when sum(resolved) filter (where kept_pct is not null) >= {SMALL_NUMBER}
                then sum(kept_pct * resolved) / sum(resolved) filter (where kept_pct is not null)
        end as kept_pct
    from rpt_complaints
    where place_scope = $scope and month between $since and $day
    group by all
    order by opened desc, category
"""

# One row a zone or office and category: part, category, opened, submitted, per_10000 (null where
# the place has fewer than 20 complaints in all).
_PLACES = """
    with received as (
        select place_scope, sum(submitted)::double as submitted
        from rpt_volumes
        where starts_with(place_scope, $kind) and tier = 'all' and day between $since and $day
        group by all
    ),

    opened as (
        select
            place_scope, category, sum(opened)::double as opened,
            sum(sum(opened)) over (partition by place_scope) as opened_in_all
        from rpt_complaints
        where starts_with(place_scope, $kind) and month between $since and $day
        group by place_scope, category
    )

    select
        coalesce(places.name, substr(place_scope, instr(place_scope, ':') + 1)) as part,
        category, opened, opened_in_all::double as opened_in_all, submitted,
        case
            when opened_in_all >= $small then 10000.0 * opened / nullif(submitted, 0)
        end as per_10000
    from opened
    left join received using (place_scope)
    left join rpt_places as places on place_scope = 'office:' || places.office_code
    order by opened_in_all desc, part, opened desc, category
"""

# Open complaints by age: span, cases, late.
_AGES = """
    select
        case when age_days <= 7 then 'up to 7' when age_days <= 30 then '8 to 30'
            when age_days <= 90 then '31 to 90' else 'over 90' end as span,
        count(*)::double as cases,
        count(*) filter (where is_late)::double as late
    from rpt_complaint_cases
    where is_open
    group by span
    order by min(age_days)
"""

# Open complaints, the oldest due first: complaint_id, application_id, office, category, channel,
# opened_at, due_at, age_days, stage_code (of the case when it was opened), is_late.
_CASES = f"""
    select
        complaint_id, application_id, name as office, category, channel, opened_at, due_at,
        age_days::double as age_days, stage_code, is_late
    from rpt_complaint_cases
    inner join rpt_places using (office_code)
    where is_open
    order by due_at nulls last, complaint_id
    limit {LISTED_CASES}
"""
