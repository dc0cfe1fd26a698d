"""The 3-D view of our layout, and whether somebody wants to see lesions in it."""

from __future__ import annotations

from typing import Any

import numpy as np

from MTINetLib.scene.fit_views import Points
from MTINetLib.scene.scene import Scene, nodes_of_class

_CLOSED_SURFACE = "Closed surface"
#: Distance of the camera in sizes of what it looks at.
_DISTANCE = 2.5


def is_shown_in_3d(segmentation: Any) -> bool:
    """Whether the segments have surfaces that 3-D views show: what *Show 3D* switches."""
    display = segmentation.GetDisplayNode()
    if display is None or not display.GetVisibility() or not display.GetVisibility3D():
        return False
    return bool(segmentation.GetSegmentation().ContainsRepresentation(_CLOSED_SURFACE))


def look_at(scene: Scene, view_name: str, points: Points) -> None:
    """Point the camera of a 3-D view from the front at what the points enclose; none where there is none."""
    centre = (points.min(axis=0) + points.max(axis=0)) / 2
    distance = _DISTANCE * float(np.ptp(points, axis=0).max())
    for node in nodes_of_class(scene.mrml, "vtkMRMLCameraNode"):
        if node.GetLayoutName() == view_name:
            node.SetFocalPoint(*centre)
            node.SetPosition(centre[0], centre[1] + distance, centre[2])
            node.SetViewUp(0.0, 0.0, 1.0)
            node.ResetClippingRange()
