"""The 3-D view of our layout, and whether somebody wants to see lesions in it."""

from __future__ import annotations

from typing import Any

import numpy as np

from MTINetLib.scene.fit_views import Points
from MTINetLib.scene.slicer_core import slicer_module

_CLOSED_SURFACE = "Closed surface"
#: Distance of the camera in sizes of what it looks at.
_DISTANCE = 2.5


def is_shown_in_3d(segmentation: Any) -> bool:
    """Whether the segments have surfaces that 3-D views show: what *Show 3D* switches."""
    display = segmentation.GetDisplayNode()
    if display is None or not display.GetVisibility() or not display.GetVisibility3D():
        return False
    return bool(segmentation.GetSegmentation().ContainsRepresentation(_CLOSED_SURFACE))


def look_at(view_name: str, points: Points) -> None:
    """Point the camera of a 3-D view from the front at what the points enclose; none where there is none."""
    scene = slicer_module().mrmlScene
    centre = (points.min(axis=0) + points.max(axis=0)) / 2
    distance = _DISTANCE * float(np.ptp(points, axis=0).max())
    name = "vtkMRMLCameraNode"
    for node in [scene.GetNthNodeByClass(n, name) for n in range(scene.GetNumberOfNodesByClass(name))]:
        if node.GetLayoutName() == view_name:
            node.SetFocalPoint(*centre)
            node.SetPosition(centre[0], centre[1] + distance, centre[2])
            node.SetViewUp(0.0, 0.0, 1.0)
            node.ResetClippingRange()
