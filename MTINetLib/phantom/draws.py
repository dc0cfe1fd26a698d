"""Random numbers of a case: one independent stream a part, so that changing one part leaves the others."""

from __future__ import annotations

import zlib

import numpy as np

Rng = np.random.Generator


class Streams:
    """Gives every named part of a case its own generator, fixed by seed, case index and name."""

    def __init__(self, seed: int, index: int) -> None:
        self._seed = seed
        self._index = index

    def __call__(self, name: str) -> Rng:
        entropy = np.random.SeedSequence([self._seed, self._index, zlib.crc32(name.encode())])
        return np.random.Generator(np.random.PCG64(entropy))


def uniform(rng: Rng, low: float, high: float) -> float:
    return float(rng.uniform(low, high))


def log_uniform(rng: Rng, low: float, high: float) -> float:
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def normal(rng: Rng, mean: float, sd: float, low: float, high: float) -> float:
    """A normal draw, clipped to [low, high]."""
    return float(np.clip(rng.normal(mean, sd), low, high))


def chance(rng: Rng, probability: float) -> bool:
    return bool(rng.random() < probability)


def unit_vector(rng: Rng) -> np.ndarray:
    """A direction in space, uniform on the sphere, shape [3]."""
    vector = rng.standard_normal(3)
    return np.asarray(vector / np.linalg.norm(vector), dtype=np.float64)
