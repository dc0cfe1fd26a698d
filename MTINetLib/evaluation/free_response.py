"""The free-response curve of a model, and the point on it where the model is to work.

Sensitivity over lesions against false positives a study (free-response ROC, Bunch et al., J Appl Photogr Eng
4 (1978) 166-171), by the matching rule of detection.py, over a grid of the thresholds that decide what is a
lesion. Each study is looked at once for each mask threshold; the other thresholds only choose among the
components that were found there.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from MTINetLib.evaluation.detection import MATCH_IOU, contingency
from MTINetLib.inference.candidate_features import candidate_features
from MTINetLib.inference.in_liver import lesions_in_liver
from MTINetLib.inference.lesions import find_lesions, lesion_boxes
from MTINetLib.models.thresholds import Thresholds
from MTINetLib.study.grid import Grid
from MTINetLib.study.liver import Liver

MASKS = (0.3, 0.4, 0.5, 0.6, 0.7)
_PEAKS = (0.0, 0.8, 0.9, 0.95)
_MEANS = (0.0, 0.6, 0.7, 0.8, 0.9)
_SMALLEST_MM3 = (30.0, 60.0, 120.0)
_MIN_SLICES = (1, 2)


@dataclass(frozen=True)
class Component:
    """A connected component of a probability map above one mask threshold.

    Args:
        mm3: its volume.
        slices: in how many slices of the reference grid it lies.
        peak, mean: of its voxels' probabilities.
        ious: with the true lesions that it may stand for, by their labels.
        liver, vessel, organ: see ``CandidateFeatures``.
    """

    mm3: float
    slices: int
    peak: float
    mean: float
    ious: Mapping[int, float]
    liver: float = 0.0
    vessel: float = 0.0
    organ: float = 0.0

    def passes(self, thresholds: Thresholds) -> bool:
        """Whether ``find_lesions`` keeps it."""
        return (
            self.mm3 >= thresholds.smallest_mm3
            and self.slices >= thresholds.min_slices
            and self.peak >= thresholds.peak
            and self.mean >= thresholds.mean
        )


@dataclass(frozen=True)
class StudyComponents:
    """One study: how many true lesions it has, and the components by mask threshold."""

    lesions: int
    by_mask: Mapping[float, tuple[Component, ...]]


@dataclass(frozen=True)
class FreeResponsePoint:
    """Thresholds and what they give.

    Args:
        sensitivity: found true lesions over all.
        false_positives: a study.
        mean_iou: over all true lesions, missed ones counting 0.
    """

    thresholds: Thresholds
    sensitivity: float
    false_positives: float
    mean_iou: float


def study_components(
    probability: npt.NDArray[np.float32],
    truth: npt.NDArray[Any],
    grid: Grid,
    liver: Liver | None = None,
    anatomy: npt.NDArray[np.uint8] | None = None,
) -> StudyComponents:
    """The components of a probability map at every mask threshold; arrays are [K, J, I] on the grid.

    Args:
        liver: components that are no lesions of it are left out, as an analysis sets them aside.
        anatomy: as the model sees it.
    """
    by_mask = {mask: _components(probability, truth, grid, mask, liver, anatomy) for mask in MASKS}
    return StudyComponents(len(np.unique(truth[truth > 0])), by_mask)


def free_response(studies: Sequence[StudyComponents], base: Thresholds) -> Iterator[FreeResponsePoint]:
    """A point for every combination of thresholds, the most permissive first.

    Args:
        studies: at least one of them with a true lesion.
        base: gives the thresholds that have nothing to do with detection.
    """
    lesions = sum(study.lesions for study in studies)
    for thresholds in _combinations(base):
        kept = [
            [part for part in study.by_mask[thresholds.mask] if part.passes(thresholds)] for study in studies
        ]
        count = count_detections(kept)
        yield FreeResponsePoint(
            thresholds, count.found / lesions, count.false / len(studies), count.ious / lesions
        )


@dataclass(frozen=True)
class DetectionCount:
    """True lesions found and false positives of some studies, and the sum of the IoUs of those found."""

    found: int
    false: int
    ious: float


def count_detections(kept: Iterable[Sequence[Component]]) -> DetectionCount:
    """Count over studies, each given by the components that count as lesions in it."""
    found = false = 0
    ious = 0.0
    for parts in kept:
        pairs = matched(parts)
        found += len(pairs)
        false += len(parts) - len(pairs)
        ious += sum(iou for _, _, iou in pairs)
    return DetectionCount(found, false, ious)


def best_curve(points: Sequence[FreeResponsePoint]) -> list[dict[str, float]]:
    """The most sensitive points for rising false positives: each is better than all with fewer."""
    curve: list[dict[str, float]] = []
    for point in sorted(points, key=lambda point: (point.false_positives, -point.sensitivity)):
        if not curve or point.sensitivity > curve[-1]["sensitivity"]:
            curve.append({"false_positives_a_study": point.false_positives, "sensitivity": point.sensitivity})
    return curve


def most_sensitive(points: Sequence[FreeResponsePoint], most_false_positives: float) -> FreeResponsePoint:
    """The most sensitive point with at most so many false positives a study; of equal ones the best outlines.

    Where no point has so few, it is the one with the fewest.
    """
    allowed = [point for point in points if point.false_positives <= most_false_positives]
    if not allowed:
        return min(points, key=lambda point: (point.false_positives, -point.sensitivity, -point.mean_iou))
    return max(allowed, key=lambda point: (point.sensitivity, point.mean_iou, -point.false_positives))


def _components(
    probability: npt.NDArray[np.float32],
    truth: npt.NDArray[Any],
    grid: Grid,
    mask: float,
    liver: Liver | None,
    anatomy: npt.NDArray[np.uint8] | None,
) -> tuple[Component, ...]:
    everything = Thresholds(mask=mask, peak=mask, smallest_mm3=min(_SMALLEST_MM3))
    labels = find_lesions(probability, grid, everything)
    if liver is not None:
        labels = lesions_in_liver(labels, liver).labels
    boxes = lesion_boxes(labels)
    ious = _ious_by_component(truth, labels)
    return tuple(
        Component(
            mm3=features.mm3,
            slices=boxes[number][0].stop - boxes[number][0].start,
            peak=features.peak,
            mean=features.mean,
            ious=ious.get(number, {}),
            liver=features.liver,
            vessel=features.vessel,
            organ=features.organ,
        )
        for number, features in candidate_features(labels, probability, grid, anatomy).items()
    )


def _ious_by_component(truth: npt.NDArray[Any], labels: npt.NDArray[Any]) -> dict[int, dict[int, float]]:
    table = contingency(truth, labels)
    found: dict[int, dict[int, float]] = {}
    for row, column in np.argwhere(table.ious >= MATCH_IOU - 1e-12):
        of_component = found.setdefault(int(table.found_labels[column]), {})
        of_component[int(table.true_labels[row])] = float(table.ious[row, column])
    return found


def matched(kept: Sequence[Component]) -> list[tuple[int, int, float]]:
    """A component's place, the true lesion that it stands for, and their IoU; one to one, best first."""
    pairs = [(iou, number, truth) for number, part in enumerate(kept) for truth, iou in part.ious.items()]
    used: set[int] = set()
    found: dict[int, tuple[int, int, float]] = {}
    for iou, number, truth in sorted(pairs, reverse=True):
        if number not in used and truth not in found:
            used.add(number)
            found[truth] = (number, truth, iou)
    return list(found.values())


def _combinations(base: Thresholds) -> Iterator[Thresholds]:
    grid = itertools.product(MASKS, _PEAKS, _MEANS, _SMALLEST_MM3, _MIN_SLICES)
    for mask, peak, mean, smallest, slices in grid:
        if (peak and peak <= mask) or (mean and mean <= mask):
            continue  # asks nothing that the mask threshold does not ask already
        yield replace(
            base, mask=mask, peak=max(peak, mask), mean=mean, smallest_mm3=smallest, min_slices=slices
        )
