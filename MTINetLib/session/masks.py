"""Which lesions a person has corrected, told by a short mark of every mask."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

#: By lesion number: voxel count and checksum of the voxels' places. Equal marks, equal masks.
Marks = Mapping[int, str]
#: Attribute of the corrected segmentation: the marks of the masks that the network read last.
READ_MARKS_ATTRIBUTE = "MTINet.ReadMasks"


def mask_marks(labels: npt.NDArray[Any]) -> dict[int, str]:
    """The mark of every lesion in a label map [K, J, I]."""
    flat = labels.reshape(-1)
    places = np.flatnonzero(flat != 0)  # ten times as fast on bool as on numbers
    values = flat[places]
    marks = {}
    for label in np.flatnonzero(np.bincount(values)):
        own = places[values == label].astype("<u4" if flat.size < 2**32 else "<u8")
        marks[int(label)] = f"{own.size}:{zlib.crc32(own.tobytes()):08x}"
    return marks


def marks_to_text(marks: Marks) -> str:
    """For an attribute of a node."""
    return json.dumps({str(label): mark for label, mark in marks.items()}, sort_keys=True)


def marks_from_text(text: str | None) -> dict[int, str] | None:
    """What :func:`marks_to_text` wrote; None for anything else."""
    try:
        return {int(label): str(mark) for label, mark in json.loads(text or "").items()}
    except (ValueError, AttributeError):
        return None


@dataclass(frozen=True)
class Standing:
    """How the masks of now stand to the AI's own and to those that the network read last.

    Args:
        changed: lesions whose mask is not the AI's own, added ones included.
        removed: the AI's lesions that are gone.
        unread: lesions whose class and predicted curve the network read under another mask, or never.
    """

    changed: frozenset[int] = frozenset()
    removed: frozenset[int] = frozenset()
    unread: frozenset[int] = frozenset()

    @property
    def corrected(self) -> bool:
        """Whether the masks differ from the AI's at all."""
        return bool(self.changed or self.removed)


def standing(now: Marks, of_ai: Marks, read: Marks) -> Standing:
    """Compare the masks of now with the AI's own and with those that the network read last."""
    return Standing(
        changed=frozenset(label for label, mark in now.items() if of_ai.get(label) != mark),
        removed=frozenset(of_ai) - frozenset(now),
        unread=frozenset(label for label, mark in now.items() if read.get(label) != mark),
    )
