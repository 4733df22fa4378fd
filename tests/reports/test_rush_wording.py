"""A rush and a bottleneck in words: every figure, and nothing that is not known."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from reports.facts.rushes import Bottleneck, Rush
from reports.rush_wording import bottleneck_sentence, rush_sentence

RUSH = Rush(
    office_code="KHI-R1",
    name="Karachi",
    direction="surge",
    severity="high",
    started_at=datetime(2026, 11, 5, 5, 0, tzinfo=UTC),
    ended_at=None,
    arrivals=1240,
    expected=601.4,
    waiting=310,
    queue_minutes=83.0,
    near_places="KHI-N3 (4 km)",
)
HELD = Bottleneck("Printing", "Lahore site", 5200, 2100.0, 310.0, 0.21, "machine_down", "2/6")


def test_a_rush_says_how_many_since_when_how_long_and_who_could_help() -> None:
    assert rush_sentence(RUSH, "Asia/Karachi") == (
        "Karachi: 1,240 have come since 10:00, 601 were expected. "
        "310 are waiting; the desks open now need about 85 minutes for them. "
        "Near by with slack: KHI-N3 (4 km)."
    )


def test_what_is_not_known_is_not_said() -> None:
    unknown = replace(RUSH, queue_minutes=None, near_places=None)
    assert rush_sentence(unknown, "UTC") == (
        "Karachi: 1,240 have come since 05:00, 601 were expected. 310 are waiting. "
        "No place near by is known to have slack."
    )


def test_a_rush_that_is_over_asks_for_nothing() -> None:
    over = replace(RUSH, ended_at=datetime(2026, 11, 5, 7, 30, tzinfo=UTC))
    assert rush_sentence(over, "Asia/Karachi") == (
        "Karachi: 1,240 came from 10:00 to 12:30, 601 were expected."
    )


def test_silence_is_called_nobody() -> None:
    silent = replace(RUSH, direction="drop", arrivals=0)
    assert rush_sentence(silent, "Asia/Karachi") == (
        "Karachi: nobody has come since 10:00, 601 were expected."
    )


@pytest.mark.parametrize(
    ("cause", "detail", "said"),
    [
        ("machine_down", "2/6", "Machines down: 2/6."),
        ("stock_out", "laminate", "Out of stock: laminate."),
        ("link_down", "nadra", "Links down: nadra."),
        ("roster_gap", "31", "31 % of the planned shifts were not worked."),
        (None, None, "No machine, stock, link or roster explains it."),
    ],
)
def test_a_bottleneck_says_what_relief_brings_and_why(
    cause: str | None, detail: str | None, said: str
) -> None:
    assert bottleneck_sentence(replace(HELD, cause=cause, cause_detail=detail)) == (
        "Printing at Lahore site holds 5,200 cases, 2,100 are usual (+310 a day over a week); "
        f"back to usual, a passport would come 0.2 days sooner. {said}"
    )
