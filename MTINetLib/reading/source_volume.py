"""One volume as it came from its source, before anyone knows which phase it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from MTINetLib.errors import InputError
from MTINetLib.study.grid import Grid
from MTINetLib.study.source_image import SourceImage
from MTINetLib.study.study import Mask, Volume


@dataclass(frozen=True, eq=False)
class SourceVolume:
    """One volume with its own grid; pixels are read when :attr:`array` is first asked for.

    Args:
        grid: of the source, right-handed and slices along +normal for DICOM, as stored for other files.
        description: for people: the series description or the file name.
        read: reads the pixels, float32 [K, J, I] in the scanner's own units, NaN where there is no image; may
            raise InputError.
        series_uid, time_point, instance_uids, images: as in PhaseSource; empty for files of other kinds.
        headers: what tells phases apart. DICOM attributes by keyword, and, on one clock in seconds or
            None where unknown: ``acquisition_s``, ``content_s``, ``series_s``, ``bolus_start_s``,
            ``trigger_s``, ``time_offset_s``; ``temporal_position``, ``time_split_by``.
        problem: a sentence if the pixels cannot be used, such as missing slices. Such a volume takes
            part in the recognition of phases; asking for its pixels raises InputError.
        flags: doubts about the volume, such as ``duplicate_slices``.
        remarks: how the volume was made, for people, such as from which series it was put together.
    """

    grid: Grid
    description: str
    read: Callable[[], Volume] = field(repr=False)
    series_uid: str | None = None
    time_point: int | None = None
    instance_uids: tuple[str, ...] = field(default=(), repr=False)
    images: tuple[SourceImage, ...] = field(default=(), repr=False)
    headers: Mapping[str, Any] = field(default_factory=dict, repr=False)
    problem: str | None = None
    flags: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()

    @staticmethod
    def of_array(array: npt.ArrayLike, grid: Grid, description: str) -> SourceVolume:
        """A volume that is in memory already; ``array`` is [K, J, I] on ``grid``."""
        volume = np.ascontiguousarray(array, dtype=np.float32)
        if volume.shape != grid.shape:
            raise ValueError(f"the array has shape {volume.shape}, the grid {grid.shape}")
        return SourceVolume(grid=grid, description=description, read=lambda: volume)

    @cached_property
    def array(self) -> Volume:
        """The pixels, float32 [K, J, I]; 0 where there is no image.

        Raises:
            InputError: they cannot be read, or :attr:`problem` says they cannot be used.
        """
        missing = np.isnan(self._pixels)
        return np.where(missing, np.float32(0), self._pixels) if missing.any() else self._pixels

    @cached_property
    def covered(self) -> Mask | None:
        """Where there is an image, [K, J, I]: neither NaN nor in planes of zeros at an end; None: everywhere.

        Raises:
            InputError: as of :attr:`array`.
        """
        blank = np.isnan(self._pixels)
        for axis, part in enumerate(image_box(self._pixels)):
            planes = np.moveaxis(blank, axis, 0)
            planes[: part.start] = planes[part.stop :] = True
        return ~blank if blank.any() else None

    @cached_property
    def _pixels(self) -> Volume:
        if self.problem is not None:
            raise InputError(self.problem)
        return self.read()

    @property
    def name(self) -> str:
        """The description, with the time point where the series has several."""
        text = self.description or "(no description)"
        return text if self.time_point is None else f"{text} (time point {self.time_point})"

    def number(self, keyword: str) -> float | None:
        """A header that counts from 1 as a number; None where there is none."""
        try:
            return float(self.headers.get(keyword) or "")
        except (TypeError, ValueError):
            return None


def image_box(array: npt.NDArray[Any]) -> tuple[slice, slice, slice]:
    """An array [K, J, I] without the planes at its ends that hold nothing but zeros and NaN."""
    parts = []
    for axis, size in enumerate(array.shape):
        planes = np.moveaxis(array, axis, 0)
        first = next((number for number in range(size) if _holds_image(planes[number])), size)
        last = next((number for number in range(size - 1, first, -1) if _holds_image(planes[number])), first)
        parts.append(slice(first, min(last + 1, size)))
    return parts[0], parts[1], parts[2]


def _holds_image(plane: npt.NDArray[Any]) -> bool:
    return bool(((plane != 0) & (plane == plane)).any())
