"""Slicer's own slice view without a window: a slice of a volume with the outlines of the segmentation."""

from __future__ import annotations

from types import TracebackType
from typing import Any

import numpy as np

from MTINetLib.presentation.colours import Rgb
from MTINetLib.scene.pictures.canvas import WHITE, Picture, open_window, pixels, text_actor
from MTINetLib.scene.scene import Scene
from MTINetLib.scene.slicer_core import slicer_module
from MTINetLib.study.grid import FloatArray

_NAME = "MTINetPicture"


class SliceStage:
    """One offscreen slice view; use it in a ``with`` block, its nodes leave the scene at the end."""

    def __init__(self, scene: Scene, width: int, height: int) -> None:
        from vtkmodules.vtkRenderingCore import vtkActor2D, vtkImageMapper
        from vtkmodules.vtkRenderingUI import vtkGenericRenderWindowInteractor

        slicer = slicer_module()
        self._size = (width, height)
        self._scene = scene.mrml
        self._window, self._renderer = open_window(width, height)
        # Not the one that VTK would choose: on Linux it looks for X11 libraries, which servers lack.
        self._interactor = vtkGenericRenderWindowInteractor()
        self._interactor.SetRenderWindow(self._window)
        self._logic = slicer.vtkMRMLSliceLogic()
        self._logic.SetMRMLApplicationLogic(scene.application)
        self._logic.SetMRMLScene(self._scene)
        self._node = self._logic.AddSliceNode(_NAME)
        self._node.SetDimensions(width, height, 1)
        mapper = vtkImageMapper()
        mapper.SetColorWindow(255)
        mapper.SetColorLevel(127.5)
        mapper.SetInputConnection(self._logic.GetBlend().GetOutputPort())
        anatomy = vtkActor2D()
        anatomy.SetMapper(mapper)
        # Before the displayable managers: what is added first lies at the bottom.
        self._renderer.AddViewProp(anatomy)
        self._group = slicer.vtkMRMLDisplayableManagerGroup()
        self._group.SetRenderer(self._renderer)
        outlines = slicer.vtkMRMLSegmentationsDisplayableManager2D()
        outlines.SetMRMLApplicationLogic(scene.application)
        self._group.AddDisplayableManager(outlines)
        self._group.SetMRMLDisplayableNode(self._node)
        self._texts: list[Any] = []

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self._size

    def __enter__(self) -> SliceStage:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._group.SetMRMLDisplayableNode(None)
        own = [
            self._logic.GetSliceCompositeNode(),
            self._logic.GetSliceDisplayNode(),
            self._logic.GetSliceModelTransformNode(),
            self._logic.GetSliceModelNode(),
            self._node,
        ]
        for node in own:
            if node is not None and self._scene.IsNodePresent(node):
                self._scene.RemoveNode(node)
        self._window.Finalize()

    def resize(self, width: int, height: int) -> None:
        """Change the size of the view in pixels; frame it anew afterwards."""
        self._size = (width, height)
        self._window.SetSize(width, height)
        self._node.SetDimensions(width, height, 1)

    def look_at(self, volume: Any, k: int) -> None:
        """Turn to slice k of the volume, in its own plane, the patient's right on the left."""
        matrix = volume_to_ras(volume)
        size = volume.GetImageData().GetDimensions()
        centre = matrix @ np.array([(size[0] - 1) / 2, (size[1] - 1) / 2, k, 1.0])
        self._node.SetOrientationToAxial()
        self._node.RotateToVolumePlane(volume)
        self._logic.GetSliceCompositeNode().SetBackgroundVolumeID(volume.GetID())
        self._node.JumpSliceByOffsetting(*centre[:3])

    def frame(self, low_mm: FloatArray, high_mm: FloatArray) -> None:
        """Show this box of slice coordinates (mm, right and up), whole, in the middle of the view."""
        width, height = self._size
        centre, extent = (low_mm + high_mm) / 2, high_mm - low_mm
        mm_per_pixel = max(extent[0] / width, extent[1] / height)
        self._node.SetFieldOfView(width * mm_per_pixel, height * mm_per_pixel, self._node.GetFieldOfView()[2])
        self._node.SetXYZOrigin(centre[0], centre[1], 0.0)
        self._node.UpdateMatrices()

    def to_slice(self, ras: FloatArray) -> FloatArray:
        """Slice coordinates in mm, [n, 2] right and up, of RAS points [n, 3]."""
        return _transformed(_inverse(self._node.GetSliceToRAS()), ras)

    def to_pixels(self, ras: FloatArray) -> FloatArray:
        """Pixels from the lower left, [n, 2], of RAS points [n, 3]."""
        return _transformed(_inverse(self._node.GetXYToRAS()), ras)

    def edges(self) -> tuple[str, str, str, str]:
        """Anatomical letters at the left, right, bottom and top edge."""
        to_ras = _array(self._node.GetSliceToRAS())
        right, up = _letter(to_ras[:3, 0]), _letter(to_ras[:3, 1])
        return _OPPOSITE[right], right, _OPPOSITE[up], up

    def write(self, text: str, at: tuple[float, float], size: int, colour: Rgb = WHITE, **style: Any) -> None:
        """Put a text on the view until :meth:`wipe`."""
        actor = text_actor(text, at, size, colour, **style)
        self._renderer.AddViewProp(actor)
        self._texts.append(actor)

    def wipe(self) -> None:
        """Take all texts away."""
        for actor in self._texts:
            self._renderer.RemoveViewProp(actor)
        self._texts.clear()

    def picture(self, volume: Any) -> Picture:
        """What the view shows of the volume, at the slice and frame chosen before."""
        self._logic.GetSliceCompositeNode().SetBackgroundVolumeID(volume.GetID())
        return pixels(self._window)


_OPPOSITE = {"R": "L", "L": "R", "A": "P", "P": "A", "S": "I", "I": "S"}


def volume_to_ras(volume: Any) -> FloatArray:
    """4 x 4 matrix from voxel index (i, j, k, 1) of a volume node to RAS in mm."""
    from vtkmodules.vtkCommonMath import vtkMatrix4x4

    matrix = vtkMatrix4x4()
    volume.GetIJKToRASMatrix(matrix)
    return _array(matrix)


def _array(matrix: Any) -> FloatArray:
    return np.array([[matrix.GetElement(row, column) for column in range(4)] for row in range(4)])


def _inverse(matrix: Any) -> FloatArray:
    return np.asarray(np.linalg.inv(_array(matrix)), dtype=np.float64)


def _transformed(matrix: FloatArray, points: FloatArray) -> FloatArray:
    moved: FloatArray = points @ matrix[:3, :3].T + matrix[:3, 3]
    return moved[:, :2]


def _letter(direction_ras: FloatArray) -> str:
    axis = int(np.argmax(np.abs(direction_ras)))
    return ("R", "A", "S")[axis] if direction_ras[axis] > 0 else ("L", "P", "I")[axis]
