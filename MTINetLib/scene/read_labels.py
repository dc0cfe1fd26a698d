"""Segments of the scene back into one label map."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from MTINetLib.scene.label_image import Labels, read_mask
from MTINetLib.scene.segmentation import LABEL_TAG, segment_ids, segment_label, segment_labels


def read_labels(segmentation: Any, geometry: Any, first_free: int) -> Labels:
    """All lesions of a segmentation as a label map [K, J, I] on a volume's grid.

    Where segments overlap, the later one in the segmentation's order wins. Segments that a person added
    get ``first_free`` and the numbers after it, written into their tags; empty ones have no number yet.
    Names, colours and the order of the segments do not matter for the numbers.

    Args:
        geometry: volume node on whose grid the labels are.

    Returns:
        uint8, or uint16 where a number is above 255.
    """
    masks = {
        segment_id: found
        for segment_id in segment_ids(segmentation)
        if (found := read_mask(segmentation, segment_id, geometry)) is not None
    }
    label_new_segments(segmentation, tuple(masks), first_free)
    numbers = {segment_id: label for label, segment_id in segment_labels(segmentation).items()}
    highest = max((numbers[segment_id] for segment_id in masks), default=0)
    shape = geometry.GetImageData().GetDimensions()[::-1]
    labels = np.zeros(shape, dtype=np.uint8 if highest <= np.iinfo(np.uint8).max else np.uint16)
    for segment_id, (mask, box) in masks.items():
        labels[box][mask] = numbers[segment_id]
    return labels


def label_new_segments(segmentation: Any, wanted: Sequence[str], first_free: int) -> None:
    """Number those of the wanted segments that have no number, or one that an earlier segment has."""
    inner = segmentation.GetSegmentation()
    holders = segment_labels(segmentation)
    number = first_free
    for segment_id in wanted:
        segment = inner.GetSegment(segment_id)
        if segment is None:
            continue
        label = segment_label(segment)
        if label is None or holders[label] != segment_id:
            segment.SetTag(LABEL_TAG, str(number))
            number += 1
