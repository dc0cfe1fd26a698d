"""The whole way from a study and a model to findings."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

import MTINetLib
from MTINetLib.findings import LesionFinding, Provenance, StudyFindings
from MTINetLib.inference.decide import decide
from MTINetLib.inference.describe import describe_lesions, summarise_study
from MTINetLib.inference.heads import read_lesions
from MTINetLib.inference.lesions import find_lesions, lesion_boxes
from MTINetLib.inference.predict import SlicePredictor
from MTINetLib.inference.reading import LesionReading
from MTINetLib.inference.remeasure import remeasure, utc_now
from MTINetLib.models.store import LoadedModel
from MTINetLib.models.thresholds import AnalysisSettings, Thresholds
from MTINetLib.progress import Progress, Silent
from MTINetLib.study.normalise import IntensityScale
from MTINetLib.study.study import Study

__all__ = ["Analysis", "AnalysisSettings", "analyze", "measure_again"]


@dataclass(frozen=True)
class Analysis:
    """What an analysis gives.

    Args:
        findings: all that was found, with provenance.
        labels: [K, J, I] on the study's grid, uint8 or uint16; 0 background, else LesionFinding.label.
        probability: float32 [K, J, I], tumour probability on the study's grid; None where the lesions
            were given.
        timings: seconds by stage: normalise, network, lesions, heads, measure.
    """

    findings: StudyFindings
    labels: npt.NDArray[Any]
    probability: npt.NDArray[np.float32] | None
    timings: Mapping[str, float] = field(default_factory=dict)


def analyze(
    study: Study,
    model: LoadedModel,
    *,
    settings: AnalysisSettings | None = None,
    device: str = "auto",
    precision: str = "auto",
    progress: Progress | None = None,
    batch_size: int | None = None,
) -> Analysis:
    """Find, read and measure the lesions of a study.

    Args:
        settings: thresholds other than the model's own.
        device, precision: see :func:`MTINetLib.models.device.choose_compute`.
        progress: told of the stages; may raise Cancelled.
        batch_size: slices a batch; None takes it from free memory.

    Raises:
        InputError, MissingResourceError: the device or precision asked for is not there.
        Cancelled: told by ``progress``.
    """
    progress = progress or Silent()
    thresholds = (settings or AnalysisSettings()).over(model.info.thresholds)
    predictor = SlicePredictor(model.ready_for, model.settled(device, precision), batch_size)
    clock = _Clock()
    with clock.stage("normalise"):
        prepared = model.preprocessing.prepare(study)
    frame, scale, slices = prepared.frame, prepared.scale, prepared.slices
    with clock.stage("network"):
        predicted = predictor.segment(slices, thresholds.mask, progress)
    with clock.stage("lesions"):
        probability = frame.to_native(predicted)
        labels = find_lesions(probability, study.grid, thresholds)
    with clock.stage("heads"):
        readings = read_lesions(predictor, slices, frame.labels_to_slices(labels), progress)
    with clock.stage("measure"):
        lesions = _describe(study, labels, readings, scale, thresholds, model, progress)
    provenance = _provenance(study, model, predictor, thresholds, scale)
    findings = StudyFindings(lesions, summarise_study(study), provenance)
    return Analysis(findings, labels, probability, clock.seconds)


def measure_again(
    study: Study,
    labels: npt.NDArray[Any],
    before: StudyFindings,
    *,
    model: LoadedModel | None = None,
    device: str = "auto",
    precision: str = "auto",
    progress: Progress | None = None,
) -> StudyFindings:
    """Findings of a mask that a person corrected; labels keep their numbers.

    Without a model the network is not asked: lesions that were there before keep their class,
    probabilities and predicted curve, new ones are undecided. With a model its heads read every lesion
    again under its corrected mask.

    Args:
        labels: [K, J, I] on the study's grid, whole numbers.
        before: the findings that the correction started from.
    """
    if model is None:
        return remeasure(study, labels, before, progress)
    predictor = SlicePredictor(model.ready_for, model.settled(device, precision))
    thresholds = Thresholds.from_dict(before.provenance.settings.get("thresholds", {}))
    prepared = model.preprocessing.prepare(study)
    label_slices = prepared.frame.labels_to_slices(labels)
    readings = read_lesions(predictor, prepared.slices, label_slices, progress)
    lesions = _describe(study, labels, readings, prepared.scale, thresholds, model, progress)
    fresh = _provenance(study, model, predictor, thresholds, prepared.scale)
    corrected = replace(fresh, corrected_by_person=True)
    return StudyFindings(lesions, summarise_study(study), corrected)


def _describe(
    study: Study,
    labels: npt.NDArray[Any],
    readings: Mapping[int, LesionReading],
    scale: IntensityScale,
    thresholds: Thresholds,
    model: LoadedModel,
    progress: Progress | None,
) -> tuple[LesionFinding, ...]:
    temperature = model.info.temperature
    decisions = {
        label: decide(readings.get(label), thresholds, temperature) for label in lesion_boxes(labels)
    }
    curves: dict[int, tuple[float, ...] | None] = {
        label: reading.predicted_curve(scale) for label, reading in readings.items()
    }
    return describe_lesions(study, labels, decisions, curves, progress)


def _provenance(
    study: Study,
    model: LoadedModel,
    predictor: SlicePredictor,
    thresholds: Thresholds,
    scale: IntensityScale,
) -> Provenance:
    uids = tuple(dict.fromkeys(source.series_uid for source in study.sources if source.series_uid))
    return Provenance(
        software=f"MTINetLib {MTINetLib.__version__}",
        model_name=model.info.name,
        model_sha256=model.info.sha256,
        preset=model.info.preset,
        device=predictor.compute.title,
        precision=predictor.compute.precision,
        input_series_uids=uids,
        settings={
            "reference": study.reference.value,
            "thresholds": thresholds.to_dict(),
            "temperature": model.info.temperature,
            "intensity_scale": {"low": scale.low, "high": scale.high},
            "image_size": model.preprocessing.slice_size,
        },
        created_utc=utc_now(),
        notes=predictor.notes,
    )


class _Clock:
    """Seconds by stage."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        start = time.perf_counter()
        yield
        self.seconds[name] = time.perf_counter() - start
