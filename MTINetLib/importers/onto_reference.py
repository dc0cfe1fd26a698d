"""Outlines of one phase, brought onto the reference phase: by registration, never by index."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from MTINetLib.errors import InputError
from MTINetLib.importers.found import LeftOut
from MTINetLib.importers.outlines import Drawn
from MTINetLib.reading.source_volume import SourceVolume
from MTINetLib.registration.align import Place, placement
from MTINetLib.study.anatomy import UNKNOWN_ORGAN
from MTINetLib.study.grid import Grid
from MTINetLib.study.phase import Phase
from MTINetLib.study.resample import resample, resample_labels

_INSIDE = 0.5


@dataclass(frozen=True)
class Match:
    """How a lesion that was drawn on two phases lies on itself.

    Args:
        before_mm, after_mm: distance of the centres by position alone, and after registration.
        dice: overlap after registration.
    """

    before_mm: float
    after_mm: float
    dice: float

    def remark(self, phase: Phase, reference: Phase) -> str:
        return (
            f"The lesion as drawn on the {phase.title} phase lies {self.before_mm:.0f} mm from that on the "
            f"{reference.title} phase by position, {self.after_mm:.0f} mm after registration (Dice "
            f"{self.dice:.2f})."
        )


def transform_of(place: Place, moving: SourceVolume, phase: Phase) -> Any:
    """From points of the reference phase to those of another; None where it need not be moved.

    Raises:
        LeftOut: the two hardly overlap.
    """
    try:
        return placement(place, moving, "auto").transform
    except InputError as error:
        raise LeftOut(
            f"the {phase.title} phase cannot be registered to the reference phase: {error}"
        ) from error


def carried(drawn: Drawn, grid: Grid, transform: Any = None) -> Drawn:
    """Outlines on another grid: lesions keep their numbers, unless nothing is left of one.

    Args:
        transform: from points of ``grid`` to those of the outlines; None where both lie in one space.
    """
    if transform is None:
        labels = resample_labels(drawn.labels, drawn.grid, grid)
        anatomy = None if drawn.anatomy is None else resample_labels(drawn.anatomy, drawn.grid, grid)
        return replace(drawn, labels=labels, grid=grid, anatomy=anatomy)
    labels = np.zeros(grid.shape, dtype=np.uint8)
    for number in drawn.classes:
        labels[_moved(drawn.labels == number, drawn.grid, grid, transform)] = number
    anatomy = None
    if drawn.anatomy is not None:
        anatomy = np.full(grid.shape, UNKNOWN_ORGAN, dtype=np.uint8)
        for value in np.unique(drawn.anatomy[drawn.anatomy != UNKNOWN_ORGAN]):
            anatomy[_moved(drawn.anatomy == value, drawn.grid, grid, transform)] = value
    return replace(drawn, labels=labels, grid=grid, anatomy=anatomy)


def match(reference: Drawn, other: Drawn, moved: Drawn) -> Match:
    """How well the lesions of another phase lie on those of the reference, before and after registration."""
    before = other.grid.to_lps(other.centre) - reference.grid.to_lps(reference.centre)
    one, two = reference.labels > 0, moved.labels > 0
    if not two.any():
        return Match(float(np.linalg.norm(before)), float("inf"), 0.0)
    after = moved.grid.to_lps(moved.centre) - reference.grid.to_lps(reference.centre)
    return Match(float(np.linalg.norm(before)), float(np.linalg.norm(after)), overlap(one, two))


def overlap(one: npt.NDArray[np.bool_], two: npt.NDArray[np.bool_]) -> float:
    """Dice of two masks; 0 where both are empty."""
    both = int(np.count_nonzero(one)) + int(np.count_nonzero(two))
    return 2.0 * int(np.count_nonzero(one & two)) / both if both else 0.0


def _moved(part: npt.NDArray[np.bool_], source: Grid, target: Grid, transform: Any) -> npt.NDArray[np.bool_]:
    moved: npt.NDArray[np.bool_] = resample(part.astype(np.float32), source, target, transform) > _INSIDE
    return moved
