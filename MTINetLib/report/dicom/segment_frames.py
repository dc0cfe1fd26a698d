"""The frames of a DICOM segmentation: which segment, where in the patient, which pixels.

Written for what any viewer stores: frames in any order and of any plane, binary, fractional or as labels.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pydicom
from pydicom.dataset import Dataset
from pydicom.uid import SegmentationStorage

from MTINetLib.errors import InputError

#: Label Map Segmentation Storage (Supplement 243), which pydicom 3.0 has no name for.
_LABEL_MAP_STORAGE = "1.2.840.10008.5.1.4.1.1.66.7"
#: More pixels than this are refused before anything is decoded: 320 slices of 512 x 512, twelve segments.
_MOST_PIXELS = 1 << 30
_GROUPS = ("PlanePositionSequence", "PlaneOrientationSequence", "PixelMeasuresSequence")


@dataclass(frozen=True)
class FramePlace:
    """Where a frame lies.

    Args:
        origin: LPS of the centre of its first pixel, mm.
        axes: LPS directions of increasing column, increasing row and their normal as rows, [3, 3].
        spacing: mm between columns and between rows.
        step_mm: to the next frame of the same stack, None where the file does not say.
    """

    origin: npt.NDArray[np.float64]
    axes: npt.NDArray[np.float64]
    spacing: tuple[float, float]
    step_mm: float | None

    @property
    def height(self) -> float:
        """Along the normal, mm."""
        return float(self.origin @ self.axes[2])


@dataclass(frozen=True)
class SegmentFrame:
    """The pixels of one segment in one frame, bool [rows, columns]."""

    segment: int
    place: FramePlace
    mask: npt.NDArray[np.bool_]


def open_segmentation(path: Path) -> Dataset:
    """Read a file whole.

    Raises:
        InputError: it cannot be read, or is no DICOM segmentation.
    """
    try:
        dataset = pydicom.dcmread(path)
        kind = dataset.get("SOPClassUID")
    except Exception as error:  # pydicom raises of every kind for damaged files
        raise InputError(f"{path} cannot be read as DICOM: name a DICOM segmentation (SEG).") from error
    if kind not in (SegmentationStorage, _LABEL_MAP_STORAGE):
        raise InputError(f"{path} is no DICOM segmentation: name a file of the kind SEG.")
    for keyword in ("Rows", "Columns", "SegmentSequence", "PerFrameFunctionalGroupsSequence", "PixelData"):
        if not dataset.get(keyword):
            raise InputError(f"{path} is not a complete DICOM segmentation: it has no {keyword}.")
    frames = len(dataset.PerFrameFunctionalGroupsSequence)
    if dataset.Rows * dataset.Columns * frames > _MOST_PIXELS:
        raise InputError(
            f"{path} is too large: {frames} frames of {dataset.Rows} x {dataset.Columns} pixels."
        )
    return dataset


def frames_of(path: Path, dataset: Dataset) -> Iterator[SegmentFrame]:
    """The frames that hold something, in the order of the file.

    Raises:
        InputError: the pixels cannot be decoded, or a frame does not say where it lies.
    """
    pixels = _pixels(path, dataset)
    shared = (dataset.get("SharedFunctionalGroupsSequence") or [Dataset()])[0]
    for number, (own, values) in enumerate(
        zip(dataset.PerFrameFunctionalGroupsSequence, pixels, strict=True), start=1
    ):
        if not values.any():
            continue
        try:
            place = _place(own, shared)
            said = _segment(own, shared)
        except (AttributeError, IndexError, TypeError, ValueError) as error:
            raise InputError(
                f"{path} cannot be used: its frame {number} does not say where it lies or which segment it "
                "shows."
            ) from error
        if said is not None:
            yield SegmentFrame(said, place, values >= _half(dataset))
            continue
        for label in np.unique(values[values > 0]):
            yield SegmentFrame(int(label), place, values == label)


def _pixels(path: Path, dataset: Dataset) -> npt.NDArray[Any]:
    """[frames, rows, columns]."""
    count = len(dataset.PerFrameFunctionalGroupsSequence)
    wanted = (count, int(dataset.Rows), int(dataset.Columns))
    try:
        return np.asarray(dataset.pixel_array).reshape(wanted)
    except Exception as error:  # decoders raise of every kind
        raise InputError(f"The pixels of {path} cannot be read: the file is damaged or cut short.") from error


def _half(dataset: Dataset) -> float:
    """The least value that counts as inside: half of the scale of fractional segments."""
    if dataset.get("SegmentationType") == "FRACTIONAL":
        return float(dataset.get("MaximumFractionalValue", 255)) / 2
    return 1.0


def _segment(own: Dataset, shared: Dataset) -> int | None:
    """The segment's number; None where pixel values are the numbers."""
    items = own.get("SegmentIdentificationSequence") or shared.get("SegmentIdentificationSequence")
    return int(items[0].ReferencedSegmentNumber) if items else None


def _place(own: Dataset, shared: Dataset) -> FramePlace:
    position, orientation, measures = [(own.get(group) or shared.get(group))[0] for group in _GROUPS]
    cosines = np.array(orientation.ImageOrientationPatient, dtype=np.float64).reshape(2, 3)
    axes = np.vstack([cosines, np.cross(cosines[0], cosines[1])])
    if not np.allclose(axes @ axes.T, np.eye(3), atol=1e-3):
        raise ValueError("directions are not at right angles")
    between_rows, between_columns = (float(value) for value in measures.PixelSpacing)
    if min(between_rows, between_columns) <= 0:
        raise ValueError("pixels have no size")
    origin = np.array(position.ImagePositionPatient, dtype=np.float64).reshape(3)
    step = float(measures.get("SpacingBetweenSlices") or 0.0)
    return FramePlace(origin, axes, (between_columns, between_rows), step if step > 0 else None)
