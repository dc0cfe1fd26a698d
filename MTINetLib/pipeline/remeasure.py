"""Findings of masks that are there already: corrected ones, and those of an earlier result.

Torch is imported only where a model reads the masks.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy.typing as npt

from MTINetLib.findings import LesionFinding, StudyFindings
from MTINetLib.inference.analysis import Analysis
from MTINetLib.inference.covered import phases_without_image
from MTINetLib.inference.decide import (
    NO_IMAGE,
    NOT_READ,
    UNDECIDED_BECAUSE,
    Decision,
    decide,
    without_image,
)
from MTINetLib.inference.describe import describe_lesions, measure_liver, summarise_study, utc_now
from MTINetLib.inference.in_liver import SET_ASIDE
from MTINetLib.inference.lesions import lesion_boxes
from MTINetLib.models.preprocessing import SCALE_WITHOUT_LIVER
from MTINetLib.models.thresholds import Thresholds
from MTINetLib.pipeline.other_models import refuse_other_phases
from MTINetLib.pipeline.outlined import outlines_kept
from MTINetLib.progress import Progress
from MTINetLib.study.liver import Liver
from MTINetLib.study.phase import Phase
from MTINetLib.study.study import Study

#: Flags of a study that only an analysis tells.
_OF_ANALYSIS = (SET_ASIDE, SCALE_WITHOUT_LIVER)
#: A lesion whose centre has moved less still lies where it lay; the plane between the lobes is less exact.
_SAME_PLACE_MM = 5.0

if TYPE_CHECKING:
    from MTINetLib.models.lesion_model import LesionModel
    from MTINetLib.models.store import LoadedModel


def remeasure(
    study: Study,
    labels: npt.NDArray[Any],
    before: StudyFindings,
    *,
    liver: Liver | None = None,
    model: LoadedModel | None = None,
    device: str = "auto",
    precision: str = "auto",
    backend: str = "torch",
    progress: Progress | None = None,
) -> StudyFindings:
    """Findings of masks that a person corrected; labels keep their numbers.

    Every lesion is measured on its mask. Without a model, lesions that were there before keep their class,
    probabilities and predicted curve; new ones, and those whose new mask a phase does not show, are
    undecided. With a model its heads read every lesion under its mask, and it is decided with the thresholds
    of ``before``.

    Args:
        labels: [K, J, I] on the study's grid, whole numbers.
        before: the findings that the correction started from.
        liver: as it is now; None where none is known.

    Raises:
        InputError: the device, precision or backend is unknown.
        MissingResourceError: the device, precision or backend asked for is not there.
        Cancelled: told by ``progress``.

    Example:
        >>> corrected = analysis.labels.copy()
        >>> corrected[corrected == 2] = 0  # no lesion, says the reader
        >>> again = mtinet.remeasure(study, corrected, analysis.findings)
        >>> [lesion.label for lesion in again.lesions], again.provenance.corrected_by_person
        ([1], True)
    """
    if model is not None:
        thresholds = Thresholds.from_dict(before.provenance.settings.get("thresholds", {}))
        read = read_masks(study, labels, model, thresholds, device, precision, backend, progress, liver)
        summary = replace(read.study, flags=_with_flags_of(read.study.flags, before))
        there = {lesion.label for lesion in read.lesions}
        provenance = outlines_kept(read.provenance, there, before.provenance)
        provenance = replace(provenance, corrected_by_person=True)
        return replace(read, study=summary, provenance=provenance)
    return measured_again(study, labels, before, liver, progress, corrected=True)


def measured_again(
    study: Study,
    labels: npt.NDArray[Any],
    before: StudyFindings,
    liver: Liver | None,
    progress: Progress | None = None,
    *,
    corrected: bool,
) -> StudyFindings:
    """Findings of masks; lesions that were there before keep what the model said of them.

    Args:
        corrected: a person worked on the masks.
    """
    known = {lesion.label: lesion for lesion in before.lesions}
    classes = before.provenance.classes
    decisions = {
        label: _kept(known.get(label), classes, phases_without_image(study, labels[box] == label, box))
        for label, box in lesion_boxes(labels).items()
    }
    curves = {label: lesion.predicted_curve for label, lesion in known.items()}
    described = describe_lesions(study, labels, decisions, curves, progress, liver)
    no_parts = liver is not None and liver.segments is None and liver.anatomy is None
    lesions = tuple(
        _as_known(lesion, known[lesion.label], no_parts) if lesion.label in known else lesion
        for lesion in described
    )
    provenance = replace(
        outlines_kept(before.provenance, {lesion.label for lesion in lesions}),
        corrected_by_person=corrected or before.provenance.corrected_by_person,
        created_utc=utc_now(),
    )
    summary = summarise_study(study)
    summary = replace(summary, flags=_with_flags_of(summary.flags, before))
    return StudyFindings(lesions, summary, provenance, measure_liver(liver, labels, study.grid))


def _as_known(lesion: LesionFinding, before: LesionFinding, no_parts: bool) -> LesionFinding:
    """With what the model said of it, and where it was said to lie, if it lies there still.

    Args:
        no_parts: only the liver's outline is known, as in a scene that was saved and opened again: nothing
            tells the place any more.
    """
    lesion = replace(lesion, lesion_probability=before.lesion_probability)
    moved = math.dist(lesion.centroid_lps_mm, before.centroid_lps_mm)
    return replace(lesion, place=before.place) if no_parts and moved <= _SAME_PLACE_MM else lesion


def _with_flags_of(flags: tuple[str, ...], before: StudyFindings) -> tuple[str, ...]:
    """What the analysis found out about the study stays known after a correction."""
    kept = tuple(flag for flag in before.study.flags if flag.partition(":")[0] in _OF_ANALYSIS)
    return tuple(dict.fromkeys((*flags, *kept)))


def resume(
    study: Study,
    model: LoadedModel,
    labels: npt.NDArray[Any],
    *,
    corrected: bool,
    origin: str,
    notes: Sequence[str] = (),
    liver: Liver | None = None,
    device: str = "auto",
    precision: str = "auto",
    backend: str = "torch",
    progress: Progress | None = None,
) -> Analysis:
    """An analysis of given lesions: the network classifies them and is not asked where lesions are.

    Args:
        labels: [K, J, I] on the study's grid, whole numbers; labels keep their numbers.
        corrected: a person worked on them.
        origin: what they were read from, such as a SOP Instance UID; kept in the settings.
        notes: about them for the provenance, see findings/notes.py.
        liver: that they are seen in, where it is known; no lesion is set aside for it.

    Returns:
        An analysis without a probability map.

    Raises:
        InputError, MissingResourceError: the device, precision or backend asked for is not there.
        Cancelled: told by ``progress``.
    """
    own = model.info.thresholds
    found = read_masks(study, labels, model, own, device, precision, backend, progress, liver)
    provenance = replace(
        found.provenance,
        corrected_by_person=corrected,
        settings={**found.provenance.settings, "resumed_from": origin},
        notes=(*found.provenance.notes, *notes),
    )
    return Analysis(replace(found, provenance=provenance), labels, liver=liver)


def read_masks(
    study: Study,
    labels: npt.NDArray[Any],
    model: LoadedModel,
    thresholds: Thresholds,
    device: str,
    precision: str,
    backend: str,
    progress: Progress | None,
    liver: Liver | None,
) -> StudyFindings:
    """Findings of masks under which the model reads every lesion."""
    from MTINetLib.inference.findings_of import findings_of

    refuse_other_phases(study.phases, model.info)
    given = liver.mask if liver is not None and liver.origin == "given" else None
    asked: LesionModel = model.on(device, precision, backend, liver=given)
    readings = asked.read(study, labels, progress)
    return findings_of(study, labels, readings, thresholds, asked, progress, liver=liver)


def _kept(lesion: LesionFinding | None, classes: Sequence[str], missing: Sequence[Phase]) -> Decision:
    """What the model said of a lesion, as far as the new mask lets it stand.

    Args:
        missing: phases that show too little of the new mask.
    """
    if lesion is None:
        return without_image(decide(None, classes, Thresholds()), missing)
    before = [flag for flag in lesion.flags if flag.startswith(UNDECIDED_BECAUSE)]
    reasons = tuple(flag for flag in before if not flag.startswith(NO_IMAGE.format("")))
    if before and not reasons and not missing:
        reasons = (NOT_READ,)  # where all phases have an image now
    return without_image(Decision(lesion.lesion_class, dict(lesion.probabilities), reasons), missing)
