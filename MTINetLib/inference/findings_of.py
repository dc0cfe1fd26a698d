"""Findings of masks that the network has read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy.typing as npt

import MTINetLib
from MTINetLib.findings import Provenance, StudyFindings
from MTINetLib.inference.decide import decide
from MTINetLib.inference.describe import describe_lesions, summarise_study, utc_now
from MTINetLib.inference.lesions import lesion_boxes
from MTINetLib.inference.predict import SlicePredictor
from MTINetLib.inference.reading import LesionReading
from MTINetLib.models.store import LoadedModel
from MTINetLib.models.thresholds import Thresholds
from MTINetLib.progress import Progress
from MTINetLib.study.normalise import IntensityScale
from MTINetLib.study.study import Study


def findings_of(
    study: Study,
    labels: npt.NDArray[Any],
    readings: Mapping[int, LesionReading],
    scale: IntensityScale,
    thresholds: Thresholds,
    model: LoadedModel,
    predictor: SlicePredictor,
    progress: Progress | None = None,
) -> StudyFindings:
    """Every lesion decided, measured and described, with how that came to be.

    Args:
        labels: [K, J, I] on the study's grid.
        readings: by label, what the heads said.
    """
    temperature = model.info.temperature
    decisions = {
        label: decide(readings.get(label), thresholds, temperature) for label in lesion_boxes(labels)
    }
    curves: dict[int, tuple[float, ...] | None] = {
        label: reading.predicted_curve(scale) for label, reading in readings.items()
    }
    lesions = describe_lesions(study, labels, decisions, curves, progress)
    provenance = _provenance(study, model, predictor, thresholds, scale)
    return StudyFindings(lesions, summarise_study(study), provenance)


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
