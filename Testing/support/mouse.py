"""The mouse in a slice view of the stand-in, as Slicer's widgets hand its events on."""

from __future__ import annotations

from typing import Any

import numpy as np


def slice_widget(view: str) -> Any:
    """The widget of a slice view by its layout name."""
    import slicer

    return slicer.app.layoutManager().sliceWidget(view)


def pixel_of(view: str, ras: Any) -> tuple[int, int]:
    """Where a point, world RAS in mm, lies in a view; the view is put on the slice through it."""
    from vtkmodules.vtkCommonMath import vtkMatrix4x4

    node = slice_widget(view).mrmlSliceNode()
    node.JumpSliceByOffsetting(*map(float, ras))
    to_xy = vtkMatrix4x4()
    vtkMatrix4x4.Invert(node.GetXYToRAS(), to_xy)
    x, y = np.round(to_xy.MultiplyPoint((*map(float, ras), 1.0))[:2])
    return int(x), int(y)


def mouse(view: str, event: str, at: tuple[int, int]) -> None:
    """``LeftButtonPress``, ``MouseMove`` or ``LeftButtonRelease`` at a pixel from the lower left."""
    interactor = slice_widget(view).sliceView().interactor()
    interactor.SetEventPosition(*at)
    interactor.InvokeEvent(f"{event}Event")


def drag(view: str, first: tuple[int, int], last: tuple[int, int]) -> None:
    """Press, move in two steps, and let go."""
    between = ((first[0] + last[0]) // 2, (first[1] + last[1]) // 2)
    mouse(view, "LeftButtonPress", first)
    for at in (between, last):
        mouse(view, "MouseMove", at)
    mouse(view, "LeftButtonRelease", last)


def click(view: str, at: tuple[int, int]) -> None:
    mouse(view, "LeftButtonPress", at)
    mouse(view, "LeftButtonRelease", at)
