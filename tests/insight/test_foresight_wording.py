"""Every code that insight gives has a sentence for readers."""

from datetime import date

from insight import forecast, redistribution, risk
from reports.foresight_wording import forecast_method, proposal_cost, risk_reason

ALLOWED = (1.4, 5.6, 28.0)


def test_every_reason_and_method_is_told_in_words() -> None:
    for reason in (*risk.REASONS, risk.LAPSED, risk.LITTLE_HISTORY):
        assert risk_reason(reason) != reason
    methods = [method.name for method in forecast.METHODS]
    for method in [forecast.NAIVE, *methods, f"{forecast.CONSERVED}:{methods[0]}"]:
        assert forecast_method(method) != method


def test_every_cost_is_told_in_words() -> None:
    open_at = (0.0,) * 8
    full = redistribution.Office("F", 31.5, 74.3, 9, 5, 6.0, open_at + (60.0,) * 8)
    idle = redistribution.Office("I", 31.5, 74.4, 9, 9, 6.0, open_at + (5.0,) * 8)
    crowded = redistribution.Office("C", 24.9, 67.0, 5, 5, 6.0, open_at + (60.0,) * 8)
    slow = redistribution.Site("S", (0.0, 0.0, 3000.0), (5.0, 30.0, 65.0), 60.0)
    free = redistribution.Site("R", (0.0, 0.0, 0.0), (2.0, 15.0, 33.0), 150.0)
    rows = redistribution.recommend(
        [full, idle, crowded], [slow, free], ALLOWED, date(2026, 10, 12)
    )
    assert set(rows["kind"]) == {"staff", "hours", "print"}
    for cost in rows["cost"]:
        assert all("=" not in sentence and sentence for sentence in proposal_cost(cost))
