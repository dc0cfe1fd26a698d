"""What the network's heads say of each lesion, put together from the slices that it lies in."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from MTINetLib.inference.predict import LesionSlice, SlicePredictor, Slices
from MTINetLib.inference.reading import LesionReading
from MTINetLib.progress import Progress

__all__ = ["LesionReading", "lesion_slices", "read_lesions"]


def read_lesions(
    predictor: SlicePredictor,
    slices: Slices,
    label_slices: npt.NDArray[Any],
    progress: Progress | None = None,
) -> dict[int, LesionReading]:
    """Ask the network about every lesion in every slice that cuts it, with that lesion's own mask as focus.

    Args:
        slices: [Z, P, S, S], normalised units.
        label_slices: [Z, S, S], the lesions' labels (``SliceFrame.labels_to_slices``).

    Returns:
        a reading by label; lesions too small to cover one pixel have none.
    """
    asked = lesion_slices(label_slices)
    if not asked:
        return {}
    curves, logits = predictor.read(slices, asked, progress)
    labels = np.array([item.label for item in asked])
    areas = np.array([int(item.mask.sum()) for item in asked])
    readings = {}
    for label in np.unique(labels):
        own = labels == label
        curve = None if curves is None else np.average(curves[own].astype(np.float64), 0, areas[own])
        readings[int(label)] = LesionReading(areas[own], None if logits is None else logits[own], curve)
    return readings


def lesion_slices(label_slices: npt.NDArray[Any]) -> list[LesionSlice]:
    """Every lesion in every slice that cuts it, slice by slice."""
    found = []
    for z in np.flatnonzero(label_slices.any(axis=(1, 2))):
        labels = np.unique(label_slices[z])
        found += [LesionSlice(int(n), int(z), label_slices[z] == n) for n in labels if n]
    return found
