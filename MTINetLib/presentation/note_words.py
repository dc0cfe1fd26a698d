"""What had to be done on the way to the findings, in words."""

from __future__ import annotations

from collections.abc import Callable

from MTINetLib.findings.notes import (
    BATCH_HALVED,
    CONTINUED_ON_CPU,
    DEIDENTIFIED,
    DRAWN,
    GPU_LEFT,
    NO_OPENVINO,
    OPENVINO_FAILED,
    OPENVINO_INEXACT,
    OPENVINO_ON_GPU,
    OUTLINE_PIECES,
    OUTLINE_SEVERAL,
    OUTLINED,
    SEGMENT_ANATOMY,
    SEGMENT_CUT,
    SEGMENT_EMPTY,
    SEGMENTATION_UNLINKED,
    SEGMENTS_OVERLAP,
    WORKED_ON_CPU,
)

_TEXTS = {
    BATCH_HALVED: "out of memory: batch halved to {0}",
    CONTINUED_ON_CPU: "out of memory: continued on the CPU",
    GPU_LEFT: "the GPU cannot be used ({0}): continued on the CPU",
    WORKED_ON_CPU: "{0}: worked on the CPU",
    NO_OPENVINO: "OpenVINO is not installed: torch was taken",
    OPENVINO_ON_GPU: "OpenVINO runs on CPUs only: torch was taken",
    OPENVINO_FAILED: "OpenVINO failed ({0}): torch was taken",
    OPENVINO_INEXACT: "OpenVINO is off by {0} more than torch in a probability: torch was taken",
    DRAWN: "The masks were drawn; no network was asked.",
    OUTLINED: "{0} outlined the lesions, from boxes that a person drew.",
    OUTLINE_PIECES: "In the box of lesion {0} there was more, apart from its outline (pieces: {1}): if these "
    "are lesions too, draw a box around each.",
    OUTLINE_SEVERAL: "The outline of lesion {0} leaves most of its box empty: the box seems to hold more "
    "than one lesion; draw a box around each.",
    DEIDENTIFIED: "De-identified; study reference {0}.",
    SEGMENT_ANATOMY: "Segment {0} is marked as anatomy and was left out.",
    SEGMENT_EMPTY: "Segment {0} is empty and was left out.",
    SEGMENT_CUT: "{1} % of segment {0} lies outside the images and was cut off.",
    SEGMENTS_OVERLAP: "Segments overlap in {0} voxels, which were given to the smaller lesion.",
    SEGMENTATION_UNLINKED: "Nothing but its place tells that the segmentation belongs to these images.",
}


def note_in_words(item: str, translate: Callable[[str], str] = str) -> str:
    """A sentence; what is no known code stays what it is."""
    code, _, rest = item.partition(":")
    if code not in _TEXTS:
        return item
    values = rest.split(":") if code in (SEGMENT_CUT, OUTLINE_PIECES) else [rest]
    return translate(_TEXTS[code]).format(*values)
