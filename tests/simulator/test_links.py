"""Lines are read every half hour of every place's own day, whatever its clocks do."""

from datetime import date

import numpy as np
import pytest

from simulator.calendar import calendar_of, day_number
from simulator.links import READING_SECONDS, Links, link_readings, no_outages
from simulator.network import build_network


@pytest.mark.parametrize("first", [date(2026, 10, 3), date(2026, 4, 4), date(2026, 10, 24)])
def test_days_join_without_a_gap_or_a_reading_twice(first: date) -> None:
    """Sydney's clocks go forward on 4 October and back on 5 April, London's back on 25 October."""
    network = build_network(0.01)
    calendar = calendar_of(0.01, (), ())
    shape = (network.offices, 3)
    starts, ends = (no_outages(network)[name].reshape(shape) for name in ("starts", "ends"))
    links = Links(starts, ends, np.zeros(shape, bool), np.zeros(3, bool))
    readings: dict[str, list[float]] = {}
    for day in range(day_number(first), day_number(first) + 3):
        for row in link_readings(network, calendar, 1, day, links).to_pylist():
            if row["link"] == "internet":
                readings.setdefault(row["office_code"], []).append(row["read_at"].timestamp())
    assert {"M-SYD", "M-LON"} <= readings.keys()
    for times in readings.values():
        assert set(np.diff(times)) == {READING_SECONDS}
