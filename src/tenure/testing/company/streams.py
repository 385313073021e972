"""Random numbers by name and key: the same question always gets the same answer.

A numpy Generator hands out numbers in the order they are asked for, so one more customer, or one call
earlier, would change everybody's life. Here a number is a hash of (seed, stream name, keys), computed for
whole arrays at once; nothing is stored and order does not matter. The hash is the finaliser of SplitMix64
(Steele, Lea, Flood 2014), applied once per key.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import lru_cache
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Keys = NDArray[np.uint64]

_STEP = np.uint64(0x9E3779B97F4A7C15)
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)
_BY_30, _BY_27, _BY_31 = np.uint64(30), np.uint64(27), np.uint64(31)
_ALL = (1 << 64) - 1
_NORMAL = NormalDist()


def _scramble(bits: Keys) -> Keys:
    """SplitMix64's finaliser; overflow is meant."""
    bits = bits + _STEP
    bits ^= bits >> _BY_30
    bits *= _FIRST
    bits ^= bits >> _BY_27
    bits *= _SECOND
    bits ^= bits >> _BY_31
    return bits


def _scramble_one(bits: int) -> int:
    """The same for one plain integer; twenty times cheaper than an array of one."""
    bits = (bits + int(_STEP)) & _ALL
    bits = ((bits ^ (bits >> 30)) * int(_FIRST)) & _ALL
    bits = ((bits ^ (bits >> 27)) * int(_SECOND)) & _ALL
    return bits ^ (bits >> 31)


@lru_cache(maxsize=4096)
def _root(seed: int, name: str) -> int:
    return int.from_bytes(hashlib.blake2b(f"{seed}/{name}".encode(), digest_size=8).digest(), "little")


class Streams:
    """Named sub-streams of one seed. Keys are non-negative integers or arrays of them; put scalars first."""

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def bits(self, name: str, *keys: ArrayLike) -> Keys:
        """64 random bits for each combination of the (broadcast) keys."""
        value = np.array([_root(self.seed, name)], dtype=np.uint64)
        for key in keys:
            value = _scramble(value ^ np.asarray(key).astype(np.uint64))
        return value

    def uniform(self, name: str, *keys: ArrayLike) -> Floats:
        """Uniform on the open interval (0, 1)."""
        top = (self.bits(name, *keys) >> np.uint64(11)).astype(np.float64)
        return (top + 0.5) * 2.0**-53

    def normal(self, name: str, *keys: ArrayLike) -> Floats:
        """Standard normal."""
        return np.asarray(ndtri(self.uniform(name, *keys)), dtype=np.float64)

    def exponential(self, name: str, *keys: ArrayLike) -> Floats:
        """Exponential with mean 1."""
        return -np.log(self.uniform(name, *keys))

    def happens(self, chance: float | Floats, name: str, *keys: ArrayLike) -> Bools:
        """True with the given probability."""
        return np.asarray(self.uniform(name, *keys) < chance, dtype=np.bool_)

    def below(self, limit: int, name: str, *keys: ArrayLike) -> Ints:
        """Uniform integers in [0, limit)."""
        return (self.uniform(name, *keys) * limit).astype(np.int64)

    def pick(self, weights: Sequence[float], name: str, *keys: ArrayLike) -> Ints:
        """Index drawn in proportion to the weights."""
        edges = np.cumsum(np.asarray(weights, dtype=np.float64))
        draws = self.uniform(name, *keys) * edges[-1]
        return np.asarray(np.searchsorted(edges, draws, side="right"), dtype=np.int64)

    def geometric(self, mean: Floats, name: str, *keys: ArrayLike) -> Ints:
        """Counts 0, 1, 2, ... with the given mean and a geometric tail."""
        chance = 1.0 / (1.0 + mean)
        counts = np.floor(np.log(self.uniform(name, *keys)) / np.log1p(-np.minimum(chance, 1 - 1e-12)))
        return counts.astype(np.int64)

    def one(self, name: str, *keys: int) -> float:
        """A single uniform number; equals `uniform` of the same keys."""
        value = _root(self.seed, name)
        for key in keys:
            value = _scramble_one(value ^ int(key))
        return ((value >> 11) + 0.5) * 2.0**-53

    def one_normal(self, name: str, *keys: int) -> float:
        """A single standard normal number."""
        return _NORMAL.inv_cdf(self.one(name, *keys))

    def one_of(self, weights: Sequence[float], name: str, *keys: int) -> int:
        """A single index drawn in proportion to the weights."""
        left = self.one(name, *keys) * sum(weights)
        for index, weight in enumerate(weights):
            left -= weight
            if left < 0:
                return index
        return len(weights) - 1
