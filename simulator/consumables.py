"""What print sites use up: booklets, laminate, ribbon. Counted each evening, ordered in time; what
is used up stops the printing until it is delivered."""

import numpy as np
import pyarrow as pa

from simulator.calendar import date_of, home_midnight
from simulator.columns import MISSING, Frame, code, length, rows_of
from simulator.network import YEARLY_APPLICATIONS, Network
from simulator.places import read_reference
from simulator.plan import Plan
from simulator.randomness import Floats, Ints, generator

ITEMS = ("booklets_36", "booklets_72", "booklets_100", "laminate", "ribbon")
UNITS = ("piece", "piece", "piece", "sheet", "roll")
LAMINATE, RIBBON = 3, 4
PRINTS_OF_A_ROLL = 400
_SHARES = np.array([0.86, 0.11, 0.03, 1.0, 1 / PRINTS_OF_A_ROLL])
"""Used for one passport, on average."""
_STOCK_DAYS, _ORDER_AT_DAYS, _DELIVERED_AFTER_DAYS = 45, 24, 8
COUNTED_AT = 23 * 3600


def first_stock(network: Network, day: int) -> Frame:
    """Stock of every site and item when the world begins: full."""
    usual = _usual(network, day)
    size = len(usual)
    return {
        "quantity": np.ceil(usual * _STOCK_DAYS),
        "received": np.zeros(size),
        "ordered": np.zeros(size),
        "due_day": np.full(size, MISSING),
    }


def _usual(network: Network, day: int) -> Floats:
    """Use per day, by site and item in one row; small sites keep some of everything."""
    daily = YEARLY_APPLICATIONS * network.scale / 300
    opened = np.array([first <= date_of(day) for first in network.sites_open_on])
    share = np.array([float(row["share"]) for row in read_reference("sites.csv")])
    # What has no site yet is printed at the first.
    share = np.where(opened, share, 0.0)
    share[0] += 1.0 - share.sum()
    return np.asarray((np.maximum(daily * share[:, None], 4.0) * _SHARES).ravel())


def deliver(network: Network, day: int, stock: Frame, plan: Plan) -> Frame:
    """The morning's deliveries: what is due arrives, unless something holds it up."""
    quantity, ordered, due = stock["quantity"].copy(), stock["ordered"], stock["due_day"]
    item = np.tile(np.arange(len(ITEMS)), network.sites)
    waits = np.zeros(len(quantity), bool)
    usual = _usual(network, day)
    for number, name in enumerate(ITEMS):
        is_held, days_left = plan.supply(name, day)
        waits |= is_held & (item == number)
        if days_left is not None:
            # How far the stock reaches is part of what is made to happen.
            lasts = np.minimum(quantity, usual * days_left)
            quantity = np.where(item == number, lasts, quantity)
    arrives = (due >= 0) & (due <= day) & ~waits
    received = np.where(arrives, ordered, 0.0)
    return {
        "quantity": quantity + received,
        "received": received,
        "ordered": np.where(arrives, 0.0, ordered),
        "due_day": np.where(arrives, MISSING, due),
    }


def affordable(quantity: Floats, pages: Ints) -> Ints:
    """Positions of the jobs, in their order, for which a site's stock suffices. `quantity` is by
    item, `pages` the booklet of each job."""
    enough = np.zeros(len(pages), bool)
    for booklet in range(3):
        rows = np.flatnonzero(pages == booklet)
        enough[rows[: int(quantity[booklet])]] = True
    most = min(quantity[LAMINATE], np.floor(quantity[RIBBON] * PRINTS_OF_A_ROLL + 1e-6))
    return np.flatnonzero(enough)[: int(most)]


def use(network: Network, stock: Frame, jobs: Frame) -> Frame:
    """The stock after some jobs (site, pages)."""
    used = np.zeros((network.sites, len(ITEMS)))
    if length(jobs):
        np.add.at(used, (jobs["site"], jobs["pages"]), 1.0)
        used[:, LAMINATE] = np.bincount(jobs["site"], minlength=network.sites)
        used[:, RIBBON] = used[:, LAMINATE] / PRINTS_OF_A_ROLL
    left = np.maximum(np.round(stock["quantity"] - used.ravel(), 4), 0.0)
    return {**stock, "quantity": left}


def count_stock(network: Network, seed: int, day: int, stock: Frame) -> tuple[Frame, pa.Table]:
    """The evening: what is short is ordered. The stock, and the record `consumables`."""
    draws = generator(seed, day, "consumables")
    usual = _usual(network, day)
    ordered, due = stock["ordered"], stock["due_day"]
    short = (stock["quantity"] < usual * _ORDER_AT_DAYS) & (ordered == 0)
    late = draws.geometric(0.3, len(usual))
    left = {
        **stock,
        "ordered": np.where(short, np.ceil(usual * _STOCK_DAYS), ordered),
        "due_day": np.where(short, day + _DELIVERED_AFTER_DAYS + late, due),
    }
    return left, _record(network, day, left)


def _record(network: Network, day: int, stock: Frame) -> pa.Table:
    size = length(stock)
    counted = np.full(size, home_midnight(day) + COUNTED_AT)
    due = stock["due_day"]
    return rows_of(
        "consumables",
        {
            "office_code": code(network.codes, np.repeat(network.site_places, len(ITEMS))),
            "item": code(ITEMS, np.tile(np.arange(len(ITEMS)), network.sites)),
            "counted_at": counted,
            "quantity": np.round(stock["quantity"], 2),
            "unit": code(UNITS, np.tile(np.arange(len(UNITS)), network.sites)),
            "received_quantity": stock["received"],
            "on_order": stock["ordered"],
            "due_on": pa.array(due.astype(np.int32), mask=due < 0).cast(pa.date32()),
            "recorded_at": counted + 600,
        },
        identity=day * 1000 + np.arange(size),
    )
