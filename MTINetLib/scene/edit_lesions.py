"""What a person does to whole lesions: add, delete, split, merge, and back to the AI's own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from MTINetLib.errors import InputError
from MTINetLib.findings import LesionFinding
from MTINetLib.presentation.classes import on_black
from MTINetLib.presentation.colours import rgb
from MTINetLib.scene.ai_lesions import show_ai_lesions
from MTINetLib.scene.label_image import Box, Mask, read_mask, write_mask
from MTINetLib.scene.read_labels import label_new_segments
from MTINetLib.scene.results import Results, ai_findings, first_free_label
from MTINetLib.scene.segmentation import (
    LABEL_TAG,
    NEW_LESION,
    dress_segment,
    label_in_labels,
    segment_ids,
    segment_label,
    segment_labels,
)
from MTINetLib.scene.split_mask import split_mask
from MTINetLib.scene.terminology import terminology_entry
from MTINetLib.study.lesion_class import UNDECIDED

#: A lesion that was merged into another comes back with it if that one covers so much of it.
_SWALLOWED = 0.5


def ensure_label(results: Results, segment_id: str) -> int:
    """The lesion number of a segment; one that a person added, or a copy of another, gets the next one."""
    label_new_segments(results.segmentation, (segment_id,), first_free_label(results))
    label = segment_label(results.segmentation.GetSegmentation().GetSegment(segment_id))
    if label is None:
        raise InputError("The segment is no longer there.")
    return label


def add_lesion(results: Results, label: int | None = None) -> int:
    """An empty segment to be painted, at the end of the list; its number comes back.

    Raises:
        InputError: the number is taken.
    """
    number = first_free_label(results) if label is None else label
    if number in segment_labels(results.segmentation):
        raise InputError(f"There is a lesion {number} already.")
    _add_segment(results, number)
    return number


def outline_lesion(results: Results, mask: Mask, label: int | None = None) -> int:
    """A lesion with this mask [K, J, I], without the voxels of other lesions; its number comes back.

    Args:
        label: of a lesion that gets the mask; None, or one that is gone, makes a new lesion.

    Raises:
        InputError: other lesions have most of it already.
    """
    segments = segment_labels(results.segmentation)
    free = mask.copy()
    for other, segment_id in segments.items():
        if other != label:
            free &= ~_label_voxels(results, segment_id)
    if 2 * int(free.sum()) < int(mask.sum()):
        raise InputError("The lesion in this box is outlined already: correct it, or delete it first.")
    number = label if label is not None and label in segments else add_lesion(results)
    segment_id = segment_labels(results.segmentation)[number]
    _write_whole(results, segment_id, free)
    dress_segment(results.segmentation.GetSegmentation().GetSegment(segment_id), number, UNDECIDED)
    return number


def delete_lesion(results: Results, label: int) -> None:
    """Remove a lesion's segment; the AI's own mask of it stays for a revert.

    Raises:
        InputError: there is no such lesion.
    """
    results.segmentation.GetSegmentation().RemoveSegment(_segment_of(results, label))


def split_lesion(results: Results, label: int) -> tuple[int, ...]:
    """Make a lesion of every separate part, or of both sides of the neck where all hangs together.

    The largest part keeps the number, the others get the next ones, by falling size. None keeps the class:
    it was read in the whole.

    Raises:
        InputError: there is no such lesion, or it is too small to be split.
    """
    segment_id = _segment_of(results, label)
    mask, box = _mask_of(results, segment_id, label)
    parts = split_mask(mask, results.geometry.GetSpacing()[::-1])
    if len(parts) < 2:
        raise InputError(f"Lesion {label} is too small to be split.")
    write_mask(results.segmentation, segment_id, parts[0], box, results.geometry)
    whole = results.segmentation.GetSegmentation().GetSegment(segment_id)
    dress_segment(whole, label, UNDECIDED)
    numbers = [label]
    for part in parts[1:]:
        numbers.append(first_free_label(results))
        write_mask(results.segmentation, _add_segment(results, numbers[-1]), part, box, results.geometry)
    return tuple(numbers)


def merge_lesions(results: Results, labels: Sequence[int]) -> int:
    """Make one lesion of several; it has the first one's number, which comes back, and nobody's class.

    Raises:
        InputError: fewer than two lesions, or one that is not there.
    """
    wanted = list(dict.fromkeys(labels))
    if len(wanted) < 2:
        raise InputError("Choose two lesions to merge.")
    segments = [_segment_of(results, label) for label in wanted]
    whole = np.zeros(_shape(results), dtype=np.bool_)
    for segment_id in segments:
        found = read_mask(results.segmentation, segment_id, results.geometry)
        if found is not None:
            mask, box = found
            whole[box] |= mask
    inner = results.segmentation.GetSegmentation()
    for segment_id in segments[1:]:
        inner.RemoveSegment(segment_id)
    _write_whole(results, segments[0], whole)
    dress_segment(inner.GetSegment(segments[0]), wanted[0], UNDECIDED)
    return wanted[0]


def revert_lesion(results: Results, label: int) -> None:
    """Give a lesion the AI's own mask again; one that the AI never had is removed.

    Voxels of that mask that a person gave to other lesions come back; lesions that a person made and that
    are empty then are removed. A lesion of the AI that was merged into this one comes back too.

    Raises:
        InputError: the user removed the AI's lesions from the scene, or nobody knows such a lesion.
    """
    ai_masks = _ai_masks(results)
    segments = segment_labels(results.segmentation)
    if label not in ai_masks:
        delete_lesion(results, label)
        return
    now = _label_voxels(results, segments.get(label))
    back = [label] + [
        other
        for other, (mask, box) in ai_masks.items()
        if other not in segments and now[box][mask].mean() > _SWALLOWED
    ]
    for number in back:
        _revert_one(results, number, *ai_masks[number])


def revert_all(results: Results) -> None:
    """Give back the AI's own masks, all of them and no others.

    Raises:
        InputError: the user removed the AI's lesions from the scene.
    """
    ai_masks = _ai_masks(results)
    inner = results.segmentation.GetSegmentation()
    kept = segment_labels(results.segmentation)
    for segment_id in segment_ids(results.segmentation):
        label = segment_label(inner.GetSegment(segment_id))
        if label not in ai_masks or kept.get(label) != segment_id:
            inner.RemoveSegment(segment_id)
    for label, (mask, box) in ai_masks.items():
        own = _own_segment(results, label)
        write_mask(results.segmentation, own, mask, box, results.geometry)
        _dress_as_ai(results, label, own)


def show_ai(results: Results, shown: bool) -> None:
    """Draw the AI's own lesions as thin magenta outlines over the corrected ones, or hide them.

    Raises:
        InputError: the user removed them from the scene.
    """
    show_ai_lesions(_ai_segmentation(results), shown)


def _revert_one(results: Results, label: int, mask: Mask, box: Box) -> None:
    segmentation = results.segmentation
    inner = segmentation.GetSegmentation()
    own = _own_segment(results, label)
    ai_labels = set(segment_labels(_ai_segmentation(results)))
    for segment_id in segment_ids(segmentation):
        voxels = _label_voxels(results, segment_id)
        if segment_id == own or not voxels[box][mask].any():
            continue
        voxels[box] &= ~mask
        if voxels.any() or segment_label(inner.GetSegment(segment_id)) in ai_labels:
            _write_whole(results, segment_id, voxels)
        else:
            inner.RemoveSegment(segment_id)
    write_mask(segmentation, own, mask, box, results.geometry)
    _dress_as_ai(results, label, own)


def _own_segment(results: Results, label: int) -> str:
    """The segment with a number; where it is gone, made anew among the others with the AI's class."""
    labels = segment_labels(results.segmentation)
    if label in labels:
        return labels[label]
    segment_id = _add_segment(results, label)
    before = sum(other < label for other in labels)
    results.segmentation.GetSegmentation().SetSegmentIndex(segment_id, before)
    _dress_as_ai(results, label, segment_id)
    return segment_id


