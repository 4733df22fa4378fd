"""Laws of the promise risk: probabilities, order of rows, the fallback's rise, what is new."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from insight import risk

FIRST_DUE = date(2025, 1, 1)


def snapshots(cases: int, seed: int = 1) -> pd.DataFrame:
    """Past cases: the fuller the queue and the less time is left, the oftener late."""
    draws = np.random.default_rng(seed)
    tier = draws.choice(["normal", "urgent"], cases, p=[0.7, 0.3])
    promised = np.where(tier == "normal", 21.0, 5.0)
    left = np.ceil(promised * draws.uniform(0.05, 1.0, cases))
    queue = draws.exponential(6.0, cases)
    before = draws.random(cases) < 0.7
    in_stage = draws.uniform(0, 5, cases)
    odds = (np.maximum(queue - in_stage, 0) * before + 3 - left) / (promised / 5)
    late = draws.random(cases) < 1 / (1 + np.exp(-odds))
    return pd.DataFrame(
        {
            "application_id": [f"A{n:06d}" for n in range(cases)],
            "tier": tier,
            "is_mission": False,
            "stage_code": np.where(before, "print_queue", "dispatched"),
            "is_before_print": before,
            "promised_days": promised,
            "left_days": left,
            "in_stage_days": in_stage,
            "pace_p50_days": np.where(before, 5.0, 2.0),
            "pace_p90_days": np.where(before, 9.0, 3.0),
            "queue_days": queue,
            "machines_up": 1.0,
            "stock_days": 30.0,
            "link_up": np.nan,
            "place_excess": 0.0,
            "is_late": late,
            "due_on": [FIRST_DUE + timedelta(days=n % 60) for n in range(cases)],
        }
    )


@pytest.fixture(scope="module")
def learned() -> risk.Learned:
    return risk.learn(snapshots(4000))


@pytest.fixture(scope="module")
def by_rates() -> risk.Learned:
    return risk.learn(snapshots(600))


def test_what_is_learned_holds_for_cases_not_seen(learned: risk.Learned) -> None:
    others = snapshots(4000, seed=2)
    late = others["is_late"].to_numpy(dtype=float)
    probability = risk.score(others, learned).probability
    assert learned.method == risk.MODEL
    brier, base = np.mean((probability - late) ** 2), late.mean() * (1 - late.mean())
    assert brier < 0.8 * base
    for low in np.arange(0.0, 1.0, 0.25):
        inside = (probability >= low) & (probability < low + 0.25)
        assert abs(probability[inside].mean() - late[inside].mean()) < 0.06


def test_learning_twice_or_in_another_order_gives_the_same(learned: risk.Learned) -> None:
    again = risk.learn(snapshots(4000).sample(frac=1, random_state=5))
    for name in ("coefficients", "calibration", "rates"):
        pd.testing.assert_frame_equal(getattr(again, name), getattr(learned, name))


def test_the_order_of_open_cases_does_not_matter(learned: risk.Learned) -> None:
    cases = snapshots(200, seed=3)
    order = np.random.default_rng(1).permutation(len(cases))
    one, other = risk.score(cases, learned), risk.score(cases.iloc[order], learned)
    np.testing.assert_allclose(one.probability[order], other.probability)
    assert (one.reason[order] == other.reason).all()


def test_a_full_queue_is_the_reason_that_is_told(learned: risk.Learned) -> None:
    case = snapshots(1).assign(
        stage_code="print_queue", is_before_print=True, left_days=12.0, queue_days=40.0,
        tier="normal", promised_days=21.0,
    )  # fmt: skip
    scored = risk.score(case, learned)
    assert scored.probability[0] > 0.8
    assert scored.reason[0] == "print_queue"


def test_who_has_long_been_in_the_queue_is_printed_sooner(learned: risk.Learned) -> None:
    case = snapshots(1).assign(
        stage_code="print_queue", is_before_print=True, left_days=6.0, queue_days=12.0,
        tier="normal", promised_days=21.0,
    )  # fmt: skip
    cases = pd.concat([case.assign(in_stage_days=days) for days in (0.0, 10.0)])
    came_last, came_first = risk.score(cases, learned).probability
    assert came_last > came_first + 0.2


def test_a_promise_that_has_lapsed_is_late(learned: risk.Learned, by_rates: risk.Learned) -> None:
    lapsed = snapshots(5).assign(left_days=0.0)
    for known in (learned, by_rates):
        scored = risk.score(lapsed, known)
        assert (scored.probability == 1).all()
        assert set(scored.reason) == {risk.LAPSED}


def test_expected_is_after_the_due_day_exactly_where_late_is_likelier(
    learned: risk.Learned,
) -> None:
    cases = snapshots(500, seed=4)
    scored = risk.score(cases, learned)
    # the due day itself is left_days - 1 days away
    is_after = scored.expected_days > cases["left_days"].to_numpy() - 1
    assert (is_after == (scored.probability > 0.5)).all()


def test_little_history_is_told_by_rates(by_rates: risk.Learned) -> None:
    assert by_rates.method == risk.RATES
    assert by_rates.coefficients.empty
    scored = risk.score(snapshots(50, seed=9), by_rates)
    assert set(scored.reason) == {risk.LITTLE_HISTORY}


def test_no_history_at_all_and_unknown_tiers_and_stages_are_scored() -> None:
    learned = risk.learn(snapshots(0))
    cases = snapshots(3).assign(tier="diplomatic", stage_code="new_stage")
    probability = risk.score(cases, learned).probability
    assert ((probability > 0) & (probability < 0.2)).all()
    assert len(risk.score(snapshots(0), learned).probability) == 0


@settings(max_examples=25, deadline=None)
@given(
    tier=st.sampled_from(["normal", "urgent", "fast_track"]),
    stage=st.sampled_from(["print_queue", "dispatched", "not_started"]),
    promised=st.integers(1, 45),
    queue=st.one_of(st.floats(0, 1e6), st.just(float("nan"))),
    machines=st.one_of(st.floats(-1, 2), st.just(float("nan"))),
)
def test_risk_is_a_probability_and_by_rates_it_never_falls_with_age(
    learned: risk.Learned,
    by_rates: risk.Learned,
    tier: str,
    stage: str,
    promised: int,
    queue: float,
    machines: float,
) -> None:
    left = np.arange(promised, 0, -1, dtype=float)
    cases = snapshots(len(left)).assign(
        tier=tier, stage_code=stage, promised_days=float(promised), left_days=left,
        queue_days=queue, machines_up=machines,
    )  # fmt: skip
    probability = risk.score(cases, learned).probability
    assert ((probability >= 0) & (probability <= 1)).all()
    aged = risk.score(cases, by_rates).probability
    assert (np.diff(aged) >= 0).all()
