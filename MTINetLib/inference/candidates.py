"""Everything that may be a lesion, found and read once, so that a reader can move along the curve at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from MTINetLib.findings import StudyFindings
from MTINetLib.inference.lesions import lesion_boxes
from MTINetLib.models.operating_points import LesionProbability, OperatingPoints
from MTINetLib.study.grid import Grid

Labels = npt.NDArray[Any]


@dataclass(frozen=True)
class Candidates:
    """All candidates down to the lowest threshold that the model offers.

    Their numbers stay the same along the curve: those that count at the usual point come first, as if there
    were no others, then the rest by falling probability.

    Args:
        labels: [K, J, I].
        findings: of all of them, each with its probability of being a lesion.
    """

    labels: Labels
    findings: StudyFindings

    def labels_at(self, threshold: float) -> Labels:
        """The candidates that count from a threshold on."""
        return kept_labels(self.labels, self.numbers_at(threshold))

    def numbers_at(self, threshold: float) -> tuple[int, ...]:
        return tuple(
            lesion.label
            for lesion in self.findings.lesions
            if lesion.lesion_probability is not None and lesion.lesion_probability >= threshold
        )


def lesion_probabilities(
    labels: Labels, probability: npt.NDArray[np.float32], grid: Grid, of: LesionProbability
) -> dict[int, float]:
    """How probable each candidate is to be a lesion, by label."""
    numbers = list(lesion_boxes(labels))
    if not numbers:
        return {}
    means = ndimage.mean(probability, labels, numbers)
    peaks = ndimage.maximum(probability, labels, numbers)
    sizes = np.bincount(labels.ravel(), minlength=max(numbers) + 1)
    return {
        number: of.of(float(mean), float(peak), float(sizes[number]) * grid.voxel_volume_mm3)
        for number, mean, peak in zip(numbers, means, peaks, strict=True)
    }


def numbered(
    labels: Labels, probabilities: Mapping[int, float], offered: OperatingPoints
) -> tuple[Labels, dict[int, float]]:
    """Candidates in their lasting order, without those that no point lets count; and their probabilities.

    Args:
        labels: 1 for the largest.
    """
    usual, lowest = offered.points[offered.usual].threshold, offered.points[-1].threshold
    sure = sorted(number for number, share in probabilities.items() if share >= usual)
    rest = [number for number, share in probabilities.items() if lowest <= share < usual]
    order = [*sure, *sorted(rest, key=lambda number: (-probabilities[number], number))]
    renumber = np.zeros(int(labels.max(initial=0)) + 1, dtype=labels.dtype)
    for new, old in enumerate(order, start=1):
        renumber[old] = new
    return renumber[labels], {new: probabilities[old] for new, old in enumerate(order, start=1)}


def kept_labels(labels: Labels, numbers: tuple[int, ...]) -> Labels:
    """The label map with these numbers alone."""
    kept = np.zeros(int(labels.max(initial=0)) + 1, dtype=labels.dtype)
    for number in numbers:
        kept[number] = number
    return np.asarray(kept[labels])
