"""The days on which places do not work, as their publication tells them."""

from datetime import date

import pandas as pd

from delivery.hours import IsDayOff
from reports.broker import ALL, Publication, Scope, rows


def days_off(publication: Publication) -> IsDayOff:
    """Tells of a place (as a standing names it) and a date whether most of what belongs there is
    closed; the whole authority is measured by its offices at home."""
    # a publication made by an earlier version does not tell
    frame = rows(publication, Scope(ALL), "select * from rpt_places")
    closed = frame.get("days_off", pd.Series("", index=frame.index)).fillna("")
    days = closed.str.split().map(frozenset)
    known: dict[str, pd.Series] = {}

    def is_off(place: str, day: date) -> bool:
        if place not in known:
            known[place] = days[_belonging(frame, place)]
        of_place = known[place]
        return bool(len(of_place)) and sum(f"{day}" in one for one in of_place) * 2 > len(of_place)

    return is_off


def _belonging(frame: pd.DataFrame, place: str) -> "pd.Series[bool]":
    kind, _, name = place.partition(":")
    is_mission = frame["kind"] == "mission"
    match kind:
        case "zone":
            return frame["zone"] == name
        case "office" | "site":
            return frame["office_code"] == name
        case "missions":
            return is_mission
        case _:
            return ~is_mission
