"""The segments of a DICOM segmentation by their names, for what is no lesion: a liver, organs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydicom.dataset import Dataset

from MTINetLib.report.dicom.put_on_grid import Mask, count_outside, put_on_grid, usual_step
from MTINetLib.report.dicom.read_segmentation import LIVER_TYPES, check_belongs, code_of
from MTINetLib.report.dicom.segment_frames import SegmentFrame, frames_of, open_segmentation
from MTINetLib.study.grid import Grid
from MTINetLib.study.source_image import SourceImage

#: What a segment is called whose code says that it is the liver.
LIVER_NAME = "liver"


@dataclass(frozen=True)
class NamedSegments:
    """Segments on a grid, put there one by one when they are asked for.

    Args:
        names: by number; a liver by its code is called LIVER_NAME.
    """

    names: Mapping[int, str]
    _frames: Sequence[SegmentFrame]
    _grid: Grid

    def mask_of(self, number: int) -> Mask:
        """A segment's voxels, [K, J, I]."""
        return put_on_grid(self._of(number), usual_step(self._frames) or self._grid.spacing[2], self._grid)

    def outside(self, number: int) -> float:
        """How much of a segment lies outside the grid, 0 to 1."""
        every, away = count_outside(self._of(number), self._grid)
        return away / every if every else 0.0

    def _of(self, number: int) -> list[SegmentFrame]:
        return [frame for frame in self._frames if frame.segment == number]


def named_segments(path: Path, grid: Grid, images: Sequence[SourceImage]) -> NamedSegments:
    """The segments of a file that belongs to the images.

    Raises:
        InputError: the file is no segmentation, is damaged, or belongs to another study.
    """
    dataset = open_segmentation(path)
    check_belongs(path, dataset, images)
    names = {int(item.SegmentNumber): _name(item) for item in dataset.SegmentSequence}
    return NamedSegments(names, list(frames_of(path, dataset)), grid)


def _name(item: Dataset) -> str:
    kind = code_of(item, "SegmentedPropertyTypeCodeSequence")
    return LIVER_NAME if kind in LIVER_TYPES else str(item.get("SegmentLabel") or "")
