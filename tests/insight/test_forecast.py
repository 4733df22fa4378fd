"""Laws of the forecasts: they follow scale, ignore order, see no future, and add up."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from insight import forecast
from insight.forecast import BACKLOG, FLOWS, NAIVE
from insight.seasons import days_after_closure, ramadan

FIRST, DAYS = date(2025, 5, 5), 120
TODAY = FIRST + timedelta(days=DAYS)
WEEK = np.array([1.3, 1.1, 1.0, 0.9, 0.6, 0.05, 0.05])
HOLIDAYS = {30, 31, 86}
OFFICES = ("A", "B", "C")


def daily(seed: int = 1, scale: float = 1.0) -> pd.DataFrame:
    """Three offices of Poisson counts with a week, holidays, and what leaves four days later."""
    draws = np.random.default_rng(seed)
    rows = []
    for office, size in zip(OFFICES, (200, 60, 5), strict=True):
        means = size * WEEK[np.arange(DAYS) % 7]
        means[sorted(HOLIDAYS)] *= 0.05
        came = draws.poisson(means)
        left = np.concatenate([np.zeros(4), came[:-4]])
        rows += [
            (office, FIRST + timedelta(days=n), came[n] * scale, left[n] * scale)
            for n in range(DAYS)
        ]
    return pd.DataFrame(rows, columns=["office_code", "day", *FLOWS])


def calendar(ahead: int = 90) -> pd.DataFrame:
    return pd.DataFrame(
        [
            (office, FIRST + timedelta(days=n), n % 7 < 5 and n not in HOLIDAYS, n in HOLIDAYS)
            for office in OFFICES
            for n in range(DAYS + ahead)
        ],
        columns=["office_code", "day", "is_open", "is_holiday"],
    )


SCOPES = pd.DataFrame(
    [("country", office) for office in OFFICES] + [(f"office:{o}", o) for o in OFFICES],
    columns=["place_scope", "office_code"],
)


def said(frame: pd.DataFrame, ahead: int = 90) -> pd.DataFrame:
    known = forecast.history(frame, calendar(ahead), FIRST, TODAY, ahead)
    return forecast.forecast(known, SCOPES)


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    return said(daily())


def test_an_office_is_forecast_for_two_weeks_and_the_country_for_90_days(
    rows: pd.DataFrame,
) -> None:
    days = rows.groupby(["place_scope", "measure"])["day"].agg(["min", "max", "count"])
    assert set(days.loc["country", "count"]) == {90}
    assert set(days.loc["office:A", "count"]) == {14}
    assert set(days["min"]) == {TODAY}
    assert set(rows["measure"]) == {*FLOWS, BACKLOG}


def test_quantiles_are_in_order_and_never_below_nothing(rows: pd.DataFrame) -> None:
    assert (rows["p10"] >= 0).all()
    assert (rows["p10"] <= rows["p50"]).all()
    assert (rows["p50"] <= rows["p90"]).all()


def test_what_repeats_weekly_is_met_better_than_by_last_week(rows: pd.DataFrame) -> None:
    country = rows[(rows["place_scope"] == "country") & (rows["measure"] == "arrivals")]
    assert country["skill_vs_seasonal_naive"].iloc[0] > 0.2
    assert country["method"].iloc[0] != NAIVE
    mondays = [row for row in country.itertuples() if (row.day - FIRST).days % 7 == 0]
    assert mondays[0].p50 == pytest.approx(265 * 1.3, rel=0.1)


def test_no_forecast_is_worse_than_the_naive_in_the_back_test(rows: pd.DataFrame) -> None:
    assert (rows["skill_vs_seasonal_naive"] >= 0).all()
    naive = rows[rows["method"] == NAIVE]
    assert (naive["skill_vs_seasonal_naive"] == 0).all()


def test_rows_in_any_order_give_the_same(rows: pd.DataFrame) -> None:
    shuffled = daily().sample(frac=1, random_state=3)
    pd.testing.assert_frame_equal(said(shuffled), rows)


def test_counts_of_the_country_are_the_sum_of_its_places(rows: pd.DataFrame) -> None:
    known = forecast.history(daily(), calendar(), FIRST, TODAY, 90)
    one = forecast.predictions(known, DAYS, 14)
    for measure in FLOWS:
        for method, values in one[measure].items():
            if method != NAIVE:
                assert values.shape == (3, 14)
    backlog = known.backlog[:, -1]
    came, left = one["arrivals"]["weekday_mean"], one["completed"]["weekday_mean"]
    conserved = one[BACKLOG][f"{forecast.CONSERVED}:weekday_mean"]
    np.testing.assert_allclose(conserved[0], backlog[0] + np.cumsum((came - left)[0]))


def test_a_scaled_series_gives_a_scaled_forecast() -> None:
    known = forecast.history(daily(), calendar(), FIRST, TODAY, 14)
    tenfold = forecast.history(daily(scale=10), calendar(), FIRST, TODAY, 14)
    one = forecast.predictions(known, DAYS, 14)["arrivals"]
    ten = forecast.predictions(tenfold, DAYS, 14)["arrivals"]
    for method in ("weekday_mean", "weekday_mean_recent", NAIVE):
        np.testing.assert_allclose(ten[method], 10 * one[method])


def test_a_forecast_sees_nothing_from_its_origin_on() -> None:
    known = forecast.history(daily(), calendar(), FIRST, TODAY, 14)
    later = daily()
    later.loc[later["day"] >= FIRST + timedelta(days=100), ["arrivals", "completed"]] = 9999
    changed = forecast.history(later, calendar(), FIRST, TODAY, 14)
    before, after = (forecast.predictions(h, 100, 14) for h in (known, changed))
    for measure, methods in before.items():
        for method, values in methods.items():
            np.testing.assert_array_equal(values, after[measure][method])


def test_a_holiday_ahead_is_forecast_as_a_holiday() -> None:
    frame = calendar()
    ahead = TODAY + timedelta(days=2)
    frame.loc[frame["day"] == ahead, ["is_open", "is_holiday"]] = [False, True]
    known = forecast.history(daily(), frame, FIRST, TODAY, 14)
    day = forecast.predictions(known, DAYS, 14)["arrivals"]["weekday_mean"][:, 2]
    usual = forecast.predictions(forecast.history(daily(), calendar(), FIRST, TODAY, 14), DAYS, 14)[
        "arrivals"
    ]["weekday_mean"][:, 2]
    assert (day[:2] < 0.3 * usual[:2]).all()


def test_a_closed_office_is_forecast_to_bring_nothing() -> None:
    frame = daily()
    frame = frame[~((frame["office_code"] == "B") & (frame["day"] > FIRST + timedelta(days=60)))]
    rows = said(frame, 14)
    closed = rows[(rows["place_scope"] == "office:B") & (rows["measure"] == "arrivals")]
    assert closed["p50"].max() < 1


def test_little_history_is_told_as_it_is() -> None:
    new = daily()
    new = new[new["day"] >= TODAY - timedelta(days=20)]
    known = forecast.history(new, calendar(), TODAY - timedelta(days=20), TODAY, 90)
    rows = forecast.forecast(known, SCOPES)
    assert set(rows["method"]) == {NAIVE}
    assert set(rows["skill_vs_seasonal_naive"]) == {0.0}
    short = forecast.history(new, calendar(), TODAY - timedelta(days=3), TODAY, 90)
    assert forecast.forecast(short, SCOPES).empty
    none = forecast.history(new.iloc[:0], calendar(), TODAY, TODAY, 90)
    assert forecast.forecast(none, SCOPES).empty


def test_leavings_before_a_home_began_are_no_history() -> None:
    frame = daily()
    early = frame[frame["day"] < FIRST + timedelta(days=14)].copy()
    early["day"] = [day - timedelta(days=28) for day in early["day"]]
    early["arrivals"] = 1
    # whole weeks are counted back from today
    assert 0 <= (forecast.first_whole_week(pd.concat([early, frame]), TODAY) - FIRST).days < 7
    assert forecast.first_whole_week(frame.iloc[:0], TODAY) == TODAY


def test_ramadan_and_the_days_after_a_closure_are_known() -> None:
    days = [date(2026, 2, 1) + timedelta(days=n) for n in range(60)]
    fasting = [day for day, is_it in zip(days, ramadan(days), strict=True) if is_it]
    assert (fasting[0], fasting[-1]) == (date(2026, 2, 19), date(2026, 3, 20))
    is_open = np.array([[True, False, False, True, False, True, True, True]])
    is_holiday = np.array([[False, True, False, False, False, False, False, False]])
    assert days_after_closure(is_open, is_holiday, 2).tolist() == [[0, 0, 0, 1, 0, 2, 0, 0]]
