"""Facts say what the tables say, and judge only what can be judged."""

from datetime import UTC, date, datetime

import pandas as pd
import pytest

from reports import wording
from reports.broker import Publication, Scope, run_sql
from reports.facts import backlog, promise, quality, volumes
from reports.facts.days import days_before, last_whole_day, written_moment
from reports.facts.judging import (
    judged_against,
    judged_by_step,
    judged_share,
    usual_of_weekday,
)
from reports.facts.overview import overview
from reports.facts.xmr import xmr

DAY = date(2026, 11, 19)
ALL = Scope("all")


def test_yesterday_is_a_day_of_the_authority() -> None:
    late_evening = datetime(2026, 11, 21, 20, tzinfo=UTC)
    assert last_whole_day(late_evening, "Asia/Karachi") == date(2026, 11, 21)
    assert last_whole_day(late_evening, "UTC") == date(2026, 11, 20)
    assert written_moment(late_evening, "Asia/Karachi") == (
        "22 November 2026, 01:00 PKT (Asia/Karachi)"
    )
    assert days_before(DAY, 7) == date(2026, 11, 13)


def test_xmr_limits_are_the_textbook_ones() -> None:
    limits = xmr([10, 12, 11, 13, 10, 12, 11, 13])
    assert limits is not None
    assert limits.centre == 11.5
    moving_range = (2 + 1 + 2 + 3 + 2 + 1 + 2) / 7
    assert limits.upper == pytest.approx(11.5 + 2.66 * moving_range)
    assert limits.lower == pytest.approx(11.5 - 2.66 * moving_range)
    assert not any(limits.signals)


def test_xmr_flags_a_point_beyond_a_limit_and_the_eighth_on_one_side() -> None:
    spike = xmr([10, 11] * 6 + [30] + [11, 10] * 3)
    assert spike is not None
    assert spike.signals[12]
    assert not any(spike.signals[:7])
    shift = xmr([0.0, 2.2] * 8 + [2.0, 1.9] * 5)
    assert shift is not None
    assert shift.signals[-3:] == (True, True, True)
    assert not any(shift.signals[:16])


def test_xmr_needs_eight_points_and_stays_where_the_measure_can_go() -> None:
    assert xmr([1.0] * 7) is None
    limits = xmr([99.0, 60.0, 98.0, 70.0, 97.0, 65.0, 99.0, 60.0], floor=0.0, ceiling=100.0)
    assert limits is not None
    assert limits.upper == 100.0
    assert limits.lower >= 0.0


def _daily(values: list[float]) -> pd.Series:
    return pd.Series(values, index=pd.date_range("2026-09-01", periods=len(values), freq="D"))


def test_a_figure_without_an_expectation_or_history_is_unknown_never_usual() -> None:
    nothing = _daily([float("nan")] * 3)
    assert judged_against(nothing, nothing).verdict == "unknown"
    assert judged_against(_daily([5.0] * 3), _daily([5.0] * 3)).verdict == "unknown"
    assert judged_by_step(_daily([5.0])).verdict == "unknown"
    assert usual_of_weekday(_daily([1.0] * 14)).isna().all()


def test_a_surge_is_above_and_chance_is_usual() -> None:
    expected = _daily([1000.0] * 30)
    noise = [1000.0 + (-1) ** day * 20 for day in range(29)]
    assert judged_against(_daily([*noise, 1500.0]), expected).verdict == "above"
    assert judged_against(_daily([*noise, 1010.0]), expected).verdict == "usual"
    few = _daily([4.0] * 30)
    assert judged_against(_daily([4.0] * 29 + [8.0]), few).verdict == "usual"


def test_a_share_of_few_cases_is_not_called_a_change() -> None:
    shares = _daily([90.0] * 7 + [70.0])
    assert judged_share(shares, _daily([25.0] * 8), 7).verdict == "usual"
    assert judged_share(shares, _daily([2500.0] * 8), 7).verdict == "below"


