"""Any segmentation of the scene as lesions to begin with: drawn by hand, or read from a DICOM SEG."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from MTINetLib.errors import InputError
from MTINetLib.scene.label_image import Box, Labels, Mask, read_mask
from MTINetLib.scene.segmentation import segment_ids, segment_label

#: Segments of these kinds are no lesions: anatomical structures (SNOMED CT, SRT) and background (DCM).
_NO_LESION_CATEGORIES = ("123037004", "91723000", "T-D000A")
_NO_LESION_TYPES = ("10200004", "T-62000", "125040")
#: What our own SEGs call a segment, which Slicer's reader makes its name: ``2 HCC``.
_OWN_NAME = re.compile(r"(?:Lesion )?(\d{1,4})\b.*")


def drawn_lesions(segmentation: Any, geometry: Any) -> Labels:
    """A label map [K, J, I] of a segmentation's lesions; neither node is changed.

    Each segment is one lesion; anatomical ones, such as a liver, are left out. Lesions keep the number that
    MTINet gave them, others get the next free ones. Where segments overlap, the smaller one has the voxels.

    Args:
        geometry: volume node on whose grid the labels are.

    Raises:
        InputError: there is no lesion on this grid.
    """
    masks: dict[str, tuple[Mask, Box]] = {}
    for segment_id in segment_ids(segmentation):
        found = None
        if not _is_anatomy(segmentation.GetSegmentation().GetSegment(segment_id)):
            found = read_mask(segmentation, segment_id, geometry)
        if found is not None:
            masks[segment_id] = found
    if not masks:
        raise InputError(
            f"'{segmentation.GetName()}' has no lesion inside the reference phase: choose a segmentation of "
            "these images."
        )
    numbers = _numbers(segmentation, tuple(masks))
    kind = np.uint8 if max(numbers.values()) <= np.iinfo(np.uint8).max else np.uint16
    labels = np.zeros(geometry.GetImageData().GetDimensions()[::-1], dtype=kind)
    for segment_id in sorted(masks, key=lambda name: -int(masks[name][0].sum())):
        mask, box = masks[segment_id]
        labels[box][mask] = numbers[segment_id]
    return labels


def _numbers(segmentation: Any, ids: tuple[str, ...]) -> Mapping[str, int]:
    inner = segmentation.GetSegmentation()
    numbers: dict[str, int] = {}
    for segment_id in ids:
        segment = inner.GetSegment(segment_id)
        told = segment_label(segment) or _told(segment.GetName() or "")
        if told is not None and told not in numbers.values():
            numbers[segment_id] = told
    free = 1
    for segment_id in ids:
        while segment_id not in numbers:
            if free not in numbers.values():
                numbers[segment_id] = free
            free += 1
    return numbers


def _told(name: str) -> int | None:
    match = _OWN_NAME.fullmatch(name.strip())
    return int(match[1]) if match and int(match[1]) > 0 else None


def _is_anatomy(segment: Any) -> bool:
    """By Slicer's terminology entry: context ~ category ~ type ~ ..., each as scheme^code^meaning."""
    parts = [part.split("^") for part in str(segment.GetTerminology() or "").split("~")]
    codes = [part[1] if len(part) > 1 else "" for part in parts]
    return len(codes) > 2 and (codes[1] in _NO_LESION_CATEGORIES or codes[2] in _NO_LESION_TYPES)
