"""No proposal breaks a constraint, whatever the network; each is worth it and keeps its name."""

from collections import Counter
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from insight import redistribution as rd
from insight.redistribution import Office, Site

MONDAY = date(2026, 10, 12)
ALLOWED = (1.4, 5.6, 28.0)


def office(
    code: str, desks: int, visitors: float, counters: int | None = None, east: float = 0.0
) -> Office:
    """A place open for ten half-hours, with 6 minutes a visitor."""
    arrivals = (0.0,) * 8 + (visitors / 10,) * 10 + (0.0,) * 30
    return Office(code, 31.5, 74.3 + east, counters or desks, desks, 6.0, arrivals)


def site(code: str, waiting: float, inflow: float, capacity: float, stock: float = 99.0) -> Site:
    shares = (0.05, 0.3, 0.65)
    return Site(
        code,
        (0.0, 0.0, waiting),
        tuple(inflow * share for share in shares),
        capacity,
        stock,
    )


def test_a_queue_is_a_fluid() -> None:
    # 10 come in each of two half-hours, 5 are served: 5 and 10 wait, then 10 for 15 minutes each
    # of a half-hour twice over
    assert rd.waiting_minutes([10, 10], 1, 6.0) == 5 * 30 + 10 * 30 + 10 * 10 / 5 * 15
    assert rd.waiting_minutes([5, 5], 1, 6.0) == 0
    assert rd.waiting_minutes([1], 0, 6.0) == float("inf")


def test_staff_go_from_the_idle_to_the_crowded_place_nearby() -> None:
    offices = [
        office("IDLE", 10, 100),
        office("FULL", 5, 400, counters=9),
        office("FAR", 20, 10, east=5.0),
    ]
    moves = rd.staff_moves(offices)
    assert [(m.from_place, m.to_place, m.unit) for m in moves] == [("IDLE", "FULL", "desks")]
    assert moves[0].quantity == 3  # three tenths of ten
    assert moves[0].minutes_avoided > rd.LEAST_MINUTES
    assert "waiting_minutes_per_day=0" in moves[0].cost


def test_where_all_are_idle_or_far_nothing_is_proposed() -> None:
    assert rd.staff_moves([office("A", 5, 50), office("B", 5, 60)]) == []
    assert rd.staff_moves([office("A", 9, 9), office("B", 1, 200, counters=5, east=3.0)]) == []
    assert rd.recommend([], [], ALLOWED, MONDAY).empty


def test_longer_hours_are_for_places_whose_desks_are_all_staffed() -> None:
    moves = rd.longer_hours([office("FULL", 5, 400), office("IDLE", 5, 50)])
    assert [(move.to_place, move.from_place) for move in moves] == [("FULL", None)]
    assert 1 <= moves[0].quantity <= rd.LONGER_AT_MOST_HOURS
    assert moves[0].cost == f"desk_hours_per_day={moves[0].quantity * 5}"


def test_new_print_work_goes_where_it_is_in_time() -> None:
    sites = [site("SLOW", 3000, 100, 60), site("FREE", 0, 50, 150)]
    (move,) = rd.print_moves(sites, ALLOWED)
    assert (move.from_place, move.to_place) == ("SLOW", "FREE")
    assert move.quantity <= rd.PRINT_MOVES_AT_MOST * 100
    assert move.late_avoided >= rd.LEAST_LATE
    assert move.cost.startswith("normal_tier_days_later_at_receiver=")


def test_a_site_without_stock_or_all_in_need_gets_nothing() -> None:
    assert rd.print_moves([site("A", 3000, 100, 60), site("B", 0, 50, 150, stock=5)], ALLOWED) == []
    assert rd.print_moves([site("A", 3000, 100, 60), site("B", 3000, 100, 60)], ALLOWED) == []
    assert rd.print_moves([site("A", 3000, 100, 60)], ALLOWED) == []


def test_the_same_situation_has_the_same_id_within_a_week() -> None:
    sites = [site("SLOW", 3000, 100, 60), site("FREE", 0, 50, 150)]
    monday = rd.recommend([], sites, ALLOWED, MONDAY)
    tuesday = rd.recommend([], sites[::-1], ALLOWED, date(2026, 10, 13))
    assert list(monday["recommendation_id"]) == list(tuesday["recommendation_id"])
    assert list(monday["to_day"]) == [date(2026, 10, 18)]
    friday = rd.recommend([], sites, ALLOWED, date(2026, 10, 16))
    assert list(friday["to_day"]) == [date(2026, 10, 25)]
    assert set(friday["recommendation_id"]) != set(monday["recommendation_id"])


_OFFICES = st.lists(
    st.builds(
        office,
        st.uuids().map(lambda code: str(code)),
        st.integers(1, 12),
        st.floats(0, 900),
        st.integers(1, 16),
        st.floats(0, 1.5),
    ),
    max_size=6,
)


@settings(max_examples=40, deadline=None)
@given(_OFFICES)
def test_a_staff_move_never_violates_a_constraint(offices: list[Office]) -> None:
    places = {place.office_code: place for place in offices}
    given, got = Counter[str](), Counter[str]()
    for move in rd.staff_moves(offices):
        assert move.from_place is not None
        giver, receiver = places[move.from_place], places[move.to_place]
        assert rd.distance_km(giver, receiver) <= rd.NEAR_KM
        assert move.minutes_avoided >= rd.LEAST_MINUTES
        assert move.quantity == int(move.quantity) > 0
        given[move.from_place] += int(move.quantity)
        got[move.to_place] += int(move.quantity)
    assert not given.keys() & got.keys()
    for code, desks in given.items():
        assert desks <= rd.GIVES_AT_MOST * places[code].desks
        assert places[code].desks - desks >= 1
    for code, desks in got.items():
        assert places[code].desks + desks <= places[code].counters


_SITES = st.lists(
    st.builds(
        site,
        st.uuids().map(lambda code: str(code)),
        st.floats(0, 20_000),
        st.floats(0, 2_000),
        st.floats(1, 2_000),
        st.floats(0, 60),
    ),
    max_size=5,
)


@settings(max_examples=40, deadline=None)
@given(_SITES)
def test_print_moves_make_no_tier_of_any_site_later(sites: list[Site]) -> None:
    known = {place.office_code: place for place in sites}
    moves = rd.print_moves(sites, ALLOWED)
    total = Counter[str]()
    arriving = Counter[str]()
    for move in moves:
        assert move.late_avoided >= rd.LEAST_LATE
        total[move.from_place or ""] += move.quantity
        arriving[move.to_place] += move.quantity
    for code, jobs in total.items():
        assert jobs <= rd.PRINT_MOVES_AT_MOST * sum(known[code].inflow) + 0.1 * len(moves)
    for code, jobs in arriving.items():
        place = known[code]
        # all of it normal is the kindest it can be: it must still be in time
        before = rd.late_jobs(place, ALLOWED)[-1]
        after = rd.late_jobs(place, ALLOWED, (0.0, 0.0, jobs - 0.05 * len(moves)))[-1]
        if code not in total:
            assert after <= before + 1e-3


def test_distance_is_that_of_the_map() -> None:
    lahore, islamabad = office("L", 1, 1), Office("I", 33.68, 73.05, 1, 1, 6.0, (1.0,))
    assert rd.distance_km(lahore, islamabad) == pytest.approx(270, abs=10)
