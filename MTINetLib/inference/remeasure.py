"""Corrected masks measured again, without the network and so without torch."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

import numpy.typing as npt

from MTINetLib.findings import LesionFinding, StudyFindings
from MTINetLib.inference.decide import Decision, decide
from MTINetLib.inference.describe import describe_lesions, summarise_study
from MTINetLib.inference.lesions import lesion_boxes
from MTINetLib.models.thresholds import Thresholds
from MTINetLib.progress import Progress
from MTINetLib.study.study import Study


def remeasure(
    study: Study, labels: npt.NDArray[Any], before: StudyFindings, progress: Progress | None = None
) -> StudyFindings:
    """Findings of a mask that a person corrected; labels keep their numbers.

    Lesions that were there before keep their class, probabilities and predicted curve, new ones are
    undecided.

    Args:
        labels: [K, J, I] on the study's grid, whole numbers.
        before: the findings that the correction started from.
    """
    known = {lesion.label: lesion for lesion in before.lesions}
    thresholds = Thresholds()
    decisions = {label: _kept(known.get(label), thresholds) for label in lesion_boxes(labels)}
    curves = {label: lesion.predicted_curve for label, lesion in known.items()}
    lesions = describe_lesions(study, labels, decisions, curves, progress)
    corrected = replace(before.provenance, corrected_by_person=True, created_utc=utc_now())
    return StudyFindings(lesions, summarise_study(study), corrected)


def utc_now() -> str:
    """The time for the provenance."""
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def _kept(lesion: LesionFinding | None, thresholds: Thresholds) -> Decision:
    if lesion is None:
        return decide(None, thresholds)
    reasons = tuple(flag for flag in lesion.flags if flag.startswith("undecided:"))
    return Decision(lesion.lesion_class, dict(lesion.probabilities), reasons)
