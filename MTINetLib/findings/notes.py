"""What had to be done on the way to the findings: a code with its values, as flags are.

``batch_halved:4`` has the code ``batch_halved`` and the value 4. What is no known code is a sentence of an
older file.
"""

from __future__ import annotations

BATCH_HALVED = "batch_halved"
CONTINUED_ON_CPU = "continued_on_cpu"
#: With what the driver said.
GPU_LEFT, WORKED_ON_CPU = "gpu_left", "worked_on_cpu"
#: OpenVINO was not taken: missing, on a GPU, with the kind of its failure, with its error.
NO_OPENVINO, OPENVINO_ON_GPU = "no_openvino", "openvino_on_gpu"
OPENVINO_FAILED, OPENVINO_INEXACT = "openvino_failed", "openvino_inexact"
DRAWN = "drawn"
#: With the model that outlined; with the lesion and how many pieces of its outline were left out.
OUTLINED, OUTLINE_PIECES, OUTLINE_SEVERAL = "outlined", "outline_pieces", "outline_several"
#: With the token that stands for the study.
DEIDENTIFIED = "deidentified"
_QUOTING = frozenset({GPU_LEFT, WORKED_ON_CPU})
#: Of a segmentation that was read: the segment's number; and the share that was cut off, in percent.
SEGMENT_ANATOMY, SEGMENT_EMPTY, SEGMENT_CUT = "segment_anatomy", "segment_empty", "segment_cut"
#: With how many voxels; and where nothing but its place tells that it belongs to the images.
SEGMENTS_OVERLAP, SEGMENTATION_UNLINKED = "segments_overlap", "segmentation_unlinked"
#: All codes; ``presentation.note_words`` has their words.
CODES = frozenset(
    {
        BATCH_HALVED,
        CONTINUED_ON_CPU,
        GPU_LEFT,
        WORKED_ON_CPU,
        NO_OPENVINO,
        OPENVINO_ON_GPU,
        OPENVINO_FAILED,
        OPENVINO_INEXACT,
        DRAWN,
        OUTLINED,
        OUTLINE_PIECES,
        OUTLINE_SEVERAL,
        DEIDENTIFIED,
        SEGMENT_ANATOMY,
        SEGMENT_EMPTY,
        SEGMENT_CUT,
        SEGMENTS_OVERLAP,
        SEGMENTATION_UNLINKED,
    }
)


def note(code: str, *values: object) -> str:
    """One note."""
    return ":".join([code, *map(str, values)])


def quotes(item: str) -> bool:
    """Whether it may hold words that are not ours: of a driver, of a file, of a person."""
    code = item.partition(":")[0]
    return code not in CODES or code in _QUOTING
