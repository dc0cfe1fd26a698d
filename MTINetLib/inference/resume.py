"""An analysis that begins with lesions outlined before: they are read by the network and measured anew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy.typing as npt

from MTINetLib.findings import Provenance, StudyFindings
from MTINetLib.inference.analyze import Analysis, measure_again
from MTINetLib.inference.describe import summarise_study
from MTINetLib.models.store import LoadedModel
from MTINetLib.progress import Progress
from MTINetLib.study.study import Study


def resume(
    study: Study,
    model: LoadedModel,
    labels: npt.NDArray[Any],
    *,
    corrected: bool,
    origin: str,
    notes: Sequence[str] = (),
    device: str = "auto",
    precision: str = "auto",
    progress: Progress | None = None,
) -> Analysis:
    """Findings of given lesions; the network classifies them and is not asked where lesions are.

    Args:
        labels: [K, J, I] on the study's grid, whole numbers; labels keep their numbers.
        corrected: a person worked on them.
        origin: what they were read from, such as a SOP Instance UID; kept in the settings.
        notes: sentences about them for the provenance.

    Returns:
        An analysis without a probability map.

    Raises:
        InputError, MissingResourceError: the device or precision asked for is not there.
        Cancelled: told by ``progress``.
    """
    found = measure_again(
        study,
        labels,
        _before(study, model),
        model=model,
        device=device,
        precision=precision,
        progress=progress,
    )
    provenance = replace(
        found.provenance,
        corrected_by_person=corrected,
        settings={**found.provenance.settings, "resumed_from": origin},
        notes=(*found.provenance.notes, *notes),
    )
    return Analysis(replace(found, provenance=provenance), labels, None)


def _before(study: Study, model: LoadedModel) -> StudyFindings:
    """What measuring again starts from: nothing but the model's own thresholds."""
    settings = {"thresholds": model.info.thresholds.to_dict()}
    provenance = Provenance(
        "", model.info.name, model.info.sha256, model.info.preset, "", "fp32", (), settings
    )
    return StudyFindings((), summarise_study(study), provenance)
