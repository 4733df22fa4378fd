"""What is coming: risks, forecasts, stock that runs out."""

from dataclasses import dataclass
from datetime import date, timedelta

import pandas as pd

from reports.broker import Publication, Scope, rows
from reports.facts.clearance import forecast
from reports.facts.places import part_expression
from reports.facts.printing import SCARCE_DAYS

DAYS_AHEAD = 7


@dataclass(frozen=True)
class Ahead:
    """The days after `day`, as foreseen at the publication; frames as their functions say."""

    day: date
    risks: pd.DataFrame
    arrivals: pd.DataFrame
    backlog: pd.DataFrame
    scarce: pd.DataFrame


def ahead(publication: Publication, scope: Scope, day: date) -> Ahead:
    """What is foreseen of a scope after `day`."""
    return Ahead(
        day=day,
        risks=promise_risks(publication, scope, day),
        arrivals=forecast(publication, scope, "arrivals", day),
        backlog=forecast(publication, scope, "backlog", day),
        scarce=scarce_stock(publication, scope, day),
    )


def promise_risks(publication: Publication, scope: Scope, day: date) -> pd.DataFrame:
    """Open cases that fall due in the seven days after `day`, one row a zone (or office) of
    submission, most expected late first: part, cases, expected_late (sum of their probabilities),
    reason (of the most that are more likely late than not; null where none is)."""
    return rows(
        publication,
        scope,
        f"""
        select
            {part_expression(scope)} as part,
            count(*)::double as cases,
            sum(probability_late) as expected_late,
            mode(reason order by reason) filter (where probability_late >= 0.5) as reason
        from rpt_promise_risk
        inner join rpt_applications using (application_id)
        inner join rpt_places as places using (office_code)
        where ended_on is null and promise_due_on between $first and $last
        group by all
        order by expected_late desc, part
        """,
        {"first": day + timedelta(days=1), "last": day + timedelta(days=DAYS_AHEAD)},
    )


def scarce_stock(publication: Publication, scope: Scope, day: date) -> pd.DataFrame:
    """Stock that lasts less than 14 days by its newest count in the week to `day`, the scarcest
    first: office, item, quantity, unit, days_left, on_order, reorder_on."""
    return rows(
        publication,
        scope,
        """
        select
            coalesce(name, office_code) as office, item, quantity::double as quantity, unit,
            days_left, on_order::double as on_order, reorder_on::timestamp as reorder_on
        from rpt_consumables
        left join rpt_places using (office_code)
        where day between $since and $day
        qualify
            row_number() over (partition by office_code, item order by day desc) = 1
            and days_left < $scarce
        order by days_left, office, item
        """,
        {"day": day, "since": day - timedelta(days=6), "scarce": SCARCE_DAYS},
    )
