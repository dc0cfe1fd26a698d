"""The phases as volume nodes."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from MTINetLib.presentation.words import phase_title
from MTINetLib.report.body import body, tissue_window
from MTINetLib.scene.scene import Scene
from MTINetLib.scene.slicer_core import slicer_module
from MTINetLib.study.grid import FloatArray, Grid
from MTINetLib.study.study import Study

#: MRML is RAS, a Grid is LPS: both first axes turn round.
LPS_TO_RAS: FloatArray = np.diag([-1.0, -1.0, 1.0, 1.0])

#: Node attribute that names the phase of a volume, by Phase.value.
PHASE_ATTRIBUTE = "MTINet.Phase"


def ijk_to_ras(grid: Grid) -> FloatArray:
    """4 x 4 matrix from voxel index (i, j, k, 1) to RAS in mm."""
    matrix: FloatArray = LPS_TO_RAS @ grid.ijk_to_lps
    return matrix


def add_phase_volumes(scene: Scene, study: Study) -> tuple[Any, ...]:
    """A vtkMRMLScalarVolumeNode a phase, in the order of the study, with one display window for all."""
    low, high = display_window(study)
    nodes = []
    for phase in study.phases:
        node = add_volume(scene, f"{phase_title(phase)} phase", study.phase(phase), study.grid)
        node.SetAttribute(PHASE_ATTRIBUTE, phase.value)
        display = node.GetDisplayNode()
        display.AutoWindowLevelOff()
        display.SetWindowLevelMinMax(low, high)
        nodes.append(node)
    return tuple(nodes)


def add_volume(scene: Scene, name: str, array: npt.NDArray[Any], grid: Grid) -> Any:
    """A vtkMRMLScalarVolumeNode with a copy of ``array`` [K, J, I] on ``grid``, and its display node."""
    slicer = slicer_module()
    node = scene.mrml.AddNewNodeByClass("vtkMRMLScalarVolumeNode", name)
    node.SetIJKToRASMatrix(slicer.util.vtkMatrixFromArray(ijk_to_ras(grid)))
    slicer.util.updateVolumeFromArray(node, np.ascontiguousarray(array))
    node.CreateDefaultDisplayNodes()
    node.GetDisplayNode().SetAndObserveColorNodeID("vtkMRMLColorTableNodeGrey")
    return node


def display_window(study: Study) -> tuple[float, float]:
    """Black and white for all phases alike, so that enhancement is seen."""
    sample = study.volumes[:, ::2, ::2, ::2]
    return tissue_window(sample, body(sample[study.index(study.reference)]))
