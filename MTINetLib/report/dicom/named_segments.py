"""The segments of a DICOM segmentation by their names, for what is no lesion: a liver, organs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydicom.dataset import Dataset

from MTINetLib.report.dicom.put_on_grid import Mask, put_on_grid, usual_step
from MTINetLib.report.dicom.read_segmentation import LIVER_TYPES, check_belongs, code_of
from MTINetLib.report.dicom.segment_frames import SegmentFrame, frames_of, open_segmentation
from MTINetLib.study.grid import Grid
from MTINetLib.study.study import Study

#: What a segment is called whose code says that it is the liver.
LIVER_NAME = "liver"


@dataclass(frozen=True)
class NamedSegments:
    """Segments on a study's grid, put there one by one when they are asked for.

    Args:
        names: by number; a liver by its code is called LIVER_NAME.
    """

    names: Mapping[int, str]
    _frames: Sequence[SegmentFrame]
    _grid: Grid

    def mask_of(self, number: int) -> Mask:
        """A segment's voxels, [K, J, I]."""
        own = [frame for frame in self._frames if frame.segment == number]
        return put_on_grid(own, usual_step(self._frames) or self._grid.spacing[2], self._grid)


def named_segments(path: Path, study: Study) -> NamedSegments:
    """The segments of a file that belongs to the study.

    Raises:
        InputError: the file is no segmentation, is damaged, or belongs to another study.
    """
    dataset = open_segmentation(path)
    check_belongs(path, dataset, study)
    names = {int(item.SegmentNumber): _name(item) for item in dataset.SegmentSequence}
    return NamedSegments(names, list(frames_of(path, dataset)), study.grid)


def _name(item: Dataset) -> str:
    kind = code_of(item, "SegmentedPropertyTypeCodeSequence")
    return LIVER_NAME if kind in LIVER_TYPES else str(item.get("SegmentLabel") or "")
