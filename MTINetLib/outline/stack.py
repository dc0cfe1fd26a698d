"""A study as the slices that are outlined: in the plane of its finest voxels, turned as readers see them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from MTINetLib.study.grid import Grid
from MTINetLib.study.slices import SliceFrame

_T = TypeVar("_T")
_Kind = TypeVar("_Kind", bound=np.generic)
#: Slices this much thicker than they are fine were scanned in that plane, axial or not.
_THICKER = 1.5


@dataclass(frozen=True)
class Stack:
    """Axes (slice, row, column) over a grid; make it with :meth:`of`.

    Args:
        frame: the grid in axial order.
        along: the axis of that order along which the slices follow each other.
    """

    frame: SliceFrame
    along: int

    @staticmethod
    def of(grid: Grid) -> Stack:
        """Axial slices; sagittal or coronal ones where the study was scanned in these."""
        frame = SliceFrame.of(grid)
        spacing = frame.canonical_spacing
        thickest = int(np.argmax(spacing))
        return Stack(frame, thickest if spacing[thickest] > _THICKER * min(spacing) else 0)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Voxels along (slice, row, column)."""
        return self._ordered(self.frame.canonical_shape)

    @property
    def spacing(self) -> tuple[float, float, float]:
        """Their size in mm along (slice, row, column)."""
        return self._ordered(self.frame.canonical_spacing)

    def turned(self, native: npt.NDArray[_Kind]) -> npt.NDArray[_Kind]:
        """A view of an array of the grid [..., K, J, I] as [..., slice, row, column]."""
        canonical = self.frame.to_canonical(native)
        return np.moveaxis(canonical, canonical.ndim - 3 + self.along, canonical.ndim - 3)

    def native(self, turned: npt.NDArray[_Kind]) -> npt.NDArray[_Kind]:
        """The inverse of :meth:`turned`, as a view."""
        canonical = np.moveaxis(turned, turned.ndim - 3, turned.ndim - 3 + self.along)
        return self.frame.from_canonical(canonical)

    def index(self, lps: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Continuous (slice, row, column), [..., 3], of positions in mm LPS, [..., 3]."""
        native = self.frame.grid.to_index(lps)
        places = []
        for axis, count, flipped in zip(
            self.frame.axes, self.frame.canonical_shape, self.frame.flipped, strict=True
        ):
            places.append(count - 1 - native[..., axis] if flipped else native[..., axis])
        return np.stack(self._ordered((places[0], places[1], places[2])), axis=-1)

    def _ordered(self, canonical: tuple[_T, _T, _T]) -> tuple[_T, _T, _T]:
        rest = [value for axis, value in enumerate(canonical) if axis != self.along]
        return canonical[self.along], rest[0], rest[1]
