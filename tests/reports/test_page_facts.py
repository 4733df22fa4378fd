"""Laws behind the pages: tiles, limits, clearance, the order of stages, and definitions."""

import ast
import csv
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from reports.broker import Publication, Scope
from reports.charts.weeks import complaints_figure, work_figure
from reports.facts.cases import LISTS, case_list
from reports.facts.clearance import clearance
from reports.facts.judging import spread
from reports.facts.offices import office_list, tile_map, zones
from reports.facts.process import stage_order
from reports.facts.promises import with_limits
from reports.facts.staffing import with_reach
from reports.facts.weeks import WEEKS, complaints_by_week, whole_weeks, work_by_week

ROOT = Path(__file__).parents[2]
DAY = date(2026, 11, 19)


def test_every_zone_has_a_tile_of_its_own_and_north_is_up() -> None:
    places = pd.DataFrame(
        {
            "zone": ["North", "South", "West", "Twin A", "Twin B", "Twin C"],
            "latitude": [34.0, 24.0, 30.0, 30.0, 30.0, 30.0],
            "longitude": [72.0, 67.0, 66.0, 71.0, 71.0, 71.0],
        }
    )
    tiled = tile_map(places, (2, 2)).set_index("zone")
    assert len(set(zip(tiled["row"], tiled["column"], strict=True))) == 6
    assert tiled.loc["North", "row"] < tiled.loc["South", "row"]
    assert tiled.loc["West", "column"] <= tiled.loc["Twin A", "column"]


def test_zones_add_up_to_their_offices(publication: Publication) -> None:
    found = office_list(publication, Scope("all"), DAY)
    by_zone = zones(found)
    for column in ("submitted", "in_progress", "beyond_promise"):
        assert by_zone[column].sum() == found[column].sum()
    assert by_zone["offices"].sum() == len(found) == 39
    assert by_zone["silent"].sum() == 1


def test_work_clears_by_what_goes_out_beyond_what_comes_in() -> None:
    at = clearance(waiting=1500.0, in_per_day=100.0, out_per_day=110.0, usual_days=10.0)
    assert (at.usual_waiting, at.excess, at.days) == (1000.0, 500.0, 50.0)
    more = clearance(1500.0, 100.0, 110.0, 10.0, more_pct=10.0)
    assert more.days == pytest.approx(500.0 / 21.0)
    assert clearance(1500.0, 100.0, 100.0, 10.0).days is None
    assert clearance(900.0, 100.0, 90.0, 10.0).days == 0.0


def test_places_of_few_cases_are_never_judged_and_one_far_off_is() -> None:
    shares = [0.9] * 30
    places = pd.DataFrame(
        {
            "part": [f"P{place}" for place in range(32)],
            "cases": [1000.0] * 30 + [1000.0, 5.0],
            "kept": [900.0 + (-1) ** place * 5 for place in range(len(shares))] + [500.0, 0.0],
        }
    )
    judged = with_limits(places.assign(share_pct=100.0 * places["kept"] / places["cases"]))
    assert judged["state"].tolist() == ["usual"] * 30 + ["below", "few"]
    assert judged["lower_pct"].between(0, 100).all()
    assert judged["upper_pct"].between(0, 100).all()


def test_limits_widen_with_the_usual_spread_and_never_narrow() -> None:
    assert spread(pd.Series([0.1, -0.1, 0.2])) == 1.0
    assert spread(pd.Series([3.0, -3.0] * 10)) == pytest.approx(3.0)
    assert spread(pd.Series([float("nan")])) == 1.0
    # One far off does not hide itself by widening the limits for all.
    assert spread(pd.Series([0.5, -0.5] * 10 + [100.0])) == 1.0


def test_people_without_an_expectation_or_with_few_cases_are_not_compared() -> None:
    work = pd.DataFrame(
        {
            "ratio_to_expected": [1.0, 0.2, float("nan")],
            "expected_cases": [400.0, 10.0, float("nan")],
            "is_small_number": [False, True, False],
        }
    )
    assert with_reach(work)["state"].tolist() == ["usual", "few", "few"]


def test_stages_stand_in_the_order_in_which_cases_meet_them() -> None:
    ways = pd.DataFrame(
        {
            "stages_text": ["photo→entry→print→ready", "entry→print→entry→print→ready"],
            "cases": [10.0, 90.0],
        }
    )
    assert stage_order(ways) == ["photo", "entry", "print", "ready"]


@pytest.mark.parametrize("which", LISTS)
def test_a_list_holds_open_cases_of_its_scope_only(publication: Publication, which: str) -> None:
    found = case_list(publication, Scope("zone:Karachi"), which, "all", DAY)
    assert found.cases["office"].str.startswith("Karachi").all()
    assert found.total == len(found.cases)
    tiers = [
        case_list(publication, Scope("zone:Karachi"), which, tier, DAY).total
        for tier in ("normal", "urgent", "fast_track")
    ]
    assert sum(tiers) == found.total


def test_every_definition_that_a_chart_names_exists() -> None:
    with (ROOT / "dbt_project" / "seeds" / "metrics.csv").open(encoding="utf-8") as file:
        known = {row["metric"] for row in csv.DictReader(file)}
    named = set()
    for source in (ROOT / "reports" / "charts").glob("*.py"):
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Figure":
                for argument in node.args[6:]:
                    named |= set(ast.literal_eval(argument))
    assert len(named) > 30
    assert named <= known, named - known


@pytest.mark.parametrize("day", [date(2026, 11, day) for day in range(15, 23)])
def test_weeks_are_whole_and_over(day: date) -> None:
    span = whole_weeks(day)
    assert (span["first"].weekday(), span["last"].weekday()) == (0, 6)
    assert (span["last"] - span["first"]).days == 7 * WEEKS - 1
    assert 0 <= (day - span["last"]).days <= 6


def test_work_of_weeks_is_judged_against_their_noise(publication: Publication) -> None:
    found = work_by_week(publication, Scope("office:KAR-1"), DAY)
    assert len(found) == 12
    assert found["cases_per_hour"].tolist() == [10.0] * 11 + [15.0]
    shown = work_figure(publication, Scope("all"), DAY)
    assert shown.title == "Really better: 15.0 steps an hour at a desk in the week of 9 November"


def test_complaints_of_weeks_are_told_by_applications(publication: Publication) -> None:
    found = complaints_by_week(publication, Scope("all"), DAY, "Asia/Karachi").set_index("day")
    assert found["opened"].sum() == found.loc["2026-11-02", "opened"] == 39
    week = found.loc["2026-11-02"]
    assert week["per_10000"] == pytest.approx(10_000 * 39 / week["submitted"])
    shown = complaints_figure(publication, Scope("all"), DAY, "Asia/Karachi")
    assert shown.title == "2 weeks are known, 8 are needed to tell a change from noise"
    alone = complaints_figure(publication, Scope("office:none"), DAY, "Asia/Karachi")
    assert (alone.specification, alone.title[:2]) == (None, "0 ")