def _dress_as_ai(results: Results, label: int, segment_id: str) -> None:
    """Name and colour of the class that the AI gave this lesion."""
    for lesion in _ai_lesions(results):
        if lesion.label == label:
            segment = results.segmentation.GetSegmentation().GetSegment(segment_id)
            dress_segment(segment, label, lesion.lesion_class)


def _add_segment(results: Results, label: int) -> str:
    inner = results.segmentation.GetSegmentation()
    wanted = inner.GenerateUniqueSegmentID(f"lesion_{label}")
    colour = rgb(on_black(UNDECIDED))
    segment_id = str(inner.AddEmptySegment(wanted, f"{label} {NEW_LESION}", colour))
    segment = inner.GetSegment(segment_id)
    segment.SetTag(LABEL_TAG, str(label))
    segment.SetTerminology(terminology_entry(UNDECIDED))
    return segment_id


def _segment_of(results: Results, label: int) -> str:
    segment_id = segment_labels(results.segmentation).get(label)
    if segment_id is None:
        raise InputError(f"There is no lesion {label}.")
    return segment_id


def _mask_of(results: Results, segment_id: str, label: int) -> tuple[Mask, Box]:
    found = read_mask(results.segmentation, segment_id, results.geometry)
    if found is None:
        raise InputError(f"Lesion {label} is empty.")
    return found


def _label_voxels(results: Results, segment_id: str | None) -> Mask:
    whole = np.zeros(_shape(results), dtype=np.bool_)
    found = None if segment_id is None else read_mask(results.segmentation, segment_id, results.geometry)
    if found is not None:
        mask, box = found
        whole[box] = mask
    return whole


def _write_whole(results: Results, segment_id: str, whole: Mask) -> None:
    found = label_in_labels(whole.view(np.uint8), 1)
    mask, box = found if found is not None else (whole[:0], (slice(0, 0),) * 3)
    write_mask(results.segmentation, segment_id, mask, box, results.geometry)


def _shape(results: Results) -> tuple[int, int, int]:
    i, j, k = results.geometry.GetImageData().GetDimensions()
    return k, j, i


def _ai_segmentation(results: Results) -> Any:
    node = results.ai_segmentation
    if node is None or node.GetScene() is None:
        raise InputError("The AI's own lesions were removed from the scene; analyze the study again.")
    return node


def _ai_masks(results: Results) -> dict[int, tuple[Mask, Box]]:
    node = _ai_segmentation(results)
    found = {
        label: read_mask(node, segment_id, results.geometry)
        for label, segment_id in segment_labels(node).items()
    }
    return {label: mask for label, mask in found.items() if mask is not None}


def _ai_lesions(results: Results) -> tuple[LesionFinding, ...]:
    findings = ai_findings(results)
    return () if findings is None else findings.lesions
