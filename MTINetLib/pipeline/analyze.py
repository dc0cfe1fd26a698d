"""The way from a study and a model to findings."""

from __future__ import annotations

from MTINetLib.inference.analysis import Analysis
from MTINetLib.inference.findings_of import findings_of
from MTINetLib.inference.heads import read_lesions
from MTINetLib.inference.lesions import find_lesions
from MTINetLib.inference.predict import SlicePredictor
from MTINetLib.models.store import LoadedModel
from MTINetLib.models.thresholds import AnalysisSettings
from MTINetLib.progress import Progress, Silent
from MTINetLib.stage_clock import StageClock
from MTINetLib.study.study import Study


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
    clock = StageClock()
    with clock.stage("normalise"):
        prepared = model.preprocessing.prepare(study)
    frame, slices = prepared.frame, prepared.slices
    with clock.stage("network"):
        predicted = predictor.segment(slices, thresholds.mask, progress)
    with clock.stage("lesions"):
        probability = frame.to_native(predicted)
        labels = find_lesions(probability, study.grid, thresholds)
    with clock.stage("heads"):
        readings = read_lesions(predictor, slices, frame.labels_to_slices(labels), progress)
    with clock.stage("measure"):
        findings = findings_of(
            study, labels, readings, prepared.scale, thresholds, model, predictor, progress
        )
    return Analysis(findings, labels, probability, clock.seconds)
