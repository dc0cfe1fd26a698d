"""The way from a study and a model to findings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from MTINetLib.inference.analysis import Analysis
from MTINetLib.inference.candidate_features import lesion_probabilities, numbered
from MTINetLib.inference.candidates import Candidates
from MTINetLib.inference.findings_of import findings_of
from MTINetLib.inference.in_liver import lesions_in_liver
from MTINetLib.inference.lesions import find_lesions
from MTINetLib.models.lesion_model import LesionModel
from MTINetLib.models.store import LoadedModel
from MTINetLib.pipeline.liver import liver_of_model, read_liver
from MTINetLib.pipeline.other_models import refuse_other_phases
from MTINetLib.pipeline.sensitivity import at_sensitivity, offered_points
from MTINetLib.progress import Progress, Silent
from MTINetLib.stage_clock import StageClock
from MTINetLib.study.liver import Liver
from MTINetLib.study.study import Study


def analyze(
    study: Study,
    model: LoadedModel,
    *,
    liver: Liver | str | Path | None = None,
    sensitivity: float | str | None = None,
    thresholds: Mapping[str, float] | None = None,
    device: str = "auto",
    precision: str = "auto",
    backend: str = "torch",
    progress: Progress | None = None,
    batch_size: int | None = None,
) -> Analysis:
    """Find, read and measure the lesions of a study.

    Args:
        liver: a liver outlined by others, or its file (see :func:`read_liver`); None takes the model's, if
            it sees one. With a liver, marks that are not in it are set aside, and lesions get their place.
        sensitivity: ``low``, ``usual`` or ``high`` along the model's free-response curve, or the share of
            lesions to be found at least, 0 to 1; None for the usual point.
        thresholds: those that shall differ from the model's own, by the names of Thresholds.
        device: ``auto``, ``cpu``, ``cuda`` or ``cuda:1``; auto takes a GPU where one can be used.
        precision: ``auto``, ``fp32`` or ``bf16``; auto takes bf16 where it was measured faster here.
        backend: ``torch``, ``openvino``, or ``auto`` for the one that was measured faster here.
        progress: told of the stages; may raise Cancelled.
        batch_size: slices a batch; None takes it from free memory.

    Raises:
        InputError: the study has other phases than the model takes, the liver cannot be used, the device,
            precision or backend is unknown, a threshold makes no sense, or the model offers no such
            sensitivity.
        MissingResourceError: the device, precision or backend asked for is not there.
        Cancelled: told by ``progress``.

    Example:
        >>> analysis = mtinet.analyze(study, model, thresholds={"smallest_mm3": 500})
        >>> [lesion.label for lesion in analysis.findings.lesions]
        [1, 2]
        >>> analysis.labels.shape == study.grid.shape
        True
    """
    refuse_other_phases(study.phases, model.info)
    progress = progress or Silent()
    if sensitivity is not None:
        offered_points(model.info).chosen(sensitivity)
    offered = model.info.operating_points
    relaxed = {} if offered is None else offered.candidates
    own = model.info.thresholds.changed({**relaxed, **(thresholds or {})})
    given = read_liver(liver, study) if isinstance(liver, (str, Path)) else liver
    asked: LesionModel = model.on(
        device,
        precision,
        backend,
        batch_size=batch_size,
        keep_above=own.mask,
        liver=None if given is None else given.mask,
    )
    clock = StageClock()
    with clock.stage("network"):
        probability = asked.probability(study, progress)
        anatomy = asked.anatomy(study, progress)
        seen_in = given or liver_of_model(anatomy, study)
    with clock.stage("lesions"):
        labels = find_lesions(probability, study.grid, own)
        flags: tuple[str, ...] = ()
        if seen_in is not None:
            inside = lesions_in_liver(labels, seen_in)
            labels, flags = inside.labels, inside.flags
        shares: dict[int, float] = {}
        if offered is not None:
            shares = lesion_probabilities(labels, probability, study.grid, offered.probability, anatomy)
            labels, shares = numbered(labels, shares, offered)
    with clock.stage("heads"):
        readings = asked.read(study, labels, progress)
    with clock.stage("measure"):
        findings = findings_of(
            study, labels, readings, own, asked, progress, liver=seen_in, study_flags=flags
        )
    found = Analysis(findings, labels, probability, clock.seconds, seen_in)
    if offered is None:
        return found
    lesions = tuple(replace(one, lesion_probability=shares[one.label]) for one in findings.lesions)
    found = replace(found, candidates=Candidates(labels, replace(findings, lesions=lesions)))
    with clock.stage("measure"):
        chosen = at_sensitivity(study, found, offered, sensitivity, progress)
    return replace(chosen, timings=clock.seconds)
