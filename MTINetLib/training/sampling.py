"""Which slice and lesion come next: a pure function of seed, epoch and rank, so that a resume is exact."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt
from torch.utils.data import Sampler

from MTINetLib.errors import InputError
from MTINetLib.training.slice_store import SliceEntry, SliceStore

#: Lesions under this area are hard to learn and rare in pixels, so they are drawn twice as often ...
TINY_PX = 80
TINY_FACTOR = 2.0
#: ... but the sliver where a slice grazes a large lesion teaches little: it is drawn a quarter as often.
SLIVER_PX = 8
SLIVER_FACTOR = 0.25
#: Share of the healthy draws that lie within NEAR_SLICES of a tumour; mostly liver, and hard to keep clean.
NEAR_SHARE = 0.4
NEAR_SLICES = 4

NO_LESION = -1


class Draw(NamedTuple):
    """One sample to make: place of its entry in the store, place of the lesion in the entry, random seed."""

    entry: int
    lesion: int
    seed: int


class DrawSampler(Sampler[list[Draw]]):
    """Batches of draws for :class:`torch.utils.data.DataLoader` (as ``batch_sampler``).

    ``balanced``: ``tumour_share`` of the draws hold a tumour, as many of each class; within
    a class every lesion counts the same however many slices it spans (tiny ones more). ``uniform``: every
    slice once an epoch in random order, with its largest lesion. With ``bearing_only`` healthy slices are
    left out, which teach nothing to a network without a mask.

    Args:
        steps: batches an epoch; 0 means as many as one pass over the slices takes.
        mix_share: share of the balanced draws that the cases mixed in get, balanced among themselves.
        rank, world: this process among those that train together; each gets its own part of every batch.
    """

    def __init__(
        self,
        store: SliceStore,
        kind: Literal["balanced", "uniform"],
        *,
        batch_size: int,
        steps: int,
        tumour_share: float,
        seed: int,
        mix_share: float = 0.0,
        bearing_only: bool = False,
        rank: int = 0,
        world: int = 1,
    ) -> None:
        entries = [(n, entry) for n, entry in enumerate(store.entries) if entry.lesions or not bearing_only]
        if not entries:
            what = "slices with a lesion" if bearing_only else "slices"
            raise InputError(f"The training part of the dataset has no {what}; add cases.")
        self._kind, self._seed, self.rank, self._world = kind, seed, rank, world
        self._batch_size = batch_size
        self._steps = steps or max(1, len(entries) // (batch_size * world))
        share = 1.0 if bearing_only else tumour_share
        self._units, self._probability = balanced_units(store, share, mix_share)
        self._uniform = [(n, 0 if entry.lesions else NO_LESION) for n, entry in entries]
        #: Asked when an iteration starts; set to the trainer's own count, which a resume restores.
        self.epoch_of: Callable[[], int] = lambda: 0

    def __len__(self) -> int:
        return self._steps

    def __iter__(self) -> Iterator[list[Draw]]:
        random = np.random.default_rng([self._seed, self.epoch_of()])
        wide = self._batch_size * self._world
        chosen = self._choose(random, self._steps * wide).reshape(self._steps, self._world, self._batch_size)
        seeds = random.integers(2**62, size=chosen.shape)
        units = self._units if self._kind == "balanced" else self._uniform
        for step in range(self._steps):
            mine = zip(chosen[step, self.rank], seeds[step, self.rank], strict=True)
            yield [Draw(units[unit][0], units[unit][1], int(seed)) for unit, seed in mine]

    def _choose(self, random: np.random.Generator, count: int) -> npt.NDArray[np.int64]:
        if self._kind == "balanced":
            return random.choice(len(self._units), size=count, p=self._probability)
        passes = -(-count // len(self._uniform))
        return np.concatenate([random.permutation(len(self._uniform)) for _ in range(passes)])[:count]


def balanced_units(
    store: SliceStore, tumour_share: float, mix_share: float = 0.0
) -> tuple[list[tuple[int, int]], npt.NDArray[np.float64]]:
    """All (entry, lesion) pairs, healthy slices with NO_LESION, and the probability of each."""
    units, groups, weights = _units(store)
    mixed_in = np.array([store.cases[store.entries[entry].case].mixed_in for entry, _ in units])
    if mixed_in.all() or not mixed_in.any():
        return units, _group_balanced(groups, weights, tumour_share)
    probability = np.zeros(len(units))
    for part, share in ((mixed_in, mix_share), (~mixed_in, 1.0 - mix_share)):
        of_part = [group for group, inside in zip(groups, part, strict=True) if inside]
        probability[part] = share * _group_balanced(of_part, weights[part], tumour_share)
    return units, probability


def _units(store: SliceStore) -> tuple[list[tuple[int, int]], list[str], npt.NDArray[np.float64]]:
    """All pairs with the group that each is balanced in and its weight there."""
    units: list[tuple[int, int]] = []
    groups: list[str] = []
    weights: list[float] = []
    spans = _slices_per_lesion(store.entries)
    near = _near_tumour(store.entries)
    for number, entry in enumerate(store.entries):
        for place, lesion in enumerate(entry.lesions):
            units.append((number, place))
            groups.append(f"class {lesion.class_index}")
            weights.append(_area_factor(lesion.area_px) / spans[entry.case, lesion.label])
        if not entry.lesions:
            units.append((number, NO_LESION))
            groups.append("near" if number in near else "far")
            weights.append(1.0)
    return units, groups, np.array(weights)


def _group_balanced(
    groups: Sequence[str], weights: npt.NDArray[np.float64], tumour_share: float
) -> npt.NDArray[np.float64]:
    present = set(groups)
    classes = sorted(name for name in present if name.startswith("class"))
    shares = {name: tumour_share / len(classes) for name in classes}
    healthy = 1.0 - tumour_share
    shares |= {"near": healthy * NEAR_SHARE, "far": healthy * (1 - NEAR_SHARE)}
    names = np.array(groups)
    probability = np.zeros(len(weights))
    for name in present:
        chosen = names == name
        probability[chosen] = shares[name] * weights[chosen] / weights[chosen].sum()
    if probability.sum() == 0:  # only one kind of slice, and its share is set to 0
        return np.full(len(weights), 1 / len(weights))
    return np.asarray(probability / probability.sum())


def _area_factor(area_px: int) -> float:
    if area_px < SLIVER_PX:
        return SLIVER_FACTOR
    return TINY_FACTOR if area_px < TINY_PX else 1.0


def _slices_per_lesion(entries: Sequence[SliceEntry]) -> dict[tuple[int, int], int]:
    spans: dict[tuple[int, int], int] = defaultdict(int)
    for entry in entries:
        for lesion in entry.lesions:
            spans[entry.case, lesion.label] += 1
    return spans


def _near_tumour(entries: Sequence[SliceEntry]) -> set[int]:
    """Places of healthy entries that lie within NEAR_SLICES of a tumour of their case."""
    bearing: dict[int, list[int]] = defaultdict(list)
    for entry in entries:
        if entry.lesions:
            bearing[entry.case].append(entry.z)
    return {
        number
        for number, entry in enumerate(entries)
        if not entry.lesions and any(abs(entry.z - z) <= NEAR_SLICES for z in bearing[entry.case])
    }


def validation_draws(store: SliceStore, most: int, seed: int) -> list[Draw]:
    """At most ``most`` slices, half of them with a tumour as far as there are, the same ones every time."""
    random = np.random.default_rng([seed, 2])
    bearing = [(n, place) for n, entry in enumerate(store.entries) for place in range(len(entry.lesions))]
    healthy = [(n, NO_LESION) for n, entry in enumerate(store.entries) if not entry.lesions]
    tumours = min(len(bearing), max(most // 2, most - len(healthy)))
    chosen = [
        pool[number]
        for pool, count in ((bearing, tumours), (healthy, min(len(healthy), most - tumours)))
        for number in sorted(random.permutation(len(pool))[:count])
    ]
    return [Draw(entry, lesion, seed=0) for entry, lesion in sorted(chosen)]
