"""Queues follow from arrivals and capacity: the laws that hold for whatever comes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.calendar import DAY, home_midnight
from simulator.complaints import LATE_CHANCE, allowed_days, of_the_late
from simulator.consumables import affordable
from simulator.counters import Desks, serve
from simulator.day import step
from simulator.matching import one_after_the_other
from simulator.network import build_network
from simulator.scenarios import plan
from simulator.world import new_world, planned_on

PEOPLE = st.lists(
    st.tuples(
        st.integers(0, 2), st.integers(0, 20_000), st.integers(1, 3000), st.integers(0, 9000)
    ),
    min_size=1,
    max_size=60,
)
STAFF = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 4000), st.integers(5000, 30_000)),
    min_size=1,
    max_size=6,
)


@settings(max_examples=150, deadline=None)
@given(PEOPLE, STAFF, st.tuples(st.integers(0, 20_000), st.integers(0, 4000)))
def test_desks_serve_in_order_one_at_a_time_and_only_while_staffed(
    people: list[tuple[int, int, int, int]],
    staff: list[tuple[int, int, int]],
    cut: tuple[int, int],
) -> None:
    place, ready, seconds, patience = np.array(sorted(people)).T
    where, opens, closes = np.array(sorted(staff)).T
    number = np.arange(len(where))
    desks = Desks(where, opens, closes, number, number, np.ones(len(where)))
    still = {0: [(cut[0], cut[0] + cut[1])]}
    called, server = serve(place, ready, seconds * 1.0, patience * 1.0, desks, still)
    served = server >= 0
    assert (called[served] >= ready[served]).all()
    assert (called[served] <= ready[served] + patience[served]).all()
    assert (where[server[served]] == place[served]).all()
    assert (called[served] >= opens[server[served]]).all()
    assert (called[served] < closes[server[served]]).all()
    held = served & (place == 0) & (called >= cut[0]) & (called < sum(cut))
    assert not held.any()
    for at in np.unique(place):
        mine = np.flatnonzero(served & (place == at))
        assert (np.diff(called[mine]) >= 0).all()
        for desk in np.unique(server[mine]):
            turns = mine[server[mine] == desk]
            assert (called[turns][1:] >= called[turns][:-1] + seconds[turns][:-1]).all()
        # Nobody who could wait is sent away while a desk has time.
        if (where == at).any() and served[place == at].all():
            assert len(mine) == (place == at).sum()


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.integers(0, DAY - 1), min_size=1, max_size=40),
    st.integers(1, 4000),
    st.lists(st.tuples(st.integers(0, DAY), st.integers(0, 30_000)), max_size=3),
)
def test_one_after_the_other_works_only_while_open(
    come: list[int], seconds: int, breaks: list[tuple[int, int]]
) -> None:
    ready = np.sort(np.array(come))
    closed = [(start, start + lasting) for start, lasting in breaks]
    done = one_after_the_other(ready, np.full(len(ready), float(seconds)), 0, DAY, closed)
    assert (np.diff(done) >= 0).all()
    finished = done < DAY
    assert (done[finished] >= ready[finished] + seconds).all()
    is_open = np.ones(DAY, bool)
    for start, end in closed:
        is_open[start:end] = False
    worked = np.concatenate([[0], np.cumsum(is_open)])
    # No second is worked twice, and none before the first came.
    spent = worked[done[finished]] - worked[ready[0]]
    assert (spent + 2 >= seconds * np.arange(1, finished.sum() + 1)).all()


@given(st.lists(st.integers(0, 2), max_size=60), st.tuples(*[st.integers(0, 30)] * 4))
def test_stock_limits_what_is_printed_and_keeps_the_order(
    pages: list[int], stock: tuple[int, ...]
) -> None:
    wanted = np.array(pages, np.int64)
    quantity = np.array([*stock, 1.0])
    chosen = affordable(quantity, wanted)
    assert (np.diff(chosen) > 0).all()
    assert len(chosen) <= stock[3]
    for booklet in range(3):
        taken = int((wanted[chosen] == booklet).sum())
        assert taken <= stock[booklet]
    if min(stock) >= len(pages):
        assert len(chosen) == len(pages)


def test_more_desks_never_make_a_queue_longer() -> None:
    draws = np.random.default_rng(5)
    ready = np.sort(draws.integers(0, 18_000, 400))
    place, seconds = np.zeros(400, np.int64), draws.uniform(200, 900, 400)
    waits = []
    for count in (2, 6, 12):
        number = np.arange(count)
        zeros = np.zeros(count, np.int64)
        desks = Desks(zeros, zeros, zeros + 10**7, number, number, np.ones(count))
        called, _ = serve(place, ready, seconds, np.full(400, 1e8), desks, {})
        waits.append((called - ready).mean())
    assert waits[0] > waits[1] > waits[2]


def test_some_complain_of_lateness_once_and_only_while_they_wait() -> None:
    network = build_network(0.01)
    size, submitted = 4000, home_midnight(20_600)
    cases = {
        "number": np.arange(size),
        "place": np.zeros(size, np.int64),
        "tier": np.arange(size) % 3,
        "submitted_at": np.full(size, submitted),
    }
    complained: list[int] = []
    for day in range(20_600, 20_760):
        for cause in of_the_late(network, 1, day, cases):
            at = cause.at
            promised = allowed_days(network, cause.place, cases["tier"][cause.concerned])
            assert (at - submitted > promised * DAY).all()
            complained += cause.concerned.tolist()
    assert len(complained) == len(set(complained))
    assert 0.8 * LATE_CHANCE < len(complained) / size < 1.2 * LATE_CHANCE


def test_without_laminate_nothing_is_printed_until_it_comes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The stock of the crisis runs out; what is short then is the cause of the queue."""
    monkeypatch.setattr("simulator.world.WARM_UP_DAYS", 14)
    world = new_world(3, 0.01, 19_612 * DAY)
    until = world.began_at + 60 * DAY
    crisis = plan("crisis-2023", world.network, world.calendar, 3, world.began_at, until)
    world = planned_on(world, crisis)
    stock, printed, waiting = {}, {}, {}
    while world.next_day < 19_660:
        step(world)
        day = world.next_day - 1
        stock[day] = world.stock["quantity"].reshape(6, 5)[0, 3]
        waiting[day] = len(world.queue["number"])
        printed[day] = sum(
            (table["finished_at"].to_numpy().astype("datetime64[D]").astype(int) == day).sum()
            for tables in world.future["print_jobs"].values()
            for table in tables
        )
        world.future = {name: {} for name in world.future}
    # 11 and 24 October 2023.
    out, back = 19_641, 19_654
    assert min(day for day in stock if stock[day] < 1) in range(out - 5, out + 3)
    assert sum(printed[day] for day in range(out + 1, back - 2)) == 0
    assert waiting[back - 2] > 1.3 * waiting[out - 7]
    assert sum(printed[day] for day in range(back, back + 5)) > 0
