"""Measured enhancement curves: of the lesion, and of the liver in a ring around it."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from MTINetLib.findings import EnhancementCurve
from MTINetLib.inference.covered import LEAST_COVERED, covered_at
from MTINetLib.inference.lesions import Box, grown_box
from MTINetLib.study.liver import Liver
from MTINetLib.study.phase import usual_reference
from MTINetLib.study.study import Mask, Study

#: The ring lies this far from the lesion's edge, in mm: past the partial volume and a capsule, and near.
RING_MM = (3.0, 10.0)
#: Fewer plausible voxels than this are no liver to compare with.
LEAST_RING_VOXELS = 30
#: Ring voxels this many robust standard deviations off the liver are vessels, fat, or other organs.
_PLAUSIBLE = 3.0
#: Below this part of the ring's bright voxels lies air or lung.
_AIR = 0.25


def measured_curve(study: Study, mask: npt.NDArray[np.bool_], box: Box) -> EnhancementCurve:
    """Mean and standard deviation of each phase inside a lesion, of the voxels that the phase shows.

    None in a phase that shows less than LEAST_COVERED of it.

    Args:
        mask: [k, j, i], the lesion within ``box``.
        box: where that lies in the grid.
    """
    return _curve(_cut(study, box)[:, mask], covered_at(study, mask, box))


def liver_ring_curve(
    study: Study, labels: npt.NDArray[Any], label: int, box: Box, liver: Liver | None = None
) -> EnhancementCurve | None:
    """Mean and standard deviation of the liver around a lesion.

    The ring is the shell RING_MM outside the lesion, without voxels nearer than its inner radius to
    another lesion. Of it the liver is what is near the most frequent signal in every phase: vessels,
    bile ducts, fat, lung and neighbouring organs differ in one of them. A phase that shows too little of it
    has no value.

    Args:
        liver: where it is known the ring stays inside it.

    Returns:
        None if fewer than LEAST_RING_VOXELS remain.
    """
    step = study.grid.spacing[::-1]
    margin = tuple(int(np.ceil(RING_MM[1] / mm)) for mm in step)
    around = grown_box(box, (margin[0], margin[1], margin[2]), labels.shape)
    near = labels[around]
    own = near == label
    distance = ndimage.distance_transform_edt(~own, sampling=step)
    ring = (distance >= RING_MM[0]) & (distance <= RING_MM[1])
    if liver is not None:
        ring &= liver.mask[around]
    others = (near > 0) & ~own
    if others.any():
        ring &= ndimage.distance_transform_edt(~others, sampling=step) >= RING_MM[0]
    values = _cut(study, around)[:, ring].astype(np.float64)
    covered = covered_at(study, ring, around)
    brightest = study.index(usual_reference(study.phases))
    if covered is None:
        kept = _liver(values, brightest, np.ones(values.shape, dtype=bool))
        return _curve(values[:, kept]) if kept.sum() >= LEAST_RING_VOXELS else None
    if covered[brightest].mean() < LEAST_COVERED:
        brightest = study.index(study.reference)
    shown = covered[brightest]
    values, covered = values[:, shown], covered[:, shown]
    kept = _liver(values, brightest, covered)
    if kept.sum() < LEAST_RING_VOXELS:
        return None
    return _curve(values[:, kept], covered[:, kept], LEAST_RING_VOXELS)


def _liver(values: npt.NDArray[np.float64], brightest: int, covered: Mask) -> Mask:
    """Which ring voxels, [P, n], are liver: bright enough, then near the ring's own mode in all phases.

    Args:
        brightest: where the phase stands in which liver stands out from air; it shows all of the voxels.
        covered: which voxels each phase shows, [P, n]; it says nothing of the others.
    """
    if values.shape[1] == 0:
        return np.zeros(0, dtype=bool)
    bright = values[brightest]
    inside = np.isfinite(values).all(axis=0) & (bright > _AIR * np.percentile(bright, 90))
    kept: Mask = inside.copy()
    for phase, shown in zip(values, covered, strict=True):
        if not (inside & shown).any():
            continue
        centre, width = _mode_and_width(phase[inside & shown])
        kept &= ~shown | (np.abs(phase - centre) <= _PLAUSIBLE * width)
    return kept


def _mode_and_width(values: npt.NDArray[np.float64]) -> tuple[float, float]:
    """The centre of the shortest interval with half of the values, and a robust standard deviation.

    Unlike the median, that interval stays in the liver when one side of the ring lies in something
    else (Rousseeuw and Leroy, Robust Regression and Outlier Detection, 1987, the "shorth").
    """
    ordered = np.sort(values)
    half = max(1, len(ordered) // 2)
    widths = ordered[half:] - ordered[:-half] if len(ordered) > half else np.zeros(1)
    start = int(widths.argmin())
    # For a normal distribution the shortest half is 1.349 standard deviations wide.
    floor = 0.02 * max(abs(float(ordered[start])), 1e-6)
    return float(np.median(ordered[start : start + half])), max(float(widths[start]) / 1.349, floor)


def _cut(study: Study, box: Box) -> npt.NDArray[np.float32]:
    return study.volumes[:, box[0], box[1], box[2]]


def _curve(values: npt.NDArray[Any], covered: Mask | None = None, fewest: int = 1) -> EnhancementCurve:
    """Of values [P, n], of which each phase shows those that are ``covered``, and at least so many."""
    exact = values.astype(np.float64)
    if covered is None:
        mean, sd = exact.mean(axis=1), exact.std(axis=1)
        return EnhancementCurve(tuple(float(value) for value in mean), tuple(float(value) for value in sd))
    enough = max(fewest, LEAST_COVERED * values.shape[1])
    known = [
        phase[shown] if shown.sum() >= enough else None for phase, shown in zip(exact, covered, strict=True)
    ]
    return EnhancementCurve(
        tuple(None if phase is None else float(phase.mean()) for phase in known),
        tuple(None if phase is None else float(phase.std()) for phase in known),
    )
