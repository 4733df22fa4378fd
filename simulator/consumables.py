"""What print sites use up: booklets, laminate, ribbon. Counted each evening, ordered in time."""

import numpy as np
import pyarrow as pa

from simulator.calendar import home_midnight
from simulator.columns import MISSING, Frame, code, length, rows_of
from simulator.network import YEARLY_APPLICATIONS, Network, read_reference
from simulator.randomness import Ints, generator

ITEMS = ("booklets_36", "booklets_72", "booklets_100", "laminate", "ribbon")
UNITS = ("piece", "piece", "piece", "sheet", "roll")
_SHARES = np.array([0.86, 0.11, 0.03, 1.0, 1 / 400])
"""Used for one passport, on average."""
_STOCK_DAYS, _ORDER_AT_DAYS, _DELIVERED_AFTER_DAYS = 40, 18, 10
COUNTED_AT = 23 * 3600


def first_stock(network: Network) -> Frame:
    """Stock of every site and item when the world begins: full."""
    usual = _usual(network)
    return {
        "quantity": np.ceil(usual * _STOCK_DAYS).astype(np.int64),
        "ordered": np.zeros(len(usual), np.int64),
        "due_day": np.full(len(usual), MISSING),
    }


def _usual(network: Network) -> np.ndarray:
    """Use per day, by site and item in one row."""
    daily = YEARLY_APPLICATIONS * network.scale / 300
    site = np.array([float(row["share"]) for row in read_reference("sites.csv")])
    return np.asarray((daily * site[:, None] * _SHARES).ravel())


def count_stock(
    network: Network, seed: int, day: int, stock: Frame, jobs: Frame, began_at: int
) -> tuple[Frame, pa.Table]:
    """The evening's count after the day's jobs (place, pages), and the record `consumables`."""
    draws = generator(seed, day, "consumables")
    items = len(ITEMS)
    used = np.zeros((network.sites, items), np.int64)
    if length(jobs):
        site = network.site_of[jobs["place"]]
        np.add.at(used, (site, jobs["pages"]), 1)
        used[:, 3] = np.bincount(site, minlength=network.sites)
        used[:, 4] = draws.binomial(used[:, 3], _SHARES[4])
    arrives = stock["due_day"] == day
    received = np.where(arrives, stock["ordered"], 0)
    quantity = np.maximum(stock["quantity"] + received - used.ravel(), 0)
    ordered = np.where(arrives, 0, stock["ordered"])
    due_day = np.where(arrives, MISSING, stock["due_day"])
    usual = _usual(network)
    short = (quantity < usual * _ORDER_AT_DAYS) & (ordered == 0)
    ordered = np.where(short, np.ceil(usual * _STOCK_DAYS).astype(np.int64), ordered)
    late = draws.geometric(0.3, len(usual))
    due_day = np.where(short, day + _DELIVERED_AFTER_DAYS + late, due_day)
    left: Frame = {"quantity": quantity, "ordered": ordered, "due_day": due_day}
    return left, _record(network, day, left, received, began_at)


def _record(network: Network, day: int, stock: Frame, received: Ints, began_at: int) -> pa.Table:
    size = length(stock)
    counted = np.full(size, home_midnight(day) + COUNTED_AT)
    due = stock["due_day"]
    table = rows_of(
        "consumables",
        {
            "office_code": code(network.codes, np.repeat(network.site_places, len(ITEMS))),
            "item": code(ITEMS, np.tile(np.arange(len(ITEMS)), network.sites)),
            "counted_at": counted,
            "quantity": stock["quantity"].astype(np.float64),
            "unit": code(UNITS, np.tile(np.arange(len(UNITS)), network.sites)),
            "received_quantity": received.astype(np.float64),
            "on_order": stock["ordered"].astype(np.float64),
            "due_on": pa.array(due.astype(np.int32), mask=due < 0).cast(pa.date32()),
            "recorded_at": counted + 600,
        },
        identity=day * 1000 + np.arange(size),
    )
    return table if counted[0] >= began_at else table.slice(0, 0)
