"""One case: its findings beside its truth, lesion by lesion."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from MTINetLib.dataset.folder import DatasetCase
from MTINetLib.evaluation import metrics
from MTINetLib.evaluation.detection import Detection, Match, match_lesions, size_band
from MTINetLib.evaluation.truth import Truth
from MTINetLib.inference.curves import measured_curve
from MTINetLib.inference.lesions import Box
from MTINetLib.inference.measure import plane_diameters
from MTINetLib.study.anatomy import UNKNOWN_ORGAN, liver_of
from MTINetLib.study.grid import Grid
from MTINetLib.study.normalise import estimate_scale
from MTINetLib.study.study import Study

Mask = npt.NDArray[np.bool_]
Curve = tuple[float, ...]
Labels = npt.NDArray[np.uint8] | npt.NDArray[np.uint16]
_NAN = float("nan")


class FoundLesion(Protocol):
    """What is asked of a found lesion besides its mask; None and nothing where nobody said it."""

    @property
    def label(self) -> int: ...

    @property
    def lesion_class(self) -> str | None: ...

    @property
    def probabilities(self) -> Mapping[str, float]: ...

    @property
    def predicted_curve(self) -> Sequence[float | None] | None: ...

    @property
    def lesion_probability(self) -> float | None: ...


@dataclass(frozen=True)
class LesionRow:
    """One true lesion (``matched`` or ``missed``) or one found lesion that is not there (``false_positive``).

    Overlaps and distances follow the rule for empty masks of metrics.py, so a missed lesion has Dice 0.
    Curves are means per phase in scanner units: ``true`` and ``measured`` in the true and the found mask of
    the same images, ``predicted`` by the network. ``scale_width`` is the study's intensity scale in scanner
    units, to which the percentages refer, ``lesion_probability`` that of a found lesion to be one. Unknown
    figures are nan, unknown words None; probabilities are by class, in the model's order, and empty where
    nothing was found.
    """

    case: str
    patient: str
    outcome: str
    detail: str
    truth_label: int | None
    found_label: int | None
    true_class: str | None
    answer: str | None
    probabilities: Mapping[str, float]
    size_band: str
    long_axis_mm: float
    true_volume_ml: float
    found_volume_ml: float
    iou: float
    dice: float
    hd95_mm: float
    assd_mm: float
    volume_error_ml: float
    relative_volume_error: float
    true_curve: Curve | None
    measured_curve: Curve | None
    predicted_curve: Curve | None
    measured_mae: float
    predicted_mae: float
    predicted_to_measured_mae: float
    scale_width: float
    lesion_probability: float = _NAN


@dataclass(frozen=True)
class CaseRow:
    """One study. Overlaps count all its lesion voxels together; ``error`` says why it failed, else ``""``.

    ``matched_iou`` is the sum of the IoU of its matched lesions; ``mask_resampled`` and ``found_resampled``
    say that the truth or a found label map was brought over from another grid.

    The liver's figures leave out what the truth does not know; they are nan where the truth tells no liver,
    and the found volume is 0 where none was found.
    """

    case: str
    patient: str
    case_class: str
    error: str = ""
    true_lesions: int = 0
    found_lesions: int = 0
    matched: int = 0
    matched_iou: float = 0.0
    false_positives: int = 0
    fragments: int = 0
    dice: float = _NAN
    iou: float = _NAN
    volume_error_ml: float = _NAN
    dice_per_slice: float = _NAN
    iou_per_slice: float = _NAN
    tumour_slices: int = 0
    slices: int = 0
    mask_resampled: bool = False
    found_resampled: bool = False
    liver_ml: float = _NAN
    found_liver_ml: float = _NAN
    liver_dice: float = _NAN
    flags: str = ""
    load_s: float = _NAN
    analyze_s: float = _NAN


@dataclass(frozen=True)
class Comparison:
    """All rows of one case."""

    case: CaseRow
    lesions: tuple[LesionRow, ...]


def compare(
    case: DatasetCase,
    study: Study,
    truth: Truth,
    found: Labels,
    lesions: Sequence[FoundLesion],
    flags: Sequence[str] = (),
    load_s: float = _NAN,
    analyze_s: float = _NAN,
    liver: Mask | None = None,
) -> Comparison:
    """Found lesions of a study beside its truth.

    Args:
        truth, found: label maps on the study's grid.
        lesions: what is said of the labels of ``found``.
        flags: doubts of an analysis, besides those of the study.
        load_s, analyze_s: seconds that it took, for the row of the case.
        liver: that was found, on the study's grid; None for none.
    """
    detection = match_lesions(truth.labels, found)
    view = _View(case, study, truth.labels, found, {lesion.label: lesion for lesion in lesions})
    rows = [view.hit(match) for match in detection.matches]
    rows += [view.miss(label, merged=label in detection.merged) for label in detection.missed]
    rows += [
        view.invention(label, fragment=label in detection.fragments) for label in detection.false_positives
    ]
    row = _case_row(case, study, truth, found, flags, detection, load_s, analyze_s)
    true_ml, found_ml, dice = liver_agreement(truth, liver, study.grid)
    row = replace(row, liver_ml=true_ml, found_liver_ml=found_ml, liver_dice=dice)
    return Comparison(row, tuple(rows))


def liver_agreement(truth: Truth, liver: Mask | None, grid: Grid) -> tuple[float, float, float]:
    """True and found volume of the liver in mL and their Dice; nan where the truth does not tell it."""
    if truth.anatomy is None:
        return _NAN, _NAN, _NAN
    known = truth.anatomy != UNKNOWN_ORGAN
    true = (liver_of(truth.anatomy) | (truth.labels > 0)) & known
    if not true.any():
        return _NAN, _NAN, _NAN
    found = np.zeros_like(true) if liver is None else liver & known
    ml = grid.voxel_volume_mm3 / 1000.0
    return float(true.sum()) * ml, float(found.sum()) * ml, metrics.dice(true, found)


def _known(value: float | None) -> float:
    return _NAN if value is None else value


def long_axis_mm(mask: npt.NDArray[np.bool_], spacing: tuple[float, float, float]) -> float:
    """Longest diameter in a slice (first axis) of a mask [K, J, I], measured as that of a finding, in mm."""
    columns_mm, rows_mm, _ = spacing
    return max(
        (plane_diameters(plane, (rows_mm, columns_mm))[0] for plane in mask if plane.any()), default=0.0
    )


class _View:
    """What the rows of one case are read from; boxes are found once, and all is cropped to them."""

    def __init__(
        self,
        case: DatasetCase,
        study: Study,
        truth: Labels,
        found: Labels,
        lesions: Mapping[int, FoundLesion],
    ) -> None:
        self.case, self.study, self.truth, self.found, self.lesions = case, study, truth, found, lesions
        self.spacing_kji = study.grid.spacing[::-1]
        self.voxel_ml = study.grid.voxel_volume_mm3 / 1000.0
        self.scale_width = estimate_scale(study.volumes[0]).width
        self.truth_boxes = ndimage.find_objects(truth)
        self.found_boxes = ndimage.find_objects(found)

    def hit(self, match: Match) -> LesionRow:
        return self._row("matched", "", match.truth, match.found)

    def miss(self, label: int, merged: bool) -> LesionRow:
        return self._row("missed", "merged" if merged else "", label, None)

    def invention(self, label: int, fragment: bool) -> LesionRow:
        return self._row("false_positive", "fragment" if fragment else "", None, label)

    def _row(self, outcome: str, detail: str, truth_label: int | None, found_label: int | None) -> LesionRow:
        box = self._box(truth_label, found_label)
        true_mask = _mask_of(self.truth[box], truth_label)
        found_mask = _mask_of(self.found[box], found_label)
        distances = metrics.surface_distances(true_mask, found_mask, self.spacing_kji)
        finding = None if found_label is None else self.lesions.get(found_label)
        true_curve, measured = self._curve(true_mask, box), self._curve(found_mask, box)
        told = None if finding is None else finding.predicted_curve
        predicted = None if told is None else tuple(_NAN if value is None else value for value in told)
        long_axis = long_axis_mm(found_mask if truth_label is None else true_mask, self.study.grid.spacing)
        return LesionRow(
            case=self.case.case,
            patient=self.case.patient,
            outcome=outcome,
            detail=detail,
            truth_label=truth_label,
            found_label=found_label,
            true_class=None if truth_label is None else self.case.class_of(truth_label),
            answer=None if finding is None else finding.lesion_class,
            probabilities={} if finding is None else finding.probabilities,
            size_band=size_band(long_axis),
            long_axis_mm=long_axis,
            true_volume_ml=float(true_mask.sum()) * self.voxel_ml,
            found_volume_ml=float(found_mask.sum()) * self.voxel_ml,
            iou=metrics.iou(true_mask, found_mask),
            dice=metrics.dice(true_mask, found_mask),
            hd95_mm=distances.hd95,
            assd_mm=distances.assd,
            volume_error_ml=metrics.volume_error_ml(true_mask, found_mask, self.voxel_ml * 1000.0),
            relative_volume_error=metrics.relative_volume_error(true_mask, found_mask),
            true_curve=true_curve,
            measured_curve=measured,
            predicted_curve=predicted,
            measured_mae=_mae(true_curve, measured),
            predicted_mae=_mae(true_curve, predicted),
            predicted_to_measured_mae=_mae(measured, predicted),
            scale_width=self.scale_width,
            lesion_probability=_NAN if finding is None else _known(finding.lesion_probability),
        )

    def _curve(self, mask: npt.NDArray[np.bool_], box: Box) -> Curve | None:
        """Nan in a phase that shows too little of the mask."""
        if not mask.any():
            return None
        mean = measured_curve(self.study, mask, box).mean
        return tuple(_NAN if value is None else value for value in mean)

    def _box(self, truth_label: int | None, found_label: int | None) -> tuple[slice, slice, slice]:
        boxes = []
        if truth_label is not None:
            boxes.append(self.truth_boxes[truth_label - 1])
        if found_label is not None:
            boxes.append(self.found_boxes[found_label - 1])
        k, j, i = (
            slice(min(box[axis].start for box in boxes), max(box[axis].stop for box in boxes))
            for axis in range(3)
        )
        return k, j, i


def _case_row(
    case: DatasetCase,
    study: Study,
    truth: Truth,
    found: Labels,
    flags: Sequence[str],
    detection: Detection,
    load_s: float,
    analyze_s: float,
) -> CaseRow:
    true_mask, found_mask = truth.labels > 0, found > 0
    bearing = true_mask.any(axis=(1, 2))
    slices = true_mask[bearing], found_mask[bearing]
    return CaseRow(
        case=case.case,
        patient=case.patient,
        case_class=case.case_class,
        true_lesions=len(detection.matches) + len(detection.missed),
        found_lesions=len(detection.matches) + len(detection.false_positives),
        matched=len(detection.matches),
        matched_iou=sum(match.iou for match in detection.matches),
        false_positives=len(detection.false_positives),
        fragments=len(detection.fragments),
        dice=metrics.dice(true_mask, found_mask),
        iou=metrics.iou(true_mask, found_mask),
        volume_error_ml=metrics.volume_error_ml(true_mask, found_mask, study.grid.voxel_volume_mm3),
        dice_per_slice=float(metrics.dice_per_slice(*slices).mean()) if bearing.any() else _NAN,
        iou_per_slice=float(metrics.iou_per_slice(*slices).mean()) if bearing.any() else _NAN,
        tumour_slices=int(bearing.sum()),
        slices=study.grid.shape[0],
        mask_resampled=truth.resampled,
        flags=" ".join(dict.fromkeys((*study.flags, *flags))),
        load_s=load_s,
        analyze_s=analyze_s,
    )


def _mask_of(labels: Labels, label: int | None) -> npt.NDArray[np.bool_]:
    return np.zeros(labels.shape, dtype=bool) if label is None else labels == label


def _mae(truth: Curve | None, estimate: Curve | None) -> float:
    return _NAN if truth is None or estimate is None else metrics.curve_mae(truth, estimate)
