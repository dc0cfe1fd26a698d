"""Results of the made study in the scene."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from support.made_analysis import made_analysis, made_study

from MTINetLib.inference.analysis import Analysis
from MTINetLib.scene.label_image import write_mask
from MTINetLib.scene.results import Results, find_results
from MTINetLib.scene.scene import Scene, nodes_of_class
from MTINetLib.scene.segmentation import label_in_labels
from MTINetLib.scene.show_results import show_results_now
from MTINetLib.scene.volumes import add_phase_volumes
from MTINetLib.study.grid import Grid
from MTINetLib.study.study import Study


def shown_results(
    scene: Scene, grid: Grid | None = None, classes: tuple[str, ...] | None = None, transform: Any = None
) -> tuple[Results, Study, Analysis]:
    """The made study's results; the four volumes are under ``transform`` if one is given."""
    study = made_study(grid)
    analysis = made_analysis(study, classes)
    volumes = add_phase_volumes(scene, study)
    if transform is not None:
        for volume in volumes:
            volume.SetAndObserveTransformNodeID(transform.GetID())
    reference = volumes[study.index(study.reference)]
    results = show_results_now(scene, analysis.findings, analysis.labels, volumes, reference)
    return results, study, analysis


def results_in(scene: Scene) -> tuple[Results, ...]:
    """All results of a scene, the latest last."""
    nodes = nodes_of_class(scene.mrml, "vtkMRMLSegmentationNode")
    return tuple(found for node in nodes if (found := find_results(scene, node)) is not None)


def paint_segment(segmentation: Any, segment_id: str, mask: npt.NDArray[np.bool_], volume: Any) -> None:
    """What the segment editor does with a mask [K, J, I] of a volume: the segment becomes it."""
    found = label_in_labels(mask.astype(np.uint8), 1)
    empty = (mask[:0, :0, :0], (slice(0, 0),) * 3)
    write_mask(segmentation, segment_id, *(found or empty), volume)


def paint(results: Results, segment_id: str, mask: npt.NDArray[np.bool_]) -> None:
    """The same in the segmentation of results."""
    paint_segment(results.segmentation, segment_id, mask, results.reference)
