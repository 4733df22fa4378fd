"""When does what waits to be printed clear: at the present rate, as planned, and what if?"""

from dataclasses import dataclass
from datetime import date

import pandas as pd

from reports.broker import Publication, Scope, rows
from reports.facts.clearance import RATE_DAYS, WEEK, Clearance, clearance
from reports.facts.days import days_before


@dataclass(frozen=True)
class WhatIf:
    """A change to try: machines more or fewer, shifts a day (each as long as the opening hours are
    now), and the intake in per cent of what comes."""

    machines: int = 0
    shifts: float = 1.0
    intake_pct: float = 100.0


AS_PLANNED = WhatIf()


@dataclass(frozen=True)
class PrintQueue:
    """What waits to be printed at the sites of a scope at the end of `day`, one row a site:

    office_code, office (its name), waiting, machines (in service that printed in the `days` to it);
    means a calendar day of these: come_per_day, printed_per_day (good ones), planned_per_day (jobs
    that its printers are rated for in its opening hours; null where no rate is known), oee_pct
    (what they gave of it), capacity_per_day (planned × given; none where nothing was given)."""

    day: date
    days: int
    sites: pd.DataFrame

    @property
    def is_known(self) -> bool:
        """False where the rates are of less than a week."""
        return self.days >= WEEK

    def at_present_rate(self) -> Clearance | None:
        """When it clears if as many come and are printed as of late; None where that is unknown."""
        return self._at(self.sites["printed_per_day"].sum()) if self.is_known else None

    def under(self, change: WhatIf = AS_PLANNED) -> Clearance | None:
        """When it clears at planned capacity, so changed: a machine more gives what one of them
        gives in the mean. None where that is unknown."""
        capacity = self.sites["capacity_per_day"].sum(skipna=False)
        machines = self.sites["machines"].sum()
        if not self.is_known or pd.isna(capacity) or not machines:
            return None
        share = max(machines + change.machines, 0) / machines * change.shifts
        return self._at(capacity * share, change.intake_pct)

    def of_site(self, office_code: str) -> "PrintQueue":
        """The same of one site alone."""
        mine = self.sites[self.sites["office_code"] == office_code]
        return PrintQueue(self.day, self.days, mine.reset_index(drop=True))

    def _at(self, out_per_day: float, intake_pct: float = 100.0) -> Clearance:
        come = self.sites["come_per_day"].sum() * intake_pct / 100.0
        return clearance(self.day, self.sites["waiting"].sum(), come, out_per_day)


def print_queue(publication: Publication, scope: Scope, day: date, timezone: str) -> PrintQueue:
    """The print queue at the end of `day` and its rates over the 28 days to it, or as many as are
    known. `timezone` is the authority's, in whose days the queue is counted.

    What came is what was printed and by how much the queue grew, so what was withdrawn is left
    out."""
    found = rows(
        publication,
        scope,
        _SITES,
        {"before": days_before(day, RATE_DAYS + 1), "day": day, "timezone": timezone},
    )
    days = int(found["days"].iloc[0]) if len(found) else 0
    return PrintQueue(day, days, found.drop(columns="days"))


# The queue is known at the end of each day, so the rates are of the days after the first known.
_SITES = """
    with known as (
        select
            site as office_code, day, sum(waiting)::double as waiting,
            sum(planned)::double as planned
        from rpt_print_queue
        where day between $before and $day
        group by all
    ),

    span as (select min(day) as first_day, ($day - min(day))::double as days from known),

    queues as (
        select
            office_code,
            coalesce(max(waiting) filter (where day = $day), 0.0) as waiting,
            coalesce(max(waiting) filter (where day = first_day), 0.0) as waiting_before,
            -- unknown as a whole where it is on any day
            case
                when count(*) filter (where day > first_day and planned is null) = 0
                then sum(planned) filter (where day > first_day)
            end as planned,
            max(days) as days
        from known
        cross join span
        group by office_code
    ),

    prints as (
        select machine_id, office_code, sum(good)::double as good
        from rpt_print
        cross join span
        where
            -- on either side a day too many, so that only these hours are read
            hour between $before::timestamp and $day::timestamp + interval 2 day
            and (hour at time zone $timezone)::date > first_day
            and (hour at time zone $timezone)::date <= $day
        group by all
    ),

    printed as (
        select
            office_code, sum(good) as good,
            count(*) filter (where machine_id in (select machine_id from rpt_machine_now))::double
                as machines
        from prints
        group by office_code
    ),

    given as (
        select office_code, avg(oee_pct) as oee_pct
        from rpt_machines
        cross join span
        where
            day between $before and $day and day > first_day
            and machine_id in (select machine_id from prints)
        group by office_code
    )

    select
        office_code,
        coalesce(name, office_code) as office,
        waiting,
        (coalesce(good, 0.0) + waiting - waiting_before) / nullif(days, 0) as come_per_day,
        coalesce(good, 0.0) / nullif(days, 0) as printed_per_day,
        coalesce(machines, 0.0) as machines,
        planned / nullif(days, 0) as planned_per_day,
        oee_pct,
        planned / nullif(days, 0) * coalesce(oee_pct, 0.0) / 100 as capacity_per_day,
        days
    from queues
    left join printed using (office_code)
    left join given using (office_code)
    left join rpt_places using (office_code)
    order by waiting desc, office_code
"""