def test_volumes_are_those_of_the_table(publication: Publication) -> None:
    frame = volumes.daily_volumes(publication, ALL, DAY, DAY)
    [expected] = run_sql(
        publication,
        "select submitted, expected_submitted, ready from rpt_volumes "
        f"where place_scope = 'country' and tier = 'all' and day = '{DAY}'",
    ).rows
    assert tuple(frame[["submitted", "expected_submitted", "ready"]].iloc[0]) == expected


def test_the_parts_of_the_country_add_up_to_it(publication: Publication) -> None:
    parts = volumes.volumes_by_part(publication, ALL, DAY, DAY)
    whole = volumes.daily_volumes(publication, ALL, DAY, DAY)
    assert parts["submitted"].sum() == whole["submitted"].iloc[0]
    stock = backlog.daily_backlog(publication, ALL, DAY, DAY).iloc[0]
    by_zone = backlog.backlog_by_part(publication, ALL, DAY)
    assert by_zone["in_progress"].sum() == stock["in_progress"]
    assert by_zone["beyond_promise"].sum() == stock["beyond_promise"]


def test_the_backlogs_reconcile(publication: Publication) -> None:
    frame = backlog.daily_backlog(publication, ALL, days_before(DAY, 30), DAY)
    closing = frame["opening"] + frame["entered"] - frame["left_count"]
    assert (closing == frame["in_progress"]).all()
    assert (frame["in_progress"].shift(1).dropna() == frame["opening"].iloc[1:]).all()


def test_the_promise_counts_due_cases_only(publication: Publication) -> None:
    frame = promise.daily_promise(publication, ALL, DAY, DAY).iloc[0]
    [(due, kept)] = run_sql(
        publication,
        "select count(*), count(*) filter (where promise_state = 'kept') from rpt_applications "
        f"where promise_due_on = '{DAY}' and promise_state <> 'cancelled'",
    ).rows
    assert (frame["due"], frame["kept"]) == (due, kept)
    assert frame["kept"] + frame["missed"] + frame["still_open"] == frame["due"]


def test_the_surge_of_karachi_is_found_and_told_with_its_numbers(publication: Publication) -> None:
    facts = overview(publication, ALL, DAY)
    [change] = [c for c in facts.changes if c.part == "Karachi"]
    sentence = wording.change_sentence(change)
    assert change.judged.verdict == "above"
    assert sentence.startswith(f"Karachi: {change.judged.value:,.0f} applications received")
    assert f"the expected {change.judged.expected:,.0f}" in sentence


def test_trust_tells_held_batches_stale_records_and_failed_checks(publication: Publication) -> None:
    trust = quality.trust(publication, ALL)
    assert (trust.held_batches, trust.held_rows, trust.held_records) == (1, 300, ("print_jobs",))
    assert trust.stale_records == ("machine_readings",)
    assert not trust.is_full
    assert wording.trust_sentences(trust)[0].startswith("1 batch with 300 rows held at the gate")


@pytest.mark.parametrize("scope", ["missions", "zone:Karachi", "office:KAR-1", "office:NOWHERE"])
def test_every_scope_has_an_overview_with_titles(publication: Publication, scope: str) -> None:
    facts = overview(publication, Scope(scope), DAY)
    for title in (
        wording.headline,
        wording.volumes_title,
        wording.backlog_title,
        wording.backlog_sentence,
        wording.promise_title,
        wording.turnaround_sentence,
        wording.day_parts_title,
        wording.week_parts_title,
        wording.age_title,
        wording.changes_title,
    ):
        text = title(facts)
        assert text
        assert "nan" not in text


def test_a_place_without_rows_is_empty_and_unknown(publication: Publication) -> None:
    facts = overview(publication, Scope("office:NOWHERE"), DAY)
    assert facts.is_empty
    assert all(wording.number(tile.judged.value) == "unknown" for tile in facts.tiles)
