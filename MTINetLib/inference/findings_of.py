"""Findings of masks that a model has read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy.typing as npt

import MTINetLib
from MTINetLib.findings import Provenance, StudyFindings
from MTINetLib.inference.covered import phases_without_image
from MTINetLib.inference.decide import decide, without_image
from MTINetLib.inference.describe import describe_lesions, measure_liver, summarise_study, utc_now
from MTINetLib.inference.lesions import lesion_boxes
from MTINetLib.models.lesion_model import LesionModel
from MTINetLib.models.reading import LesionReading
from MTINetLib.models.thresholds import Thresholds
from MTINetLib.progress import Progress
from MTINetLib.study.liver import Liver
from MTINetLib.study.study import Study


def findings_of(
    study: Study,
    labels: npt.NDArray[Any],
    readings: Mapping[int, LesionReading],
    thresholds: Thresholds,
    model: LesionModel,
    progress: Progress | None = None,
    *,
    liver: Liver | None = None,
    study_flags: tuple[str, ...] = (),
) -> StudyFindings:
    """Every lesion decided, measured and described, with how that came to be.

    Args:
        labels: [K, J, I] on the study's grid.
        readings: by label, what the model said.
        liver: that the lesions are seen in, where it is known.
        study_flags: what the analysis found out about the study.
    """
    temperature = model.info.temperature
    decisions = {
        label: without_image(
            decide(readings.get(label), model.info.classes, thresholds, temperature, model.info.class_sets),
            phases_without_image(study, labels[box] == label, box),
        )
        for label, box in lesion_boxes(labels).items()
    }
    curves = {label: reading.curve for label, reading in readings.items()}
    lesions = describe_lesions(study, labels, decisions, curves, progress, liver)
    return StudyFindings(
        lesions,
        summarise_study(study, (*study_flags, *model.computation(study).flags)),
        _provenance(study, model, thresholds),
        measure_liver(liver, labels, study.grid),
    )


def _provenance(study: Study, model: LesionModel, thresholds: Thresholds) -> Provenance:
    uids = tuple(dict.fromkeys(source.series_uid for source in study.sources if source.series_uid))
    info, computation = model.info, model.computation(study)
    return Provenance(
        software=f"MTINetLib {MTINetLib.__version__}",
        model_name=info.name,
        model_sha256=info.sha256,
        preset=info.preset,
        device=computation.device,
        precision=computation.precision,
        backend=computation.backend,
        input_series_uids=uids,
        settings={
            "reference": study.reference.value,
            "thresholds": thresholds.to_dict(),
            "temperature": info.temperature,
            **computation.settings,
        },
        classes=model.info.classes,
        created_utc=utc_now(),
        notes=computation.notes,
    )
