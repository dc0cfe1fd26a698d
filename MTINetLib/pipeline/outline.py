"""Lesions that a person drew boxes around: outlined, read, measured."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from MTINetLib.errors import InputError
from MTINetLib.inference.analysis import Analysis
from MTINetLib.models.store import LoadedModel
from MTINetLib.outline.marks import Marks
from MTINetLib.outline.outline import Outliner
from MTINetLib.outline.seen import SeenSlices
from MTINetLib.outline.weights import load_outline_network
from MTINetLib.pipeline.other_models import refuse_other_phases
from MTINetLib.pipeline.outlined import described, with_outline
from MTINetLib.pipeline.remeasure import read_masks
from MTINetLib.progress import Progress
from MTINetLib.study.liver import Liver
from MTINetLib.study.study import Study


def outline_lesions(
    study: Study,
    model: LoadedModel,
    marks: Sequence[Marks],
    *,
    liver: Liver | None = None,
    device: str = "auto",
    precision: str = "auto",
    backend: str = "torch",
    progress: Progress | None = None,
    outliner: Callable[[Study], Outliner] | None = None,
) -> Analysis:
    """Outline the lesions that a person marked, and read and measure them as those of an analysis.

    It takes LiteMedSAM, see :func:`install_outline_model`.

    Args:
        model: that says what the lesions are; another network, LiteMedSAM, outlines them.
        marks: a box for each lesion, with clicks where wanted; their order gives the labels from 1 on.
        liver: that the lesions are seen in, where it is known; none is set aside for it.
        device, precision, backend: see :func:`analyze`; the outline is always made in fp32 by torch.
        progress: one step a slice; may raise Cancelled.
        outliner: gives what outlines the study; None loads the installed weights.

    Returns:
        An analysis without a probability map, whose provenance says that a person drew the boxes.

    Raises:
        InputError: no box, or one that makes no sense in this study; nothing stands out in a box; two boxes
            hold the same lesion; or the study has other phases than the model takes.
        MissingResourceError: the weights that outline are not installed, or the device is not there.
        Cancelled: told by ``progress``.

    Example:
        >>> x, y, z = analysis.findings.lesions[0].centroid_lps_mm
        >>> box = ((x - 25, y - 25, z - 25), (x + 25, y + 25, z + 25))  # two opposite corners, mm in LPS
        >>> outlined = mtinet.outline_lesions(study, model, [mtinet.Marks(box)])
        >>> int(outlined.labels.max()), outlined.findings.provenance.corrected_by_person
        (1, True)
    """
    if not marks:
        raise InputError("There is no box to outline a lesion from: draw one around each lesion.")
    refuse_other_phases(study.phases, model.info)
    outlines = (outliner or (lambda one: installed_outliner(one, device)))(study)
    labels = np.zeros(study.grid.shape, dtype=np.uint8 if len(marks) < 256 else np.uint16)
    found = []
    for label, lesion in enumerate(marks, start=1):
        outlined = outlines.outline(lesion, progress)
        new = outlined.mask & (labels == 0)
        if 2 * int(new.sum()) < int(outlined.mask.sum()):
            raise InputError(f"Box {label} holds a lesion that another box holds too; draw one box a lesion.")
        labels[new] = label
        found.append(outlined)
    own = model.info.thresholds
    findings = read_masks(study, labels, model, own, device, precision, backend, progress, liver)
    for label, (lesion, outlined) in enumerate(zip(marks, found, strict=True), start=1):
        said = described(lesion, outlined.image, outlined.slices, outlined.several)
        findings = with_outline(findings, label, said, outlined.left_out, outlined.notes)
    provenance = replace(findings.provenance, corrected_by_person=True)
    return Analysis(replace(findings, provenance=provenance), labels, liver=liver)


def installed_outliner(study: Study, device: str = "auto") -> Outliner:
    """With the weights that are installed.

    Raises:
        MissingResourceError: they are not, or the device is not there.
        ModelError: they are damaged.
    """
    return Outliner(study, SeenSlices(load_outline_network(), device))
