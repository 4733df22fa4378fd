"""Places, and the parts into which a scope is broken down."""

import pandas as pd

from reports.broker import Publication, Scope, rows

# The whole authority is shown by zone, anything smaller by office.
PART_OF_ROW = {
    True: ("zone", "coalesce(places.zone, 'No zone')"),
    False: ("office", "places.name"),
}


def is_shown_by_zone(scope: Scope) -> bool:
    """True where the parts of a scope are zones; else they are offices."""
    return scope.place_scope == "country"


def is_one_place(scope: Scope) -> bool:
    """True for an office or a mission, which has no parts."""
    return scope.name.startswith("office:")


def part_expression(scope: Scope) -> str:
    """SQL over an alias `places` of rpt_places: the name of the part that a place belongs to."""
    return PART_OF_ROW[is_shown_by_zone(scope)][1]


def part_kind(scope: Scope) -> str:
    """`zone` or `office`."""
    return PART_OF_ROW[is_shown_by_zone(scope)][0]


def places(publication: Publication, scope: Scope) -> pd.DataFrame:
    """One row a place: office_code, name, kind, zone, city, country_code, timezone, is_open_now."""
    return rows(
        publication,
        scope,
        """
        select office_code, name, kind, zone, city, country_code, timezone, is_open_now
        from rpt_places
        order by office_code
        """,
    )
