"""Where should people and print work move? What is proposed, what was decided, what came of it."""

from dataclasses import dataclass

import pandas as pd

from reports.broker import Publication, Scope, rows

WAITING = "proposed"


@dataclass(frozen=True)
class Redistribution:
    """`waiting` are proposals that nobody has decided on, what brings most first; `decided` those
    accepted or rejected, the newest decision first. Both frames as `_PROPOSALS` says."""

    waiting: pd.DataFrame
    decided: pd.DataFrame


def redistribution(publication: Publication, scope: Scope) -> Redistribution:
    """The proposals that give to or take from a place of the scope, as published."""
    found = rows(publication, scope, _PROPOSALS)
    is_waiting = found["state"] == WAITING
    decided = found[~is_waiting].sort_values("decided_at", ascending=False)
    return Redistribution(found[is_waiting].reset_index(drop=True), decided.reset_index(drop=True))


# One row a proposal: recommendation_id, kind (`staff` `print` `hours`), from_place, to_place,
# from_name (null where nothing is taken from a place), to_name, km (as the crow flies, null without
# two places), quantity, unit, from_day, to_day, expected_late_avoided (passports),
# expected_waiting_minutes_avoided, cost, seen_effect (null until its days are over), state
# (`proposed` `accepted` `rejected`), decided_by_role, decided_at, decision_reason.
_PROPOSALS = """
    select
        recommendation_id,
        rpt_redistribution.kind,
        from_place,
        to_place,
        case when from_place is not null then coalesce(givers.name, from_place) end as from_name,
        coalesce(receivers.name, to_place) as to_name,
        12742 * asin(sqrt(
            pow(sin(radians(receivers.latitude - givers.latitude) / 2), 2)
            + cos(radians(givers.latitude)) * cos(radians(receivers.latitude))
            * pow(sin(radians(receivers.longitude - givers.longitude) / 2), 2)
        )) as km,
        quantity,
        unit,
        from_day::timestamp as from_day,
        to_day::timestamp as to_day,
        expected_late_avoided,
        expected_waiting_minutes_avoided,
        cost,
        seen_effect,
        state,
        decided_by_role,
        decided_at,
        decision_reason
    from rpt_redistribution
    left join rpt_places as givers on givers.office_code = from_place
    left join rpt_places as receivers on receivers.office_code = to_place
    order by
        expected_late_avoided desc, expected_waiting_minutes_avoided desc, recommendation_id
"""
