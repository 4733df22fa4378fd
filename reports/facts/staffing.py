"""Where are people missing, who needs help? Work against the mix of work that came.

People are pseudonymous references. Fewer than 20 cases are marked and never ranked."""

from dataclasses import dataclass
from datetime import date

import pandas as pd

from reports.broker import Publication, Scope, rows
from reports.facts.days import days_before
from reports.facts.judging import DEVIATIONS, spread

WEEK = 7


@dataclass(frozen=True)
class Staff:
    """The people of a scope in one whole month, and the desks of the last week; `by_person` in
    one office, else a row an office. Frames as their functions say."""

    month: date | None
    day: date
    by_person: bool
    work: pd.DataFrame
    desks: pd.DataFrame


def staff(publication: Publication, scope: Scope, day: date) -> Staff:
    """The work of the newest month that had ended by `day`, or of the one that runs where none
    has; desks of the 7 days to `day`."""
    by_person = scope.name.startswith("office:")
    found = rows(publication, scope, _MONTH, {"day": day})
    month = None if found["month"].isna().all() else found["month"].iloc[0].date()
    work = rows(publication, scope, _PEOPLE if by_person else _OFFICES, {"month": month})
    desks = {"since": days_before(day, WEEK), "day": day}
    return Staff(month, day, by_person, with_reach(work), rows(publication, scope, _DESKS, desks))


def with_reach(work: pd.DataFrame) -> pd.DataFrame:
    """The rows with lower_pct and upper_pct, what chance and the usual spread make of so
    much expected work, and
    state (`below` `above` `usual` `few`; `few` is never ranked)."""
    ratio = 100.0 * work["ratio_to_expected"]
    chance = 100.0 / work["expected_cases"].clip(lower=1.0).pow(0.5)
    apart = ((ratio - 100.0) / chance).where(~work["is_small_number"])
    reach = DEVIATIONS * spread(apart) * chance
    state = pd.Series("usual", index=work.index, dtype=object)
    state = state.mask(ratio < 100.0 - reach, "below").mask(ratio > 100.0 + reach, "above")
    state = state.mask(work["is_small_number"] | ratio.isna(), "few")
    return work.assign(
        share_pct=ratio,
        lower_pct=(100.0 - reach).clip(lower=0.0),
        upper_pct=100.0 + reach,
        state=state,
    )


_MONTH = """
    select
        coalesce(
            max(period_start) filter (where period_start < date_trunc('month', $day::date + 1)),
            max(period_start)
        )::timestamp as month
    from rpt_staff
    where period_kind = 'month' and period_start <= $day
"""

# One row a person: part (the reference), role, cases, hours_at_desk, cases_per_hour, rework_pct,
# expected_cases (of the same mix of work), ratio_to_expected, is_small_number.
_PEOPLE = """
    select
        staff_id as part, role, cases::double as cases, hours_at_desk, cases_per_hour, rework_pct,
        expected_cases, ratio_to_expected, is_small_number
    from rpt_staff
    where period_kind = 'month' and period_start = $month
    order by cases desc, part
"""

# One row an office: part (its name), people, and as of a person, of those with an expectation.
_OFFICES = """
    select
        name as part,
        zone,
        count(*)::double as people,
        sum(cases)::double as cases,
        sum(hours_at_desk) as hours_at_desk,
        sum(cases) filter (where hours_at_desk > 0) / nullif(sum(hours_at_desk), 0)
            as cases_per_hour,
        sum(rework_pct * cases) / nullif(sum(cases), 0) as rework_pct,
        sum(expected_cases) as expected_cases,
        sum(cases) filter (where expected_cases is not null) / nullif(sum(expected_cases), 0)
            as ratio_to_expected,
        coalesce(sum(cases) < 20, true) as is_small_number
    from rpt_staff
    inner join rpt_places using (office_code)
    where period_kind = 'month' and period_start = $month
    group by all
    order by cases desc, part
"""

# One row an office over 7 days: office_code, part, slots (half-hours), planned_staff,
# present_staff, required_staff, desks_open, counters (means of half-hours where they are known),
# short_pct (half-hours with fewer present than needed).
_DESKS = """
    select
        office_code,
        name as part,
        count(*)::double as slots,
        avg(planned_staff) as planned_staff,
        avg(present_staff) as present_staff,
        avg(required_staff) as required_staff,
        avg(desks_open) as desks_open,
        avg(rpt_staffing.counters) as counters,
        100.0 * count(*) filter (where desks_open < required_staff) / count(*) as short_pct
    from rpt_staffing
    inner join rpt_places using (office_code)
    where slot_on between $since and $day and present_staff is not null
        and required_staff is not null
    group by all
    order by short_pct desc, slots desc, part
"""
