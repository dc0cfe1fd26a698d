"""What the network's heads say of each lesion, put together from the slices that it lies in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from MTINetLib.findings import FourValues
from MTINetLib.inference.predict import LesionSlice, SlicePredictor, Slices
from MTINetLib.progress import Progress
from MTINetLib.study.normalise import IntensityScale


@dataclass(frozen=True)
class LesionReading:
    """The heads' answers for one lesion.

    Args:
        areas: pixels of the lesion in each of its network slices, [n].
        logits: class logits of each slice, [n, 2] (HCC, hemangioma); None without a class head.
        curve: normalised units, area-weighted mean over the slices; None without a regression head.
    """

    areas: npt.NDArray[np.int64]
    logits: npt.NDArray[np.float32] | None
    curve: npt.NDArray[np.float64] | None

    def mean_logits(self) -> npt.NDArray[np.float64] | None:
        """Area-weighted mean of the slices' logits, [2]."""
        return None if self.logits is None else np.average(self.logits.astype(np.float64), 0, self.areas)

    def predicted_curve(self, scale: IntensityScale) -> FourValues | None:
        """The predicted curve in scanner units; None where there is none or it is not finite."""
        if self.curve is None or not np.isfinite(self.curve).all():
            return None
        values = scale.invert(self.curve)
        return float(values[0]), float(values[1]), float(values[2]), float(values[3])


def read_lesions(
    predictor: SlicePredictor,
    slices: Slices,
    label_slices: npt.NDArray[Any],
    progress: Progress | None = None,
) -> dict[int, LesionReading]:
    """Ask the network about every lesion in every slice that cuts it, with that lesion's own mask as focus.

    Args:
        slices: [Z, 4, S, S], normalised units.
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
