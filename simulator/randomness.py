"""Where every draw of the simulated world comes from.

A generator belongs to one seed, one day and one purpose. Days can therefore be simulated in one
go or one by one, with the same draws.
"""

import zlib

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


def generator(seed: int, day: int, purpose: str) -> np.random.Generator:
    """The generator of one purpose on one day (days since 1970-01-01)."""
    return np.random.Generator(
        np.random.PCG64(np.random.SeedSequence([seed, day, zlib.crc32(purpose.encode())]))
    )


def choose(draws: np.random.Generator, shares: tuple[float, ...], size: int) -> Ints:
    """`size` indices into `shares`, drawn by their weight."""
    edges = np.cumsum(shares) / np.sum(shares)
    return np.minimum(np.searchsorted(edges, draws.random(size), side="right"), len(shares) - 1)


def lognormal(draws: np.random.Generator, median: float, sigma: float, size: int) -> Floats:
    """`size` durations about `median`, in its unit."""
    return median * np.exp(sigma * draws.standard_normal(size))
