"""Which marks are lesions of the liver, where the liver is known: by their overlap with it.

A mark in a vessel, the heart, a kidney, the gut or another organ is no lesion, however it enhances.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from MTINetLib.inference.lesions import Box, grown_box, lesion_boxes
from MTINetLib.study.anatomy import UNKNOWN_ORGAN, Organ
from MTINetLib.study.liver import Liver

#: A mark is no lesion where more than this share of it (of what is known of it) is vessel or another organ.
MOST_ELSEWHERE = 0.5
#: A mark is a lesion of the liver from this share inside on: lesions bulge out, and outlines leave rims out.
LEAST_INSIDE = 0.25
#: Or where the liver is this share of the voxels around it: others' outlines often leave tumours out.
SURROUNDED = 0.5
#: Of a mark that is set aside for none of the organs.
OUTSIDE_LIVER = "outside_liver"
#: The flag of a study with the counts, such as ``set_aside:2_heart:1_outside_liver``.
SET_ASIDE = "set_aside"

Labels = npt.NDArray[Any]


@dataclass(frozen=True)
class InLiver:
    """The lesions among the marks.

    Args:
        labels: as given, without the marks that were set aside; the numbers are 1, 2 ... again.
        set_aside: how many marks, by the organ they lie in or OUTSIDE_LIVER.
    """

    labels: Labels
    set_aside: Counter[str]

    @property
    def flags(self) -> tuple[str, ...]:
        """For the study: what was set aside, the most frequent first."""
        told = [f"{count}_{where}" for where, count in self.set_aside.most_common()]
        return (":".join((SET_ASIDE, *told)),) if told else ()


def lesions_in_liver(labels: Labels, liver: Liver) -> InLiver:
    """Set the marks aside that are no lesions of the liver.

    Args:
        labels: [K, J, I] on the liver's grid.
    """
    boxes = lesion_boxes(labels)
    counted: Counter[str] = Counter()
    renumber = np.zeros(max(boxes, default=0) + 1, dtype=labels.dtype)
    kept = 0
    for label, box in boxes.items():
        where = elsewhere(labels[box] == label, box, liver)
        if where is None:
            kept += 1
            renumber[label] = kept
        else:
            counted[where] += 1
    return InLiver(renumber[labels] if counted else labels, counted)


def elsewhere(mask: npt.NDArray[np.bool_], box: Box, liver: Liver) -> str | None:
    """Where a mark lies that is no lesion of the liver; None for a lesion.

    Args:
        mask: [k, j, i], the mark within ``box``.
    """
    if liver.anatomy is not None:
        values = liver.anatomy[box][mask]
        known = values[values != UNKNOWN_ORGAN]
        others = Counter({organ: int((known == organ).sum()) for organ in _NO_LIVER})
        if known.size and sum(others.values()) > MOST_ELSEWHERE * known.size:
            return others.most_common(1)[0][0].name.lower()
    inside = overlap(mask, box, liver) >= LEAST_INSIDE or _surrounded(mask, box, liver) >= SURROUNDED
    return None if inside else OUTSIDE_LIVER


def overlap(mask: npt.NDArray[np.bool_], box: Box, liver: Liver) -> float:
    """The share of a lesion's voxels in the liver, 0 to 1."""
    return float(liver.mask[box][mask].mean())


def _surrounded(mask: npt.NDArray[np.bool_], box: Box, liver: Liver) -> float:
    """The share of the voxels right around a mark that are liver; beyond the volume there is none."""
    around = grown_box(box, (1, 1, 1), liver.mask.shape)
    own = np.zeros([part.stop - part.start for part in around], dtype=bool)
    inner = tuple(
        slice(part.start - grown.start, part.stop - grown.start)
        for part, grown in zip(box, around, strict=True)
    )
    own[inner] = mask
    shell = ndimage.binary_dilation(own) & ~own
    return float(liver.mask[around][shell].mean()) if shell.any() else 0.0


_NO_LIVER = tuple(organ for organ in Organ if organ not in (Organ.BACKGROUND, Organ.LIVER))
