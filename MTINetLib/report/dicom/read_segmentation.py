"""A DICOM segmentation read back as lesions on a study's grid, whoever wrote or edited it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset

from MTINetLib.errors import InputError
from MTINetLib.findings.notes import (
    SEGMENT_ANATOMY,
    SEGMENT_CUT,
    SEGMENT_EMPTY,
    SEGMENTATION_UNLINKED,
    SEGMENTS_OVERLAP,
    note,
)
from MTINetLib.reading.dicom.header import tag_of
from MTINetLib.reading.dicom.open import UnusableError, read_header
from MTINetLib.report.dicom.equipment import MANUFACTURER, Tracking
from MTINetLib.report.dicom.names import DICOM_FOLDER, SEG_FILE
from MTINetLib.report.dicom.put_on_grid import Mask, count_outside, put_on_grid, usual_step
from MTINetLib.report.dicom.segment_frames import SegmentFrame, frames_of, open_segmentation
from MTINetLib.study.source_image import SourceImage
from MTINetLib.study.study import Study

#: Segments of these kinds are no lesions: anatomical structures (SNOMED CT, SRT) and background (DCM).
_NO_LESION_CATEGORIES = {"123037004", "91723000", "T-D000A"}
#: The liver, in SNOMED CT and in SRT.
LIVER_TYPES = {"10200004", "T-62000"}
_NO_LESION_TYPES = {*LIVER_TYPES, "125040"}
_HIGHEST_LABEL = 9999


@dataclass(frozen=True)
class ReadSegmentation:
    """What a segmentation says of a study.

    Args:
        labels: [K, J, I] on the study's grid, uint16; 0 background, else the lesion's number.
        tracking: what lesions were called in the file, by label; not all have a name.
        by_ai: it is as MTINet's network made it; False once a person or another program worked on it.
        instance_uid: of the segmentation.
        notes: what was left out, and why, see findings/notes.py.
        liver: bool [K, J, I], of the segment whose code says that it is the liver; None for none.
    """

    labels: npt.NDArray[np.uint16]
    tracking: Mapping[int, Tracking]
    by_ai: bool
    instance_uid: str
    notes: tuple[str, ...]
    liver: Mask | None = None


@dataclass(frozen=True)
class _Segment:
    number: int
    label: str
    tracking: Tracking | None
    is_lesion: bool
    is_liver: bool = False


def segmentation_file(path: Path) -> Path:
    """The segmentation meant by a path: itself, or the one in a folder of results.

    Raises:
        InputError: there is none.
    """
    if path.is_file():
        return path
    for inside in (path / DICOM_FOLDER / SEG_FILE, path / SEG_FILE):
        if inside.is_file():
            return inside
    raise InputError(
        f"{path} is no file and no folder with {DICOM_FOLDER}/{SEG_FILE}: name a DICOM segmentation."
    )


def read_segmentation(path: Path, study: Study) -> ReadSegmentation:
    """Read the lesions of a segmentation onto the grid of the study.

    Each segment is one lesion; empty ones are dropped. Lesions keep the number that MTINet gave them, found
    in their tracking identifier or their label; others get the next free ones. Where segments overlap, the
    smaller one has the voxels.

    Raises:
        InputError: the file is no segmentation, is damaged, or belongs to another study or place.
    """
    dataset = open_segmentation(path)
    notes = list(check_belongs(path, dataset, study.source(study.reference).images))
    segments = [_segment(item) for item in dataset.SegmentSequence]
    frames = list(frames_of(path, dataset))
    _check_place(path, frames, study)
    step = usual_step(frames) or study.grid.spacing[2]
    masks: dict[int, Mask] = {}
    lesions = []
    liver: Mask | None = None
    for segment in segments:
        own = [frame for frame in frames if frame.segment == segment.number]
        if segment.is_liver and own:
            liver = put_on_grid(own, step, study.grid)
            continue
        reason = _left_out(segment, own)
        if reason is None:
            masks[segment.number] = put_on_grid(own, step, study.grid)
            lesions.append(segment)
            notes += _outside(segment, own, study)
        else:
            notes.append(reason)
    numbers = _labels_of(lesions)
    labels, overlap = _one_map(masks, numbers, study)
    if overlap:
        notes.append(note(SEGMENTS_OVERLAP, overlap))
    tracking = {numbers[item.number]: item.tracking for item in lesions if item.tracking is not None}
    return ReadSegmentation(
        labels,
        _unique(tracking),
        _is_by_ai(dataset),
        str(dataset.get("SOPInstanceUID", "")),
        tuple(notes),
        liver,
    )


def check_belongs(path: Path, dataset: Dataset, images: Sequence[SourceImage]) -> tuple[str, ...]:
    """Refuse what was made for another study; a note where nothing can tell.

    Args:
        images: that it should be of.

    Raises:
        InputError: it belongs to another study or frame of reference.
    """
    if not images:
        return (SEGMENTATION_UNLINKED,)
    wanted = ("StudyInstanceUID", "FrameOfReferenceUID")
    try:
        source = read_header(images[0].path, [tag_of(keyword) for keyword in wanted])
    except (OSError, UnusableError) as error:
        raise InputError(
            f"The DICOM images that {path} is compared with cannot be read any more; put the files back "
            "where they were, or open the study again."
        ) from error
    for keyword, what in zip(wanted, ("study", "frame of reference"), strict=True):
        own, other = source.get(keyword), dataset.get(keyword)
        if own and other and own != other:
            raise InputError(
                f"{path} belongs to another {what} ({keyword} differs): name a segmentation that was made on "
                "these images."
            )
    return ()


def _check_place(path: Path, frames: Sequence[SegmentFrame], study: Study) -> None:
    every, outside = count_outside(frames, study.grid)
    if every and every == outside:
        raise InputError(
            f"{path} lies wholly outside the {study.reference.title} phase: name a segmentation that was "
            "made on these images."
        )


def _segment(item: Dataset) -> _Segment:
    uid, name = item.get("TrackingUID"), item.get("TrackingID")
    label = str(item.get("SegmentLabel") or "")
    number = int(item.SegmentNumber)
    tracking = Tracking(str(uid), str(name or label or f"Segment {number}")) if uid else None
    category = code_of(item, "SegmentedPropertyCategoryCodeSequence")
    kind = code_of(item, "SegmentedPropertyTypeCodeSequence")
    is_lesion = category not in _NO_LESION_CATEGORIES and kind not in _NO_LESION_TYPES
    return _Segment(number, label, tracking, is_lesion, kind in LIVER_TYPES)


def code_of(item: Dataset, keyword: str) -> str:
    """The value of the first code of a sequence; empty where there is none."""
    codes = item.get(keyword)
    return str(codes[0].get("CodeValue", "")) if codes else ""


def _left_out(segment: _Segment, frames: Sequence[SegmentFrame]) -> str | None:
    if not segment.is_lesion:
        return note(SEGMENT_ANATOMY, segment.number)
    if not frames:
        return note(SEGMENT_EMPTY, segment.number)
    return None


def _outside(segment: _Segment, frames: Sequence[SegmentFrame], study: Study) -> list[str]:
    every, outside = count_outside(frames, study.grid)
    if not outside:
        return []
    share = max(1, round(100 * outside / every))
    return [note(SEGMENT_CUT, segment.number, share)]


def _labels_of(lesions: Sequence[_Segment]) -> dict[int, int]:
    """The lesion's number by the segment's: the one that MTINet gave where it is there, else a free one."""
    numbers: dict[int, int] = {}
    for segment in lesions:
        told = _told_number(segment)
        if told is not None and told not in numbers.values():
            numbers[segment.number] = told
    free = 1
    for segment in lesions:
        if segment.number not in numbers:
            while free in numbers.values():
                free += 1
            numbers[segment.number] = free
    return numbers


def _told_number(segment: _Segment) -> int | None:
    name = segment.tracking.name if segment.tracking else ""
    for text, pattern in ((name, r"Lesion (\d+)"), (segment.label, r"(?:Lesion )?(\d+)\b.*")):
        match = re.fullmatch(pattern, text.strip())
        if match and 0 < int(match[1]) <= _HIGHEST_LABEL:
            return int(match[1])
    return None


def _one_map(
    masks: Mapping[int, Mask], numbers: Mapping[int, int], study: Study
) -> tuple[npt.NDArray[np.uint16], int]:
    labels = np.zeros(study.grid.shape, dtype=np.uint16)
    overlap = 0
    for number in sorted(masks, key=lambda item: int(masks[item].sum()), reverse=True):
        overlap += int((labels[masks[number]] > 0).sum())
        labels[masks[number]] = numbers[number]
    return labels, overlap


def _unique(tracking: Mapping[int, Tracking]) -> dict[int, Tracking]:
    """A copy of a segment carries the UID of its original; only the first keeps it."""
    seen: set[str] = set()
    kept: dict[int, Tracking] = {}
    for label, known in tracking.items():
        if known.uid not in seen:
            kept[label] = known
            seen.add(known.uid)
    return kept


def _is_by_ai(dataset: Dataset) -> bool:
    kinds: set[Any] = {
        item.get("SegmentAlgorithmType") for item in dataset.SegmentSequence if _segment(item).is_lesion
    }
    return dataset.get("Manufacturer") == MANUFACTURER and kinds == {"AUTOMATIC"}
