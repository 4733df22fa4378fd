"""Where is it happening? Every office of a scope with its work, its promise and its state now."""

from dataclasses import dataclass
from datetime import date

import pandas as pd

from reports.broker import Publication, Scope, rows
from reports.facts.days import days_before
from reports.facts.places import part_kind
from reports.facts.promise import SMALL_NUMBER

TREND_DAYS = 28
WEEK = 7
# Rows and columns of the tile map: the country is taller than wide, the world wider than tall.
_HOME_GRID, _ABROAD_GRID = (4, 3), (2, 4)


@dataclass(frozen=True)
class Offices:
    """One row an office (`offices`) and a zone (`zones`); frames as their functions say."""

    day: date
    part_kind: str
    offices: pd.DataFrame
    zones: pd.DataFrame


def offices(publication: Publication, scope: Scope, day: date) -> Offices:
    """The offices of a scope at the end of `day`, and the four weeks that end with it."""
    found = office_list(publication, scope, day)
    return Offices(day, part_kind(scope), found, zones(found))


def office_list(publication: Publication, scope: Scope, day: date) -> pd.DataFrame:
    """One row an office, most cases beyond the promise first: office_code, name, kind, zone,
    latitude, longitude, state (`open` `closed` `silent` `unknown`), trend (received a day, 28
    days), submitted and expected_submitted and ready (7 days), in_progress, beyond_promise,
    beyond_pct, due (28 days), kept_pct (null below 20 due)."""
    return rows(
        publication,
        scope,
        """
        with flows as (
            select
                office_code,
                list(submitted::double order by day) as trend,
                sum(submitted) filter (where day >= $week) as submitted,
                sum(expected_submitted) filter (where day >= $week) as expected_submitted,
                sum(ready) filter (where day >= $week) as ready
            from rpt_volumes
            where
                starts_with(place_scope, 'office:') and tier = 'all'
                and day between $since and $day
            group by office_code
        ),

        stocks as (
            select
                office_code,
                sum(closing) as in_progress,
                sum(beyond_promise) as beyond_promise
            from rpt_backlog_daily
            where day = $day
            group by office_code
        ),

        promised as (
            select office_code, sum(due) as due, sum(kept) as kept
            from rpt_promise
            where
                period_kind = 'day' and starts_with(place_scope, 'office:') and tier = 'all'
                and period_start between $since and $day
            group by office_code
        )

        select
            office_code,
            name,
            kind,
            coalesce(zone, 'No zone') as zone,
            latitude,
            longitude,
            coalesce(rpt_place_now.state, 'unknown') as state,
            coalesce(trend, []) as trend,
            submitted::double as submitted,
            expected_submitted::double as expected_submitted,
            ready::double as ready,
            coalesce(in_progress, 0)::double as in_progress,
            coalesce(beyond_promise, 0)::double as beyond_promise,
            round(100.0 * beyond_promise / nullif(in_progress, 0), 1)::double as beyond_pct,
            coalesce(due, 0)::double as due,
            case when due >= $small then round(100.0 * kept / due, 1)::double end as kept_pct
        from rpt_places
        left join rpt_place_now using (office_code)
        left join flows using (office_code)
        left join stocks using (office_code)
        left join promised using (office_code)
        order by beyond_promise desc, in_progress desc, office_code
        """,
        {
            "day": day,
            "week": days_before(day, WEEK),
            "since": days_before(day, TREND_DAYS),
            "small": SMALL_NUMBER,
        },
    )


def zones(office_rows: pd.DataFrame) -> pd.DataFrame:
    """One row a zone: zone, is_abroad, offices, silent, submitted, in_progress, beyond_promise,
    beyond_pct, and its tile (row, column; home and abroad have each their own map)."""
    if office_rows.empty:
        return pd.DataFrame(columns=["zone"])
    found = (
        office_rows.assign(
            is_abroad=office_rows["kind"] == "mission", silent=office_rows["state"] == "silent"
        )
        .groupby("zone", as_index=False)
        .agg(
            is_abroad=("is_abroad", "all"),
            offices=("office_code", "count"),
            silent=("silent", "sum"),
            submitted=("submitted", "sum"),
            in_progress=("in_progress", "sum"),
            beyond_promise=("beyond_promise", "sum"),
            latitude=("latitude", "mean"),
            longitude=("longitude", "mean"),
        )
    )
    share = 100.0 * found["beyond_promise"] / found["in_progress"].where(found["in_progress"] > 0)
    tiled = [
        tile_map(part, _ABROAD_GRID if is_abroad else _HOME_GRID)
        for is_abroad, part in found.assign(beyond_pct=share.round(1)).groupby("is_abroad")
    ]
    return pd.concat(tiled).sort_values(
        ["beyond_promise", "zone"], ascending=[False, True], ignore_index=True
    )


def tile_map(places: pd.DataFrame, grid: tuple[int, int]) -> pd.DataFrame:
    """The places with a `row` (0 in the north) and `column` (0 in the west) of their own each,
    as near to where they lie as the grid allows."""
    tall, wide = grid
    north, west = places["latitude"].max(), places["longitude"].min()
    height = max(north - places["latitude"].min(), 1e-9)
    width = max(places["longitude"].max() - west, 1e-9)
    taken: dict[tuple[int, int], object] = {}
    for place in places.sort_values(["latitude", "zone"], ascending=[False, True]).itertuples():
        y = (north - place.latitude) / height * (tall - 1)
        x = (place.longitude - west) / width * (wide - 1)
        # More places than cells make the map taller, never one place hide another.
        cells = [
            (row, column)
            for row in range(tall + len(places))
            for column in range(wide)
            if (row, column) not in taken
        ]
        nearest = min(cells, key=lambda cell: ((cell[0] - y) ** 2 + (cell[1] - x) ** 2, cell))
        taken[nearest] = place.Index
    cell_of = {index: cell for cell, index in taken.items()}
    return places.assign(
        row=[cell_of[index][0] for index in places.index],
        column=[cell_of[index][1] for index in places.index],
    )
