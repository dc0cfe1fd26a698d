"""What each mark that may be a lesion is like, how probable one is, and the order of their numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from MTINetLib.inference.candidates import Labels
from MTINetLib.inference.lesions import Box, grown_box, lesion_boxes
from MTINetLib.models.operating_points import LesionProbability, OperatingPoints
from MTINetLib.study.anatomy import UNKNOWN_ORGAN, Organ
from MTINetLib.study.grid import Grid


class CandidateFeatures(NamedTuple):
    """What tells lesions from other marks.

    Args:
        mean, peak: probability of its voxels.
        mm3: its volume.
        liver, vessel, organ: shares of its surroundings that are liver, vessels and other organs, as the
            model sees them; 0 for a model without organs.
    """

    mean: float
    peak: float
    mm3: float
    liver: float = 0.0
    vessel: float = 0.0
    organ: float = 0.0


def lesion_probabilities(
    labels: Labels,
    probability: npt.NDArray[np.float32],
    grid: Grid,
    of: LesionProbability,
    anatomy: npt.NDArray[np.uint8] | None = None,
) -> dict[int, float]:
    """How probable each candidate is to be a lesion, by label.

    Args:
        anatomy: [K, J, I], as the model sees it.
    """
    features = candidate_features(labels, probability, grid, anatomy)
    return {number: of.of(*values) for number, values in features.items()}


def candidate_features(
    labels: Labels,
    probability: npt.NDArray[np.float32],
    grid: Grid,
    anatomy: npt.NDArray[np.uint8] | None = None,
) -> dict[int, CandidateFeatures]:
    """The features of each candidate, by label."""
    boxes = lesion_boxes(labels)
    numbers = list(boxes)
    if not numbers:
        return {}
    means = ndimage.mean(probability, labels, numbers)
    peaks = ndimage.maximum(probability, labels, numbers)
    sizes = np.bincount(labels.ravel(), minlength=max(numbers) + 1)
    return {
        number: CandidateFeatures(
            float(mean),
            float(peak),
            float(sizes[number]) * grid.voxel_volume_mm3,
            *(() if anatomy is None else _surroundings(labels, number, boxes[number], anatomy)),
        )
        for number, mean, peak in zip(numbers, means, peaks, strict=True)
    }


def _surroundings(
    labels: Labels, number: int, box: Box, anatomy: npt.NDArray[np.uint8]
) -> tuple[float, float, float]:
    """Shares of liver, vessels and other organs in a shell of two voxels, one across slices."""
    around = grown_box(box, (1, 2, 2), labels.shape)
    own = labels[around] == number
    near = ndimage.binary_dilation(own, np.ones((3, 5, 5), dtype=bool))
    shell = anatomy[around][near & ~own]
    if not shell.size:
        return 0.0, 0.0, 0.0
    liver = float((shell == Organ.LIVER).mean())
    vessel = float(np.isin(shell, (Organ.LIVER_VESSEL, Organ.GREAT_VESSEL)).mean())
    none = float(np.isin(shell, (Organ.BACKGROUND, UNKNOWN_ORGAN)).mean())
    return liver, vessel, max(0.0, 1.0 - liver - vessel - none)


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
