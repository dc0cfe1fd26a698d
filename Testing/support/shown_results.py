"""Results of the made study in the scene."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from support.made_analysis import made_analysis, made_study

from MTINetLib.inference.analysis import Analysis
from MTINetLib.scene.results import Results
from MTINetLib.scene.show_results import show_results_now
from MTINetLib.scene.volumes import add_phase_volumes
from MTINetLib.study.grid import Grid
from MTINetLib.study.study import Study


def shown_results(
    grid: Grid | None = None, classes: tuple[str, ...] | None = None, transform: Any = None
) -> tuple[Results, Study, Analysis]:
    """The made study's results; the four volumes are under ``transform`` if one is given."""
    study = made_study(grid)
    analysis = made_analysis(study, classes)
    volumes = add_phase_volumes(study)
    if transform is not None:
        for volume in volumes:
            volume.SetAndObserveTransformNodeID(transform.GetID())
    reference = volumes[study.index(study.reference)]
    results = show_results_now(analysis.findings, analysis.labels, volumes, reference)
    return results, study, analysis


def paint(results: Results, segment_id: str, mask: npt.NDArray[np.bool_]) -> None:
    """What the segment editor does with a mask [K, J, I]: the segment becomes it."""
    from MTINetLib.scene.slicer_core import slicer_module

    slicer_module().util.updateSegmentBinaryLabelmapFromArray(
        mask.astype(np.uint8), results.segmentation, segment_id, results.reference
    )
