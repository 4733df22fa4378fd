"""Where every draw of the simulated world comes from.

What a day has one of for each place, line or machine comes from a `generator` of the seed, the day
and the purpose. What a visit, a case or a box is dealt comes from its own number (`Luck`), never
from one that counts all: nobody else's fate changes when somebody more comes, so that worlds which
differ in one event can be compared, and a day that is simulated again gives the same rows.
"""

import zlib
from dataclasses import dataclass
from functools import cache, cached_property

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


def lognormal(draws: np.random.Generator, median: float, sigma: float, size: int) -> Floats:
    """`size` quantities about `median`, in its unit."""
    return np.asarray(median * np.exp(sigma * draws.standard_normal(size)))


@dataclass(frozen=True)
class Luck:
    """The draws of those with the numbers `who`: by seed, purpose and number alone."""

    seed: int
    who: Ints

    @cached_property
    def _own(self) -> NDArray[np.uint64]:
        return _mixed(self.who.astype(np.uint64))

    def uniform(self, purpose: str) -> Floats:
        """In [0, 1)."""
        bits = _mixed(self._own ^ _key(self.seed, purpose))
        return np.asarray((bits >> np.uint64(11)).astype(np.float64) * 2.0**-53)

    def happens(self, purpose: str, chance: float | Floats) -> Flags:
        """True with the given chance."""
        return np.asarray(self.uniform(purpose) < chance)

    def integers(self, purpose: str, low: int, high: int) -> Ints:
        """In [low, high)."""
        return np.asarray(low + (self.uniform(purpose) * (high - low)).astype(np.int64))

    def choose(self, purpose: str, shares: tuple[float, ...] | Floats) -> Ints:
        """Positions in `shares`, drawn by their weight."""
        edges = np.cumsum(shares) / np.sum(shares)
        drawn = np.searchsorted(edges, self.uniform(purpose), side="right")
        return np.asarray(np.minimum(drawn, len(shares) - 1), np.int64)

    def lognormal(self, purpose: str, median: float | Floats, sigma: float) -> Floats:
        """Quantities about `median`, in its unit."""
        radius = np.sqrt(-2.0 * np.log1p(-self.uniform(purpose)))
        angle = 2.0 * np.pi * self.uniform(f"{purpose}'")
        return np.asarray(median * np.exp(sigma * radius * np.cos(angle)))

    def geometric(self, purpose: str, chance: float) -> Ints:
        """Trials until the first success, from 1."""
        trials = np.log1p(-self.uniform(purpose)) / np.log1p(-chance)
        return np.asarray(1 + trials.astype(np.int64))

    def exponential(self, purpose: str, mean: float | Floats) -> Floats:
        """Waiting times of the given means."""
        return np.asarray(-mean * np.log1p(-self.uniform(purpose)))


@cache
def _key(seed: int, purpose: str) -> np.uint64:
    salt = _mixed(np.array([seed, zlib.crc32(purpose.encode())], np.uint64))
    return np.uint64(salt[0] ^ (salt[1] << np.uint64(1)))


def _mixed(bits: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """SplitMix64's finalizer: every bit of the input moves every bit of the output."""
    with np.errstate(over="ignore"):
        bits = bits + np.uint64(0x9E3779B97F4A7C15)
        bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return bits ^ (bits >> np.uint64(31))
