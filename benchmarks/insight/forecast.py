"""Forecasts against peers: rolling origins of a publication's volumes, 14 days ahead.

    python -m benchmarks.insight forecast MARTS [--offices 12] [--origins 12]

MARTS is a publication's marts.duckdb. Series are the applications submitted in the country and at
the offices with the most and some with few. Each method sees the days before an origin only. MASE
is the mean absolute error by that of the seasonal naive forecast on the same days; coverage is the
share of days between p10 and p90 (80 % is meant). Peers are those of statsforecast.
"""

import argparse
import warnings
from collections.abc import Sequence
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from time import process_time

import duckdb
import holidays
import numpy as np
import pandas as pd

from insight import forecast

AHEAD = forecast.OFFICE_DAYS


def series_of(marts: Path, offices: int) -> tuple[pd.DataFrame, pd.DataFrame, date]:
    """Daily counts and the calendar of the chosen offices, and the day after the last whole one."""
    with closing(duckdb.connect(marts, read_only=True)) as connection:
        daily = connection.execute(
            """
            with
                sizes as (
                    select office_code, row_number() over (order by sum(submitted) desc) as size
                    from rpt_volumes
                    where tier = 'all' and office_code is not null
                    group by office_code
                    having sum(submitted) > 300
                )
            select office_code, day, submitted as arrivals, collected + cancelled as completed
            from rpt_volumes
            join sizes using (office_code)
            where
                tier = 'all'
                and (size <= $offices // 2 or (size - $offices // 2) % 30 = 0)
            order by office_code, day
            """,
            {"offices": offices},
        ).df()
        places = connection.execute("select office_code, kind from rpt_places").fetchall()
    today = pd.Timestamp(daily["day"].max()).date()
    kinds = dict(places)
    closed = holidays.country_holidays("PK", years=range(today.year - 2, today.year + 2))
    first = pd.Timestamp(daily["day"].min()).date()
    rows = [
        (office, day, day.isoweekday() < 6 and not is_holiday, is_holiday)
        for office in daily["office_code"].unique()
        for n in range((today - first).days + AHEAD)
        for day in [first + timedelta(days=n)]
        for is_holiday in [kinds[office] != "mission" and day in closed]
    ]
    calendar = pd.DataFrame(rows, columns=["office_code", "day", "is_open", "is_holiday"])
    return daily, calendar, today


def ours(
    known: forecast.History, origins: list[int]
) -> tuple[dict[str, np.ndarray], np.ndarray, np.ndarray, float]:
    """Forecasts [origins, offices, days] of the naive and of ours, with its p10 and p90.

    Ours at an origin is what a night would have said then: its method chosen and its spread
    learned from back-tests before that origin alone.
    """
    size = (len(origins), len(known.offices), AHEAD)
    naive, chosen, low, high = (np.empty(size) for _ in range(4))
    began = process_time()
    members = np.eye(len(known.offices))
    for n, origin in enumerate(origins):
        then = forecast.History(
            known.offices,
            known.first_on,
            {name: counts[:, :origin] for name, counts in known.flows.items()},
            known.backlog[:, :origin],
            known.is_open[:, : origin + AHEAD],
            known.is_holiday[:, : origin + AHEAD],
        )
        tested = forecast.backtest(then, members, AHEAD)["arrivals"]
        said = forecast.predictions(then, origin, AHEAD)["arrivals"]
        naive[n] = said[forecast.NAIVE]
        for i, method in enumerate(tested.method):
            chosen[n, i] = said[method][i]
            low[n, i], high[n, i] = tested.interval(i, chosen[n, i], "arrivals")
    return {"seasonal naive": naive, "ours": chosen}, low, high, process_time() - began


def peers(
    known: forecast.History, origins: list[int]
) -> dict[str, tuple[np.ndarray, np.ndarray, np.ndarray, float]]:
    """Forecasts, p10, p90 and CPU seconds of the peers."""
    from statsforecast import StatsForecast
    from statsforecast.models import MFLES, AutoETS, AutoTheta, SeasonalWindowAverage
    from statsforecast.utils import ConformalIntervals

    conformal = ConformalIntervals(h=AHEAD, n_windows=3)
    models = {
        "AutoETS": AutoETS(season_length=7),
        "AutoTheta": AutoTheta(season_length=7),
        "MFLES": MFLES(season_length=7, prediction_intervals=conformal),
        "mean of 4 weeks": SeasonalWindowAverage(7, 4, prediction_intervals=conformal),
    }
    found = {}
    counts = known.flows["arrivals"]
    for name, model in models.items():
        began = process_time()
        p50, low, high = (np.empty((len(origins), len(known.offices), AHEAD)) for _ in range(3))
        for n, origin in enumerate(origins):
            frame = pd.DataFrame(
                {
                    "unique_id": np.repeat(known.offices, origin),
                    "ds": np.tile(pd.date_range(known.first_on, periods=origin), len(counts)),
                    "y": counts[:, :origin].ravel(),
                }
            )
            said = StatsForecast(models=[model], freq="D").forecast(df=frame, h=AHEAD, level=[80])
            columns = [c for c in said.columns if c not in ("unique_id", "ds")]
            values = said.sort_values(["unique_id", "ds"])[columns]
            ends = {"lo": low, "hi": high}
            for column in columns:
                target = next((a for key, a in ends.items() if f"-{key}-" in column), p50)
                target[n] = values[column].to_numpy().reshape(len(counts), AHEAD)
        found[name] = p50, low, high, process_time() - began
    return found


def main(given: Sequence[str]) -> int:
    """Prints the tables; the exit code is 0."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.insight forecast")
    parser.add_argument("marts", type=Path)
    parser.add_argument("--offices", type=int, default=12)
    parser.add_argument("--origins", type=int, default=12)
    arguments = parser.parse_args(given)
    warnings.filterwarnings("ignore")
    daily, calendar, today = series_of(arguments.marts, arguments.offices)
    first_on = forecast.first_whole_week(daily, today)
    known = forecast.history(daily, calendar, first_on, today, AHEAD)
    origins = [known.days - AHEAD - 14 * n for n in range(arguments.origins)]
    actual = np.stack([known.flows["arrivals"][:, o : o + AHEAD] for o in origins])
    said, low, high, seconds = ours(known, origins)
    naive_error = np.abs(actual - said["seasonal naive"]).mean(axis=(0, 2))
    print(f"{len(known.offices)} offices, {len(origins)} origins, {known.days} days\n")
    print("| method | MASE, mean of offices | in p10 to p90, % | CPU s |\n|---|---|---|---|")
    inside = 100 * ((low <= actual) & (actual <= high)).mean()
    for name, values in said.items():
        mase = (np.abs(actual - values).mean(axis=(0, 2)) / naive_error).mean()
        extra = f"{inside:.0f} | {seconds:.1f}" if name == "ours" else "| "
        print(f"| {name} | {mase:.3f} | {extra} |", flush=True)
    for name, (values, lower, upper, spent) in peers(known, origins).items():
        mase = (np.abs(actual - values).mean(axis=(0, 2)) / naive_error).mean()
        covered = 100 * ((lower <= actual) & (actual <= upper)).mean()
        print(f"| {name} | {mase:.3f} | {covered:.0f} | {spent:.1f} |", flush=True)
    return 0
