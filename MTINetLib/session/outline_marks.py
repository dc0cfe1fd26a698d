"""The box and the clicks in the scene: placed, drawn in a view, moved, removed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from MTINetLib.errors import InputError
from MTINetLib.presentation.statements import error_of
from MTINetLib.scene.node_geometry import rough_grid, to_array
from MTINetLib.scene.outline_clicks import Point, add_click, clicks, remove_clicks
from MTINetLib.scene.roi_box import ROI_NAME, add_roi, drawn_box, middle_of_view, place_roi
from MTINetLib.session.core import SessionCore
from MTINetLib.session.events import Topic
from MTINetLib.study.grid import Grid

#: Of a box to begin with.
_SIDE_MM = 30.0
#: A mouse that was moved less, in pixels, has drawn no box.
_LEAST_PIXELS = 5
_BEING_DRAWN = "Box being drawn"


@dataclass(frozen=True)
class Placed:
    """Where box and clicks are; two that are equal ask for the same outline.

    Args:
        box: its place and its sizes, as numbers.
    """

    box: tuple[float, ...]
    inside: tuple[Point, ...]
    outside: tuple[Point, ...]


class OutlineMarks:
    """One box at a time, with the clicks that belong to it."""

    def __init__(self, core: SessionCore) -> None:
        self._core, self._scene = core, core.scene
        self._drawn: Any = None

    @property
    def box(self) -> Any:
        """The vtkMRMLMarkupsROINode, as long as it is in the scene; else None."""
        node = self._scene.mrml.GetFirstNodeByName(ROI_NAME)
        return node if node is not None and node.IsA("vtkMRMLMarkupsROINode") else None

    @property
    def inside(self) -> tuple[Point, ...]:
        """Clicks on the lesion, LPS in mm."""
        return clicks(self._scene, True)

    @property
    def outside(self) -> tuple[Point, ...]:
        """Clicks beside the lesion, LPS in mm."""
        return clicks(self._scene, False)

    def placed(self) -> Placed | None:
        """Box and clicks as they are now; None without a box."""
        box = self.box
        if box is None:
            return None
        numbers = (*to_array(box.GetObjectToWorldMatrix()).ravel(), *box.GetSize())
        return Placed(tuple(round(float(value), 4) for value in numbers), self.inside, self.outside)

    def place_box(self, middle: Point | None = None) -> Any:
        """A box to be drawn around a lesion; gives its node.

        Args:
            middle: LPS in mm; None for the middle of the views.

        Raises:
            InputError: there are no results.
        """
        grid = self._grid()
        self.remove()
        place = middle_of_view(self._scene, grid) if middle is None else middle
        node = add_roi(self._scene, grid, place, (_SIDE_MM,) * 3)
        self._core.events.tell(Topic.STATE)
        return node

    def draw(self, view: Any, first_xy: tuple[int, int], last_xy: tuple[int, int]) -> None:
        """Show the box between two pixels of a slice view; the one that was there stays until it is kept.

        Raises:
            InputError: there are no results.
        """
        if max(abs(last_xy[0] - first_xy[0]), abs(last_xy[1] - first_xy[1])) < _LEAST_PIXELS:
            return
        grid = self._grid()
        middle, sizes = drawn_box(view, first_xy, last_xy, grid)
        if self._drawn is None:
            self._drawn = add_roi(self._scene, grid, middle, sizes)
            self._drawn.SetName(_BEING_DRAWN)
        else:
            place_roi(self._drawn, grid, middle, sizes)

    def keep_drawn(self) -> bool:
        """The box that is drawn takes the place of the one before; False where none was drawn."""
        node, self._drawn = self._drawn, None
        if node is None or node.GetScene() is None:
            return False
        self.remove()
        node.SetName(ROI_NAME)
        self._core.events.tell(Topic.STATE)
        return True

    def drop_drawn(self) -> None:
        """The box that is drawn goes; the one before stays."""
        node, self._drawn = self._drawn, None
        if node is not None and node.GetScene() is not None:
            self._scene.mrml.RemoveNode(node)

    def click(self, view: Any, xy: tuple[int, int], inside: bool) -> None:
        """Mark the point under a pixel of a slice view as one of the lesion, or as none of it.

        Raises:
            InputError: there is no box.
        """
        if self.box is None:
            raise error_of(InputError, "no_box")
        add_click(self._scene, view, xy, inside)

    def remove(self) -> None:
        """Take box and clicks out of the scene; the lesion stays."""
        if self.box is not None:
            self._scene.mrml.RemoveNode(self.box)
        remove_clicks(self._scene)
        self._core.events.tell(Topic.STATE)

    def _grid(self) -> Grid:
        core = self._core
        if core.results is None or core.findings is None:
            raise error_of(InputError, "no_masks")
        return rough_grid(core.results.geometry)
