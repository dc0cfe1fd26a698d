"""Which image shows a lesion best: a phase, or the difference of two."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt

from MTINetLib.outline.marks import PlacedMarks
from MTINetLib.study.phase import Phase

#: Voxels within this part of the box's half sides are surely lesion; between these are its surroundings.
_CORE, _NEAR, _FAR = 0.6, 1.25, 1.9
#: A difference of two phases must show the lesion this much better than a phase: it doubles the noise, and
#: motion between the phases draws edges of its own.
_BETTER = 1.5
_Weights = tuple[float, ...]
_Volumes = npt.NDArray[np.float32]


@dataclass(frozen=True)
class LesionImage:
    """One image made of the phases.

    Args:
        weights: of each phase.
        contrast: between core and surroundings, in the spread of both.
    """

    weights: _Weights
    contrast: float

    def of(self, volumes: _Volumes) -> npt.NDArray[np.float32]:
        """[P, ...] becomes [...]."""
        used = [number for number, weight in enumerate(self.weights) if weight]
        return np.asarray(sum(np.float32(self.weights[number]) * volumes[number] for number in used))

    def name(self, phases: tuple[Phase, ...]) -> str:
        """``arterial``, or ``arterial - pre``."""
        added = [phase.value for phase, weight in zip(phases, self.weights, strict=True) if weight > 0]
        taken = [phase.value for phase, weight in zip(phases, self.weights, strict=True) if weight < 0]
        return " - ".join([*added, *taken])


def best_image(volumes: _Volumes, covered: npt.NDArray[np.bool_] | None, marks: PlacedMarks) -> LesionImage:
    """The image with the largest contrast between the middle of the box and what lies around it.

    Contrast is in the spread of both: a lesion has an edge where it is even in itself, too.

    Args:
        volumes: [P, Z, R, C] in the order of the marks.
        covered: where each phase has an image; one that has none in part of the box is not chosen.
    """
    core, around = _regions(marks, volumes.shape[1:])
    count = len(volumes)
    usable = [
        number
        for number in range(count)
        if covered is None or bool(covered[number][core].all() and covered[number][around].mean() > 0.5)
    ] or list(range(count))
    inside, outside = (np.stack([volume[region] for volume in volumes]) for region in (core, around))
    phases = [_judged(_one(count, number), inside, outside) for number in usable]
    pairs = [
        _judged(_one(count, later, earlier), inside, outside) for earlier, later in combinations(usable, 2)
    ]
    best = max(phases, key=lambda image: image.contrast)
    pair = max(pairs, key=lambda image: image.contrast, default=best)
    return pair if pair.contrast > _BETTER * best.contrast else best


def _one(count: int, plus: int, minus: int | None = None) -> _Weights:
    return tuple(float(number == plus) - float(number == minus) for number in range(count))


def _judged(weights: _Weights, inside: _Volumes, outside: _Volumes) -> LesionImage:
    image = LesionImage(weights, 0.0)
    (lesion, uneven), (near, spread) = _level(image.of(inside)), _level(image.of(outside))
    least = 1e-6 * (abs(near) + 1.0)
    return LesionImage(weights, abs(lesion - near) / (float(np.hypot(uneven, spread)) + least))


def _level(values: npt.NDArray[np.float32]) -> tuple[float, float]:
    """Median and spread; of normal values the latter is their standard deviation."""
    level = float(np.median(values))
    return level, 1.4826 * float(np.median(np.abs(values - level)))


def _regions(marks: PlacedMarks, shape: tuple[int, ...]) -> tuple[tuple[npt.NDArray[np.intp], ...], ...]:
    """Indices of the core and of the surroundings, in the middle slices of the box."""
    middle = marks.first_slice
    reach = int(marks.size[0] / 4)
    slices = np.arange(max(0, middle - reach), min(shape[0], middle + reach + 1))
    half = np.maximum(marks.size[1:] / 2, 1.0)
    rows, columns = (
        np.arange(
            max(0, int(np.floor(centre - _FAR * side))), min(count, int(np.ceil(centre + _FAR * side)) + 1)
        )
        for centre, side, count in zip(marks.centre[1:], half, shape[1:], strict=True)
    )
    down = (rows[:, None] - marks.centre[1]) / half[0]
    across = (columns[None, :] - marks.centre[2]) / half[1]
    distance = np.broadcast_to(np.sqrt(down**2 + across**2), (len(slices), len(rows), len(columns)))
    core = distance <= max(_CORE, float(distance.min()))
    around = (distance > _NEAR) & (distance <= _FAR)
    grid = np.ix_(slices, rows, columns)
    regions = []
    for chosen in (core, around if around.any() else ~core):
        regions.append(tuple(np.broadcast_to(axis, chosen.shape)[chosen] for axis in grid))
    return tuple(regions)
