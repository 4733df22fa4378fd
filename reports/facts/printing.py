"""What limits output? Machines, their stops, what they spoil, what waits and what runs out."""

from collections.abc import Hashable
from dataclasses import dataclass
from datetime import date, timedelta

import pandas as pd

from reports.broker import Publication, Scope, rows
from reports.facts.days import days_before

MATRIX_DAYS = 28
# Stock that lasts less long than this calls for an order.
SCARCE_DAYS = 14.0


@dataclass(frozen=True)
class Printing:
    """Machines, print and stock of a scope; frames as their functions say."""

    since: date
    day: date
    machines: pd.DataFrame
    daily: pd.DataFrame
    effect: pd.DataFrame
    output: pd.DataFrame
    reasons: pd.DataFrame
    queue: pd.DataFrame
    stock: pd.DataFrame


def printing(publication: Publication, scope: Scope, since: date, day: date) -> Printing:
    """The machines of a scope over the days from `since` to `day`."""
    span = {"since": since, "day": day}
    daily = rows(publication, scope, _DAILY, {"since": days_before(day, MATRIX_DAYS), "day": day})
    # Print is counted by hours of UTC, so its days are days of UTC.
    hours = {"since": since, "until": day + timedelta(days=1)}
    return Printing(
        since=since,
        day=day,
        machines=rows(publication, scope, _MACHINES, span),
        daily=daily.assign(state=[_state(row) for row in daily.to_dict("records")]),
        effect=rows(publication, scope, _EFFECT, span),
        output=rows(publication, scope, _OUTPUT, hours),
        reasons=rows(publication, scope, _REASONS, hours),
        queue=rows(publication, scope, _QUEUE, {"day": day, **hours}),
        stock=rows(publication, scope, _STOCK, {"day": day, "from_day": days_before(day, 7)}),
    )


def _state(row: dict[Hashable, float]) -> str:
    """What a machine's day was: `unknown` where half of it or more is not known, else what
    stopped it longest, else `running` or `idle`."""
    known = ("running", "idle", "down", "maintenance")
    minutes = {name: row[f"{name}_minutes"] or 0.0 for name in known}
    if row["unknown_minutes"] >= sum(minutes.values()):
        return "unknown"
    if minutes["down"] or minutes["maintenance"]:
        return max(("down", "maintenance"), key=lambda name: minutes[name])
    return "running" if minutes["running"] else "idle"


# One row a machine: machine_id, office (its place), state now, since_at, fault_code,
# availability_pct, performance_pct, quality_pct, oee_pct (means of the days), failures, mtbf_hours
# (time that it was not stopped, a failure), mttr_hours (time down, a failure), down_hours.
_MACHINES = """
    with days as (
        select
            machine_id,
            avg(availability_pct) as availability_pct,
            avg(performance_pct) as performance_pct,
            avg(quality_pct) as quality_pct,
            avg(oee_pct) as oee_pct,
            sum(failures)::double as failures,
            (sum(running_minutes + idle_minutes) / nullif(60 * sum(failures), 0))::double
                as mtbf_hours,
            (sum(down_minutes) / nullif(60 * sum(failures), 0))::double as mttr_hours,
            sum(down_minutes)::double / 60 as down_hours
        from rpt_machines
        where day between $since and $day
        group by machine_id
    )

    select
        machine_id, coalesce(name, office_code) as office, coalesce(state, 'unknown') as state,
        since_at, fault_code, availability_pct, performance_pct, quality_pct, oee_pct, failures,
        mtbf_hours, mttr_hours, down_hours
    from rpt_machine_now
    left join rpt_places using (office_code)
    left join days using (machine_id)
    order by down_hours desc nulls last, machine_id
"""

# Days of machines of print sites, and of any machine that was stopped: machine_id, day, minutes.
_DAILY = """
    select
        machine_id, day::timestamp as day, running_minutes::double as running_minutes,
        idle_minutes::double as idle_minutes, down_minutes::double as down_minutes,
        maintenance_minutes::double as maintenance_minutes,
        unknown_minutes::double as unknown_minutes
    from rpt_machines
    where
        day between $since and $day
        and machine_id in (
            select machine_id from rpt_machines
            where day between $since and $day
            group by machine_id
            order by sum(down_minutes + maintenance_minutes + unknown_minutes) desc, machine_id
            limit 40
        )
    order by machine_id, day
"""

# Availability × performance × quality by place: office, machines that printed, and the means of
# each over the days on which they did, in %.
_EFFECT = """
    select
        coalesce(name, office_code) as office,
        count(distinct machine_id)::double as machines,
        avg(availability_pct) as availability_pct,
        avg(performance_pct) as performance_pct,
        avg(quality_pct) as quality_pct,
        avg(oee_pct) as oee_pct
    from rpt_machines
    left join rpt_places using (office_code)
    where day between $since and $day and oee_pct is not null
    group by all
    order by oee_pct, office
"""

# Good and spoiled passports a day (UTC): day, good, spoiled, spoiled_pct.
_OUTPUT = """
    select
        date_trunc('day', hour)::timestamp as day,
        sum(good)::double as good,
        sum(spoiled)::double as spoiled,
        100.0 * sum(spoiled) / nullif(sum(good + spoiled), 0) as spoiled_pct
    from rpt_print
    where hour >= $since and hour < $until
    group by all
    order by day
"""

# Hours in which a reason led what was spoiled: reason_code, spoiled (in those hours).
_REASONS = """
    select coalesce(top_reason_code, 'unknown') as reason_code, sum(spoiled)::double as spoiled
    from rpt_print
    where hour >= $since and hour < $until and spoiled > 0
    group by all
    order by spoiled desc, reason_code
"""

# What waits at each print site: office, waiting, oldest_days, good_per_day, days_of_work.
_QUEUE = """
    with made as (
        select
            office_code, sum(good) / date_diff('day', $since, $until)::double as good_per_day
        from rpt_print
        where hour >= $since and hour < $until
        group by office_code
    )

    select
        coalesce(name, office_code) as office,
        sum(waiting)::double as waiting,
        max(oldest_days)::double as oldest_days,
        max(good_per_day) as good_per_day,
        sum(waiting) / nullif(max(good_per_day), 0) as days_of_work
    from rpt_print_queue
    left join made using (office_code)
    left join rpt_places using (office_code)
    where day = $day
    group by all
    order by days_of_work desc nulls last, office
"""

# The newest count of the last 7 days, the scarcest first: office_code, office, item, day,
# quantity, unit, used_per_day, on_order, days_left, reorder_on.
_STOCK = """
    select
        office_code, coalesce(name, office_code) as office, item, day::timestamp as day,
        quantity::double as quantity, unit, used_per_day, on_order::double as on_order,
        days_left, reorder_on::timestamp as reorder_on
    from rpt_consumables
    left join rpt_places using (office_code)
    where day between $from_day and $day
    qualify row_number() over (partition by office_code, item order by day desc) = 1
    order by days_left nulls last, office, item
"""
