"""Lesions described: everything that is said of a label map, measured on the study."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

import numpy as np
import numpy.typing as npt

from MTINetLib.findings import LesionFinding, LiverFinding, PhaseSummary, StudySummary
from MTINetLib.inference.covered import coverage_flags, covered_shares
from MTINetLib.inference.curves import liver_ring_curve, measured_curve
from MTINetLib.inference.decide import Decision
from MTINetLib.inference.enhancement import enhancement_figures
from MTINetLib.inference.flags import (
    MOSTLY_OUTSIDE,
    check_labels,
    check_values,
    inherited_flags,
    lesion_flags,
    study_flags,
)
from MTINetLib.inference.in_liver import LEAST_INSIDE, overlap
from MTINetLib.inference.lesions import Box, lesion_boxes
from MTINetLib.inference.measure import measure_size
from MTINetLib.inference.place import PlaceOf, places_in
from MTINetLib.progress import Progress, Silent, Stage
from MTINetLib.study.grid import Grid
from MTINetLib.study.liver import Liver
from MTINetLib.study.study import PhaseSource, Study


def describe_lesions(
    study: Study,
    labels: npt.NDArray[Any],
    decisions: Mapping[int, Decision],
    predicted: Mapping[int, tuple[float | None, ...] | None],
    progress: Progress | None = None,
    liver: Liver | None = None,
) -> tuple[LesionFinding, ...]:
    """A finding per label, in the order of the labels.

    Args:
        labels: [K, J, I] on the study's grid.
        decisions: class by label, for every label that is there.
        predicted: predicted curve in scanner units by label, as far as there is one; it is not told of
            phases that show too little of a lesion.
        progress: one step a lesion.
        liver: that the lesions are seen in, where it is known.
    """
    check_labels(labels, study)
    check_values(study)
    progress = progress or Silent()
    boxes = lesion_boxes(labels)
    findings = []
    place_of = None if liver is None else places_in(liver, study.grid)
    progress.start(Stage.MEASURING_LESIONS, len(boxes))
    for done, label in enumerate(boxes, start=1):
        found = _describe(study, labels, label, boxes, decisions[label], predicted.get(label), liver)
        findings.append(
            found if liver is None or place_of is None else _placed(found, labels, boxes, liver, place_of)
        )
        progress.update(done)
    progress.finish()
    return tuple(findings)


def _describe(
    study: Study,
    labels: npt.NDArray[Any],
    label: int,
    boxes: Mapping[int, Box],
    decision: Decision,
    predicted: tuple[float | None, ...] | None,
    liver: Liver | None,
) -> LesionFinding:
    box = boxes[label]
    mask = labels[box] == label
    size = measure_size(mask, (box[0].start, box[1].start, box[2].start), study.grid)
    curve = measured_curve(study, mask, box)
    ring = liver_ring_curve(study, labels, label, box, liver)
    own = lesion_flags(label, boxes, labels.shape, size, has_ring=ring is not None)
    unshown = coverage_flags(study.phases, covered_shares(study, mask, box))
    return LesionFinding(
        label=label,
        lesion_class=decision.lesion_class,
        probabilities=decision.probabilities,
        volume_ml=size.volume_ml,
        long_axis_mm=size.long_axis_mm,
        short_axis_mm=size.short_axis_mm,
        diameter_3d_mm=size.diameter_3d_mm,
        centroid_lps_mm=size.centroid_lps_mm,
        slices=size.slices,
        measured_curve=curve,
        predicted_curve=_where_measured(predicted, curve.mean),
        liver_curve=ring,
        enhancement=enhancement_figures(study.phases, curve, ring, study.times_s),
        flags=(*own, *unshown, *decision.flags, *inherited_flags(study_flags(study))),
    )


def _where_measured(
    predicted: tuple[float | None, ...] | None, measured: tuple[float | None, ...]
) -> tuple[float | None, ...] | None:
    if predicted is None:
        return None
    return tuple(None if known is None else value for value, known in zip(predicted, measured, strict=True))


def _placed(
    found: LesionFinding, labels: npt.NDArray[Any], boxes: Mapping[int, Box], liver: Liver, place_of: PlaceOf
) -> LesionFinding:
    """The finding with its overlap with the liver and its place in it."""
    box = boxes[found.label]
    mask = labels[box] == found.label
    inside = overlap(mask, box, liver)
    flags = (*found.flags, MOSTLY_OUTSIDE) if inside < LEAST_INSIDE else found.flags
    return replace(found, flags=flags, liver_overlap=inside, place=place_of(mask, box))


def measure_liver(liver: Liver | None, labels: npt.NDArray[Any], grid: Grid) -> LiverFinding | None:
    """Volume and tumour burden; None without a liver.

    The liver's volume is that of its outline and of all lesions together: an outline that leaves a tumour out
    must not lessen either figure.
    """
    if liver is None:
        return None
    lesions = labels > 0
    whole = float((liver.mask | lesions).sum())
    ml = grid.voxel_volume_mm3 / 1000
    if not whole:
        return None
    return LiverFinding(
        origin=liver.origin,
        source=liver.source,
        edited_by_person=liver.edited,
        volume_ml=whole * ml,
        lesions_ml=float(lesions.sum()) * ml,
        tumour_burden_percent=float(100 * lesions.sum() / whole),
    )


def summarise_study(study: Study, more_flags: tuple[str, ...] = ()) -> StudySummary:
    """The study as findings name it: phases with their evidence, times, grid and doubts.

    Args:
        more_flags: found out by the analysis.
    """
    phases = tuple(
        PhaseSummary(
            phase,
            description=source.description,
            evidence=source.evidence,
            confidence=float(source.confidence),
            series_uid=source.series_uid,
            time_point=source.time_point,
            instance_uids=_instances(source),
            frame_numbers=_frames(source),
            alignment=None if alignment is None or not np.isfinite(alignment) else float(alignment),
        )
        for phase, source, alignment in zip(study.phases, study.sources, study.alignment, strict=True)
    )
    k, j, i = study.grid.shape
    flags = tuple(dict.fromkeys((*study_flags(study), *more_flags)))
    return StudySummary(phases, study.times_s, study.grid.spacing, (i, j, k), flags)


def utc_now() -> str:
    """The time for the provenance."""
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def _instances(source: PhaseSource) -> tuple[str, ...]:
    """The images of a phase: a UID a slice, or one UID where the slices are the frames of one image."""
    uids = source.instance_uids
    return uids[:1] if len(set(uids)) == 1 else uids


def _frames(source: PhaseSource) -> tuple[int, ...] | None:
    """The frames that are the slices; None where each slice is an image."""
    return tuple(image.frame for image in source.images if image.frame is not None) or None
