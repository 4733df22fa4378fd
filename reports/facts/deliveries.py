"""Where are finished passports stuck? On their way, lost, or ready and not collected."""

from dataclasses import dataclass
from datetime import date, timedelta

import pandas as pd

from reports.broker import Publication, Scope, rows
from reports.facts.places import is_shown_by_zone, part_kind
from reports.facts.promise import SMALL_NUMBER

LISTED_BOXES = 500


@dataclass(frozen=True)
class Deliveries:
    """Boxes and uncollected passports of a scope; frames as their functions say."""

    since: date
    day: date
    part_kind: str
    daily: pd.DataFrame
    boxes: pd.DataFrame
    carriers: pd.DataFrame
    uncollected: pd.DataFrame


def deliveries(publication: Publication, scope: Scope, since: date, day: date) -> Deliveries:
    """The deliveries of a scope over the days from `since` to `day`."""
    span = {"since": since, "day": day}
    carriers = {"since": since, "until": day + timedelta(days=1), "small": SMALL_NUMBER}
    kind = "zone:" if is_shown_by_zone(scope) else "office:"
    return Deliveries(
        since=since,
        day=day,
        part_kind=part_kind(scope),
        daily=rows(publication, scope, _DAILY, {**span, "scope": scope.place_scope}),
        boxes=rows(publication, scope, _BOXES),
        carriers=rows(publication, scope, _CARRIERS, carriers),
        uncollected=rows(publication, scope, _UNCOLLECTED, {"day": day, "kind": kind}),
    )


# One row a day: day, dispatched, received, in_transit, transit_p50_days, transit_p90_days, ready,
# collected, uncollected, uncollected_oldest_days, lost.
_DAILY = """
    select
        day::timestamp as day, dispatched::double as dispatched, received::double as received,
        in_transit::double as in_transit, transit_p50_days, transit_p90_days,
        ready::double as ready, collected::double as collected,
        uncollected::double as uncollected,
        uncollected_oldest_days::double as uncollected_oldest_days, lost::double as lost
    from rpt_deliveries
    where place_scope = $scope and day between $since and $day
    order by day
"""

# Boxes on their way, the most overdue first: box_id, sender, receiver, carrier, passports,
# dispatched_at, due_at, overdue_days, is_overdue; and passports_late, passports_all of all.
_BOXES = f"""
    select
        box_id, coalesce(senders.name, from_office_code) as sender,
        coalesce(takers.name, to_office_code) as receiver, carrier,
        passports::double as passports, dispatched_at, due_at,
        overdue_days::double as overdue_days, coalesce(is_overdue, false) as is_overdue,
        count(*) over ()::double as boxes_all,
        count(*) filter (where is_overdue) over ()::double as boxes_late,
        sum(passports) over ()::double as passports_all,
        coalesce(sum(passports) filter (where is_overdue) over (), 0)::double as passports_late
    from rpt_boxes
    left join rpt_places as senders on senders.office_code = from_office_code
    left join rpt_places as takers on takers.office_code = to_office_code
    where received_at is null
    order by overdue_days desc nulls last, due_at, box_id
    limit {LISTED_BOXES}
"""

# Boxes received in the days by carrier: carrier, boxes, p50_days, p90_days, late_pct (null below
# 20 boxes).
_CARRIERS = """
    select
        coalesce(carrier, 'unknown') as carrier,
        count(*)::double as boxes,
        quantile_cont(date_diff('second', dispatched_at, received_at) / 86400, 0.5) as p50_days,
        quantile_cont(date_diff('second', dispatched_at, received_at) / 86400, 0.8) as p80_days,
        quantile_cont(date_diff('second', dispatched_at, received_at) / 86400, 0.9) as p90_days,
        case
            when count(*) >= $small then 100.0 * count(*) filter (where received_at > due_at)
                / count(*)
        end as late_pct
    from rpt_boxes
    where received_at >= $since and received_at < $until
    group by all
    order by boxes desc, carrier
"""

# Ready and not collected at the end of the day, by zone or office: part, uncollected,
# uncollected_oldest_days, in_transit.
_UNCOLLECTED = """
    select
        coalesce(places.name, substr(place_scope, instr(place_scope, ':') + 1)) as part,
        uncollected::double as uncollected,
        uncollected_oldest_days::double as uncollected_oldest_days,
        in_transit::double as in_transit
    from rpt_deliveries
    left join rpt_places as places on place_scope = 'office:' || places.office_code
    where starts_with(place_scope, $kind) and day = $day
    order by uncollected desc, part
"""
