"""Laws behind the pages: tiles, limits, clearance, the order of stages, and definitions."""

import ast
import csv
from contextlib import closing
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
import synthetic_publication
from hypothesis import given
from hypothesis import strategies as st

from config import Home
from reports.broker import Publication, Scope, open_publication
from reports.charts import print_queue as charts
from reports.charts.weeks import complaints_figure, work_figure
from reports.facts.cases import LISTS, case_list
from reports.facts.clearance import clearance
from reports.facts.judging import spread
from reports.facts.offices import office_list, tile_map, zones
from reports.facts.print_queue import AS_PLANNED, PrintQueue, WhatIf, print_queue
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
    at = clearance(DAY, waiting=1500.0, in_per_day=100.0, out_per_day=110.0, usual_days=10.0)
    assert (at.usual_waiting, at.excess, at.days) == (1000.0, 500.0, 50.0)
    assert at.clears_on == date(2027, 1, 8)
    assert (at.left_after(0), at.left_after(50), at.left_after(1000)) == (1500.0, 1000.0, 0.0)
    # 500 at 30 a day take 16.7 days: the 17th day sees the end of it.
    assert clearance(DAY, 1500.0, 100.0, 130.0, 10.0).clears_on == date(2026, 12, 6)
    assert clearance(DAY, 1500.0, 100.0, 100.0, 10.0).clears_on is None
    assert clearance(DAY, 900.0, 100.0, 90.0, 10.0).clears_on == DAY
    # 365 days are told, a day more is never.
    assert clearance(DAY, 365.0, 0.0, 1.0).clears_on == date(2027, 11, 19)
    assert clearance(DAY, 366.0, 0.0, 1.0).clears_on is None


@given(
    waiting=st.floats(0, 1e6),
    come=st.floats(0, 1e4),
    out=st.floats(0, 1e4),
    more=st.floats(0, 1e4),
)
def test_more_output_or_less_intake_never_clears_later(
    waiting: float, come: float, out: float, more: float
) -> None:
    def days(come: float, out: float) -> float:
        found = clearance(DAY, waiting, come, out).days
        return float("inf") if found is None else found

    assert days(come, out + more) <= days(come, out) <= days(come + more, out)


def sites(**changed: object) -> PrintQueue:
    """Two sites: 6 machines planned for 700 a day that give 90 % of it, 300 waiting in all."""
    rows = {
        "office_code": ["A", "B"],
        "office": ["Site A", "Site B"],
        "waiting": [200.0, 100.0],
        "come_per_day": [400.0, 100.0],
        "printed_per_day": [400.0, 110.0],
        "machines": [4.0, 2.0],
        "planned_per_day": [500.0, 200.0],
        "oee_pct": [90.0, 90.0],
        "capacity_per_day": [450.0, 180.0],
    }
    return PrintQueue(DAY, 28, pd.DataFrame({**rows, **changed}))


@pytest.mark.parametrize(
    ("change", "out", "come", "days"),
    [
        (AS_PLANNED, 630.0, 500.0, 300 / 130),
        (WhatIf(machines=2), 840.0, 500.0, 300 / 340),
        (WhatIf(shifts=1.5), 945.0, 500.0, 300 / 445),
        (WhatIf(intake_pct=80.0), 630.0, 400.0, 300 / 230),
        (WhatIf(machines=-3, shifts=2.0, intake_pct=120.0), 630.0, 600.0, 10.0),
        (WhatIf(machines=-3), 315.0, 500.0, None),
        (WhatIf(machines=-9), 0.0, 500.0, None),
        (WhatIf(machines=-9, intake_pct=0.0), 0.0, 0.0, None),
    ],
)
def test_machines_shifts_and_intake_change_what_is_printed_and_comes(
    change: WhatIf, out: float, come: float, days: float | None
) -> None:
    found = sites().under(change)
    assert found is not None
    assert (found.out_per_day, found.in_per_day) == (pytest.approx(out), pytest.approx(come))
    assert found.days == (days if days is None else pytest.approx(days))


def test_a_print_queue_without_rates_is_unknown_and_an_empty_one_is_clear() -> None:
    present = sites().at_present_rate()
    assert present is not None and present.clears_on == date(2026, 12, 19)  # 300 ÷ (510 − 500)
    unrated = sites(planned_per_day=[500.0, None], capacity_per_day=[450.0, None])
    assert unrated.under() is None and unrated.at_present_rate() is not None
    assert unrated.of_site("A").under() is not None
    young = PrintQueue(DAY, 6, sites().sites)
    assert young.under() is None and young.at_present_rate() is None
    assert sites(machines=[0.0, 0.0]).under() is None
    empty = sites(waiting=[0.0, 0.0]).under()
    assert empty is not None and empty.clears_on == DAY
    titles = {
        charts.sites(queue).title
        for queue in (sites(), young, sites(capacity_per_day=[450.0, 100.0]))
    }
    assert titles == {
        "At planned capacity Site A is the last to clear by itself, by 23 November 2026",
        "When the sites clear at planned capacity is unknown",
        "Site B does not clear even at planned capacity",
    }


def test_rates_of_a_print_queue_are_those_of_its_whole_days(tmp_path: Path) -> None:
    """The queue of AFR-1 grew from 420 to 980 in 28 days, in which 98 a day were printed, one of
    the jobs in the last hour of the first day of the authority that is too early by its clock."""
    synthetic_publication.publish(
        tmp_path,
        more="""
        delete from rpt_print_queue where site <> 'AFR-1';
        update rpt_print_queue set waiting = 420 where day = date '2026-10-22';
        -- 18:30 UTC on the 22nd is 23:30 there: still the day before the first
        insert into rpt_print
        select machine_id, timestamptz '2026-10-22 18:30:00+00', tier, office_code, 9, 9, 0, null
        from rpt_print where office_code = 'AFR-1' limit 1;
        insert into rpt_print
        select machine_id, timestamptz '2026-10-22 19:30:00+00', tier, office_code, 56, 56, 0, null
        from rpt_print where office_code = 'AFR-1' limit 1;
        """,
    )
    with closing(open_publication(Home(tmp_path))) as publication:
        found = print_queue(publication, Scope("all"), DAY, "Asia/Karachi")
        assert print_queue(publication, Scope("zone:Karachi"), DAY, "Asia/Karachi").sites.empty
        early = print_queue(publication, Scope("all"), date(2026, 10, 27), "Asia/Karachi")
    assert found.days == 28
    site = found.sites.iloc[0]
    assert site["printed_per_day"] == pytest.approx(98.0 + 56.0 / 28)
    assert site["come_per_day"] == pytest.approx(98.0 + 56.0 / 28 + 560.0 / 28)
    assert site["capacity_per_day"] == pytest.approx(150.0 * 0.792)
    assert early.days == 5 and early.at_present_rate() is None


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
