"""A segment as the SR refers to it, with the images that it was outlined on.

highdicom's own ReferencedSegment.from_segmentation fails for a segmentation of a single segment, whose number
0.28 keeps in the shared groups, and names one frame only of an enhanced image.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydicom.dataset import Dataset


def segment_reference(segmentation: Dataset, number: int) -> Any:
    """``highdicom.sr.ReferencedSegment`` of a segment of our own making."""
    import highdicom as hd

    frames: dict[tuple[str, str], list[int]] = {}
    for image in _source_images(segmentation, number):
        own = frames.setdefault((image.ReferencedSOPClassUID, image.ReferencedSOPInstanceUID), [])
        if "ReferencedFrameNumber" in image:
            own.append(int(image.ReferencedFrameNumber))
    return hd.sr.ReferencedSegment(
        sop_class_uid=segmentation.SOPClassUID,
        sop_instance_uid=segmentation.SOPInstanceUID,
        segment_number=number,
        source_images=[
            hd.sr.SourceImageForSegmentation(kind, uid, referenced_frame_numbers=sorted(numbers) or None)
            for (kind, uid), numbers in frames.items()
        ],
    )


def _source_images(segmentation: Dataset, number: int) -> Iterator[Dataset]:
    shared = segmentation.SharedFunctionalGroupsSequence[0]
    for own in segmentation.PerFrameFunctionalGroupsSequence:
        told = own.get("SegmentIdentificationSequence") or shared.SegmentIdentificationSequence
        if told[0].ReferencedSegmentNumber == number:
            for derivation in own.get("DerivationImageSequence") or shared.DerivationImageSequence:
                yield from derivation.SourceImageSequence
