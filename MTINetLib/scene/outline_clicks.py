"""Clicks on a lesion and beside it: two markups lists whose points can be moved and removed in any view."""

from __future__ import annotations

from typing import Any

from MTINetLib.scene.scene import Scene

Point = tuple[float, float, float]
#: Names of the lists: of points inside of the lesion, and outside of it.
CLICKS_NAMES = {True: "Inside the lesion", False: "Outside the lesion"}
_COLOURS = {True: (0.35, 0.9, 0.4), False: (0.95, 0.35, 0.3)}
_SIGNS = {True: "+", False: "-"}
_GLYPH_SCALE = 1.8


def add_click(scene: Scene, view: Any, xy: tuple[int, int], inside: bool) -> None:
    """Add the point under a pixel of a slice view.

    Args:
        view: the vtkMRMLSliceNode.
        xy: pixels from the lower left.
        inside: whether it is of the lesion.
    """
    ras = view.GetXYToRAS().MultiplyPoint((*xy, 0.0, 1.0))[:3]
    _list(scene, inside).AddControlPointWorld(*ras)


def clicks(scene: Scene, inside: bool) -> tuple[Point, ...]:
    """Where they are now, LPS in the world in mm."""
    node = _found(scene, inside)
    if node is None:
        return ()
    points = []
    for index in range(node.GetNumberOfControlPoints()):
        if node.GetNthControlPointPositionStatus(index) == node.PositionDefined:
            r, a, s = node.GetNthControlPointPositionWorld(index)
            points.append((-r, -a, s))
    return tuple(points)


def remove_clicks(scene: Scene) -> None:
    """Take both lists out of the scene."""
    for inside in CLICKS_NAMES:
        node = _found(scene, inside)
        if node is not None:
            scene.mrml.RemoveNode(node)


def _found(scene: Scene, inside: bool) -> Any:
    node = scene.mrml.GetFirstNodeByName(CLICKS_NAMES[inside])
    return node if node is not None and node.IsA("vtkMRMLMarkupsFiducialNode") else None


def _list(scene: Scene, inside: bool) -> Any:
    node = _found(scene, inside)
    if node is not None:
        return node
    node = scene.mrml.AddNewNodeByClass("vtkMRMLMarkupsFiducialNode", CLICKS_NAMES[inside])
    node.SetControlPointLabelFormat(_SIGNS[inside])
    node.CreateDefaultDisplayNodes()
    display = node.GetDisplayNode()
    display.SetColor(*_COLOURS[inside])
    display.SetSelectedColor(*_COLOURS[inside])
    display.SetGlyphScale(_GLYPH_SCALE)
    return node
