"""Along a model's free-response curve: the candidates of an analysis that count, without the network."""

from __future__ import annotations

from dataclasses import asdict, replace

from MTINetLib.errors import InputError
from MTINetLib.findings import StudyFindings
from MTINetLib.inference.analysis import Analysis
from MTINetLib.inference.candidates import Candidates, Labels
from MTINetLib.models.info import ModelInfo
from MTINetLib.models.operating_points import OperatingPoint, OperatingPoints
from MTINetLib.pipeline.remeasure import measured_again
from MTINetLib.progress import Progress
from MTINetLib.study.liver import Liver
from MTINetLib.study.study import Study

#: Key of the settings in the provenance.
SENSITIVITY = "sensitivity"


def offered_points(info: ModelInfo) -> OperatingPoints:
    """What a model offers.

    Raises:
        InputError: it offers no choice.
    """
    if info.operating_points is None:
        raise InputError(
            f"The model {info.name} offers no choice of sensitivity; leave it out, or choose another model."
        )
    return info.operating_points


def at_sensitivity(
    study: Study,
    analysis: Analysis,
    offered: OperatingPoints,
    wanted: float | str | None,
    progress: Progress | None = None,
) -> Analysis:
    """The same analysis at another point of the curve: lesions keep their numbers, classes and probabilities.

    Args:
        wanted: ``low``, ``usual``, ``high``, or the share of lesions to be found at least, 0 to 1.

    Raises:
        InputError: the analysis kept no candidates, or no point is so sensitive.
    """
    if analysis.candidates is None:
        raise InputError("This analysis kept no candidates: analyze the study again with such a model.")
    point = offered.chosen(wanted)
    labels, findings = counted_at(study, analysis.candidates, point, analysis.liver, progress)
    return replace(analysis, labels=labels, findings=findings)


def counted_at(
    study: Study,
    candidates: Candidates,
    point: OperatingPoint,
    liver: Liver | None,
    progress: Progress | None = None,
) -> tuple[Labels, StudyFindings]:
    """The candidates that count at a point, and their findings, measured as if there were no others."""
    labels = candidates.labels_at(point.threshold)
    found = measured_again(study, labels, candidates.findings, liver, progress, corrected=False)
    settings = {**found.provenance.settings, SENSITIVITY: asdict(point)}
    return labels, replace(found, provenance=replace(found.provenance, settings=settings))
